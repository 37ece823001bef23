using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using PageAlloc.Insight;
using PageAlloc.Insight.Findings;
using PageAlloc.Mappings;
using PageAlloc.Pages;
using PageAlloc.Targets;

namespace PageAlloc.Views;

/// <summary>The contract with other programs: JSON of the schema <c>pagealloc/1</c>, described in docs/json.md.</summary>
public static class JsonView
{
    internal static readonly JsonWriterOptions Options = new()
    {
        SkipValidation = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly (UnknownDetails Detail, JsonEncodedText Word)[] s_unknown =
    [
        (UnknownDetails.FolioSizes, JsonEncodedText.Encode("folioSizes")),
        (UnknownDetails.MergedPages, JsonEncodedText.Encode("ksm")),
        (UnknownDetails.HugePages, JsonEncodedText.Encode("hugePages")),
        (UnknownDetails.GuardPages, JsonEncodedText.Encode("guardPages")),
        (UnknownDetails.Residency, JsonEncodedText.Encode("residency")),
    ];

    /// <summary>Writes the document.</summary>
    /// <param name="target">The target.</param>
    /// <param name="table">Its pages.</param>
    /// <param name="mappings">The mappings to write.</param>
    /// <param name="withRuns">Whether each mapping has the states of its pages, run-length encoded.</param>
    /// <param name="heaps">Its heaps; null when they were not looked for.</param>
    /// <param name="output">Gets UTF-8; it is given its bytes a mapping at a time.</param>
    /// <param name="figures">The figures of the whole process; null when they were not made.</param>
    /// <param name="scan">What was read of huge pages besides; null when that was not asked for.</param>
    public static void Write(
        TargetInfo target,
        PageTable table,
        IEnumerable<MappingPages> mappings,
        bool withRuns,
        HeapFigures? heaps,
        IBufferWriter<byte> output,
        ProcessFigures? figures = null,
        HugeScan? scan = null)
    {
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        json.WriteString("schema"u8, "pagealloc/1"u8);
        TargetJson.Write(json, target);
        WriteUnknown(json, table.Unknown);
        json.WriteStartArray("mappings"u8);
        var counts = new PageCounts();
        var sizes = new SizeNames(table.PageSize);
        foreach (MappingPages pages in mappings)
        {
            counts.Clear();
            counts.Add(pages.Runs);
            WriteMapping(json, table, pages, withRuns, counts, sizes);
            if (json.BytesPending > 32 << 10)
            {
                json.Flush();
            }
        }

        json.WriteEndArray();
        if (heaps is not null)
        {
            HeapJson.Write(json, heaps, table.PageSize);
        }

        if (table.IsResidencyKnown)
        {
            HugePagesView.WriteJson(json, HugePages.Of(table, [.. mappings], heaps?.Pages, heaps?.Arenas ?? [], scan));
        }
        else
        {
            json.WriteNull("hugePages"u8);
        }

        if (figures is not null)
        {
            SummaryJson.Write(json, figures.Summary);
            FindingsJson.Write(json, FindingList.Of(figures));
        }

        json.WriteEndObject();
        json.Flush();
        output.Write("\n"u8);
    }

    private static void WriteUnknown(Utf8JsonWriter json, UnknownDetails unknown)
    {
        json.WriteStartArray("notKnown"u8);
        foreach ((UnknownDetails detail, JsonEncodedText word) in s_unknown)
        {
            if (unknown.HasFlag(detail))
            {
                json.WriteStringValue(word);
            }
        }

        json.WriteEndArray();
    }

    private static void WriteMapping(
        Utf8JsonWriter json, PageTable table, MappingPages pages, bool withRuns, PageCounts counts, SizeNames sizes)
    {
        Mapping mapping = pages.Mapping;
        json.WriteStartObject();
        WriteAddress(json, "start"u8, mapping.Range.Start);
        WriteAddress(json, "end"u8, mapping.Range.End);
        json.WriteString("permissions"u8, PageMapView.PermissionsOf(mapping));
        WriteAddress(json, "offset"u8, mapping.Offset);
        if (mapping.IsUnnumberedFile)
        {
            json.WriteNull("device"u8);
            json.WriteNull("inode"u8);
        }
        else
        {
            json.WriteString("device"u8, string.Create(CultureInfo.InvariantCulture, $"{mapping.DeviceMajor:x2}:{mapping.DeviceMinor:x2}"));
            json.WriteNumber("inode"u8, mapping.Inode);
        }

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

        WriteCounts(json, counts, sizes);
        if (table.Unknown.HasFlag(UnknownDetails.Residency))
        {
            json.WriteNull("swappedSharedBytes"u8);
            json.WriteNumber("dumpedPages"u8, counts[new PageState(PageKind.Dumped)]);
            json.WriteNumber("dumpedZeroPages"u8, counts[new PageState(PageKind.DumpedZeros)]);
        }
        else
        {
            json.WriteNumber("swappedSharedBytes"u8, pages.SwappedSharedBytes);
        }

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

    internal static void WriteCounts(Utf8JsonWriter json, PageCounts counts, SizeNames sizes)
    {
        json.WriteStartObject("pages"u8);
        json.WriteNumber("total"u8, counts.Total);
        json.WriteNumber("notPresent"u8, counts[new PageState(PageKind.NotPresent)]);
        json.WriteNumber("swapped"u8, counts[new PageState(PageKind.Swapped)]);
        json.WriteStartObject("anonymous"u8);
        for (int order = 0; order < SizeNames.Orders; order++)
        {
            WriteSize(order, counts[new PageState(PageKind.Anonymous, order)], sizes.IsAlwaysAnonymous(order));
        }

        json.WriteEndObject();
        json.WriteStartObject("file"u8);
        for (int order = 0; order < SizeNames.Orders; order++)
        {
            ulong pages = counts[new PageState(PageKind.File, order)] + counts[new PageState(PageKind.SharedMemory, order)];
            WriteSize(order, pages, sizes.IsAlwaysFile(order));
        }

        json.WriteEndObject();
        json.WriteNumber("zero"u8, counts[new PageState(PageKind.Zero)]);
        json.WriteNumber("ksm"u8, counts[new PageState(PageKind.Ksm)]);
        json.WriteNumber("guard"u8, counts[new PageState(PageKind.Guard)]);
        json.WriteNumber("unknown"u8, counts.Unknown);
        json.WriteEndObject();

        void WriteSize(int order, ulong pages, bool always)
        {
            if (pages != 0 || always)
            {
                json.WriteNumber(sizes.Of(order), pages);
            }
        }
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
            PageKind.Dumped => "dumped",
            PageKind.DumpedZeros => "dumpedZeros",
            PageKind.Anonymous => "anonymous",
            PageKind.File => "file",
            PageKind.SharedMemory => "sharedMemory",
            _ => "unknown",
        };
        return state.HasSize ? $"{kind} {PageState.SizeName(state.Order, table.PageSize)}" : kind;
    }

    private static void WriteAddress(Utf8JsonWriter json, ReadOnlySpan<byte> name, ulong value)
    {
        Span<byte> text = stackalloc byte[2 + 16];
        "0x"u8.CopyTo(text);
        Utf8Formatter.TryFormat(value, text[2..], out int digits, 'x');
        json.WriteString(name, text[..(2 + digits)]);
    }

    internal static string Hex(ulong value) => string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");

    /// <summary>The members named after page sizes: those that the contract always has, and others when they occur.</summary>
    internal sealed class SizeNames(int pageSize)
    {
        public const int Orders = 32;

        private readonly JsonEncodedText[] _names =
            [.. Enumerable.Range(0, Orders).Select(order => JsonEncodedText.Encode(PageState.SizeName(order, pageSize)))];

        public JsonEncodedText Of(int order) => _names[order];

        public bool IsAlwaysAnonymous(int order) => ((long)pageSize << order) is 4 << 10 or 64 << 10 or 2 << 20 or 1 << 30;

        public bool IsAlwaysFile(int order) => ((long)pageSize << order) is 4 << 10 or 2 << 20;
    }
}
