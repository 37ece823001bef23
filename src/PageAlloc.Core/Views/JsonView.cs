using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Mappings;
using PageAlloc.Pages;
using PageAlloc.Targets;

namespace PageAlloc.Views;

/// <summary>The contract with other programs: JSON of the schema <c>pagealloc/1</c>, described in docs/json.md.</summary>
public static class JsonView
{
    // The sizes that the contract always has; others stand there when they occur.
    private static readonly string[] s_anonymousSizes = ["4K", "64K", "2M", "1G"];
    private static readonly string[] s_fileSizes = ["4K", "2M"];

    private static readonly JsonWriterOptions s_options = new()
    {
        SkipValidation = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes the document.</summary>
    /// <param name="target">The target.</param>
    /// <param name="table">Its pages.</param>
    /// <param name="mappings">The mappings to write.</param>
    /// <param name="withRuns">Whether each mapping has the states of its pages, run-length encoded.</param>
    /// <param name="heaps">Its heaps; null when they were not looked for.</param>
    /// <param name="arenas">The sums of their arenas.</param>
    /// <param name="output">Gets UTF-8; it is given its bytes a mapping at a time.</param>
    public static void Write(
        TargetInfo target,
        PageTable table,
        IEnumerable<MappingPages> mappings,
        bool withRuns,
        HeapSet? heaps,
        IReadOnlyList<ArenaTotals>? arenas,
        IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, s_options);
        json.WriteStartObject();
        json.WriteString("schema"u8, "pagealloc/1"u8);
        WriteTarget(json, target);
        WriteUnknown(json, table.Unknown);
        json.WriteStartArray("mappings"u8);
        foreach (MappingPages pages in mappings)
        {
            WriteMapping(json, table, pages, withRuns);
            json.Flush();
        }

        json.WriteEndArray();
        if (heaps is not null)
        {
            HeapJson.Write(json, heaps, arenas ?? []);
        }

        json.WriteEndObject();
        json.Flush();
        output.Write("\n"u8);
    }

    private static void WriteTarget(Utf8JsonWriter json, TargetInfo target)
    {
        json.WriteStartObject("target"u8);
        json.WriteString("kind"u8, target.Kind switch { TargetKind.Core => "core"u8, TargetKind.Snapshot => "snapshot"u8, _ => "process"u8 });
        json.WriteNumber("pid"u8, target.Pid);
        json.WriteString("command"u8, ByteText.ToText(target.Command.Span));
        json.WriteStartArray("arguments"u8);
        foreach (ReadOnlyMemory<byte> argument in target.Arguments)
        {
            json.WriteStringValue(ByteText.ToText(argument.Span));
        }

        json.WriteEndArray();
        json.WritePropertyName("executable"u8);
        if (target.Executable is { } executable)
        {
            json.WriteStringValue(ByteText.ToText(executable.Span));
        }
        else
        {
            json.WriteNullValue();
        }

        json.WriteNumber("pageSize"u8, target.PageSize);
        json.WritePropertyName("pointerSize"u8);
        if (target.PointerSize != 0)
        {
            json.WriteNumberValue(target.PointerSize);
        }
        else
        {
            json.WriteNullValue();
        }

        json.WriteEndObject();
    }

    private static void WriteUnknown(Utf8JsonWriter json, UnknownDetails unknown)
    {
        json.WriteStartArray("notKnown"u8);
        if (unknown.HasFlag(UnknownDetails.FolioSizes))
        {
            json.WriteStringValue("folioSizes"u8);
        }

        if (unknown.HasFlag(UnknownDetails.MergedPages))
        {
            json.WriteStringValue("ksm"u8);
        }

        if (unknown.HasFlag(UnknownDetails.HugePages))
        {
            json.WriteStringValue("hugePages"u8);
        }

        json.WriteEndArray();
    }

    private static void WriteMapping(Utf8JsonWriter json, PageTable table, MappingPages pages, bool withRuns)
    {
        Mapping mapping = pages.Mapping;
        json.WriteStartObject();
        json.WriteString("start"u8, Hex(mapping.Range.Start));
        json.WriteString("end"u8, Hex(mapping.Range.End));
        json.WriteString("permissions"u8, Permissions(mapping.Permissions));
        json.WriteString("offset"u8, Hex(mapping.Offset));
        json.WriteString("device"u8, string.Create(CultureInfo.InvariantCulture, $"{mapping.DeviceMajor:x2}:{mapping.DeviceMinor:x2}"));
        json.WriteNumber("inode"u8, mapping.Inode);
        json.WriteString("name"u8, ByteText.ToText(mapping.Name.Span));
        json.WriteString("backing"u8, mapping.Backing switch
        {
            MappingBacking.Anonymous => "anonymous"u8,
            MappingBacking.File => "file"u8,
            MappingBacking.SharedMemory => "sharedMemory"u8,
            MappingBacking.Device => "device"u8,
            _ => "unknown"u8,
        });
        if (mapping.HugetlbPageSize != 0)
        {
            json.WriteNumber("hugetlbPageSize"u8, mapping.HugetlbPageSize);
        }

        WriteCounts(json, table, pages.Count());
        json.WriteNumber("swappedSharedBytes"u8, pages.SwappedSharedBytes);
        if (withRuns)
        {
            json.WriteStartArray("runs"u8);
            foreach (PageRun run in pages.Runs)
            {
                json.WriteStartArray();
                json.WriteStringValue(RunName(run.State, table));
                json.WriteNumberValue(run.Count);
                json.WriteEndArray();
                if (json.BytesPending > 32 << 10)
                {
                    json.Flush();
                }
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteCounts(Utf8JsonWriter json, PageTable table, PageCounts counts)
    {
        json.WriteStartObject("pages"u8);
        json.WriteNumber("total"u8, counts.Total);
        json.WriteNumber("notPresent"u8, counts[new PageState(PageKind.NotPresent)]);
        json.WriteNumber("swapped"u8, counts[new PageState(PageKind.Swapped)]);
        WriteSizes(json, "anonymous"u8, table, s_anonymousSizes, order => counts[new PageState(PageKind.Anonymous, order)]);
        WriteSizes(json, "file"u8, table, s_fileSizes, order =>
            counts[new PageState(PageKind.File, order)] + counts[new PageState(PageKind.SharedMemory, order)]);
        json.WriteNumber("zero"u8, counts[new PageState(PageKind.Zero)]);
        json.WriteNumber("ksm"u8, counts[new PageState(PageKind.Ksm)]);
        json.WriteNumber("guard"u8, counts[new PageState(PageKind.Guard)]);
        json.WriteNumber("unknown"u8, counts[new PageState(PageKind.Unknown)]);
        json.WriteEndObject();
    }

    private static void WriteSizes(Utf8JsonWriter json, ReadOnlySpan<byte> name, PageTable table, string[] always, Func<int, ulong> pagesOf)
    {
        json.WriteStartObject(name);
        for (int order = 0; order < 32; order++)
        {
            ulong pages = pagesOf(order);
            string size = PageState.SizeName(order, table.PageSize);
            if (pages != 0 || always.Contains(size))
            {
                json.WriteNumber(size, pages);
            }
        }

        json.WriteEndObject();
    }

    /// <summary>The state as it stands in runs: <c>anonymous 4K</c>, <c>notPresent</c>.</summary>
    private static string RunName(PageState state, PageTable table)
    {
        string kind = state.Kind switch
        {
            PageKind.NotPresent => "notPresent",
            PageKind.Swapped => "swapped",
            PageKind.Zero => "zero",
            PageKind.Ksm => "ksm",
            PageKind.Guard => "guard",
            PageKind.Anonymous => "anonymous",
            PageKind.File => "file",
            PageKind.SharedMemory => "sharedMemory",
            _ => "unknown",
        };
        return state.HasSize ? $"{kind} {PageState.SizeName(state.Order, table.PageSize)}" : kind;
    }

    private static string Hex(ulong value) => string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");

    private static string Permissions(MappingPermissions p) => string.Create(4, p, static (s, p) =>
    {
        s[0] = p.HasFlag(MappingPermissions.Read) ? 'r' : '-';
        s[1] = p.HasFlag(MappingPermissions.Write) ? 'w' : '-';
        s[2] = p.HasFlag(MappingPermissions.Execute) ? 'x' : '-';
        s[3] = p.HasFlag(MappingPermissions.Shared) ? 's' : 'p';
    });
}
