using System.Buffers;
using System.Text.Json;
using PageAlloc.Blocks;
using PageAlloc.Insight.Diff;
using PageAlloc.Pages;

namespace PageAlloc.Views;

/// <summary>What changed between moments, as JSON of the schema <c>pagealloc-diff/1</c>, described in docs/json.md.</summary>
public static class DiffJson
{
    /// <summary>Writes the document.</summary>
    /// <param name="diff">What changed between the first moment and the last.</param>
    /// <param name="growth">How the process went over all of them; null when there are but two.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void Write(ProcessDiff diff, Growth? growth, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, JsonView.Options);
        json.WriteStartObject();
        json.WriteString("schema"u8, "pagealloc-diff/1"u8);
        WriteMoment(json, "old"u8, diff.Old);
        WriteMoment(json, "new"u8, diff.New);
        json.WriteString("basis"u8, JsonNamingPolicy.CamelCase.ConvertName(diff.Basis.ToString()));
        GrowthJson.WriteNumber(json, "seconds"u8, diff.Elapsed?.TotalSeconds);
        WriteNotKnown(json, diff);
        WriteMappings(json, diff);
        WriteArenas(json, diff);
        WriteBlocks(json, diff.Blocks);
        if (growth is not null)
        {
            GrowthJson.Write(json, growth);
        }

        json.WriteEndObject();
        json.Flush();
        output.Write("\n"u8);
    }

    private static void WriteMoment(Utf8JsonWriter json, ReadOnlySpan<byte> name, Moment moment)
    {
        json.WriteStartObject(name);
        TargetJson.Write(json, moment.Target);
        GrowthJson.WriteTime(json, moment.Time);
        WriteBytes(json, "residentBytes"u8, moment.KnowsPages ? moment.ResidentBytes : null);
        WriteBytes(json, "swappedBytes"u8, moment.KnowsPages ? moment.SwappedBytes : null);
        if (moment.KnownHeaps is { } heaps)
        {
            json.WriteStartObject("heaps"u8);
            json.WriteString("allocator"u8, heaps.Heaps.Allocator);
            WriteSums(json, heaps.Totals);
            WriteSum(json, "mmapped"u8, new BlockSum((ulong)heaps.Heaps.Mmapped.Count, heaps.Heaps.MmappedBytes));
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("heaps"u8);
        }

        json.WriteEndObject();
    }

    private static void WriteNotKnown(Utf8JsonWriter json, ProcessDiff diff)
    {
        json.WriteStartArray("notKnown"u8);
        if (diff.Pages is { KnowsHuge: false })
        {
            json.WriteStringValue("hugePages"u8);
        }

        if (diff.Pages is { KnowsMerged: false })
        {
            json.WriteStringValue("ksm"u8);
        }

        json.WriteEndArray();
    }

    private static void WriteMappings(Utf8JsonWriter json, ProcessDiff diff)
    {
        json.WriteStartArray("mappings"u8);
        var oldSizes = new JsonView.SizeNames(diff.Old.Table.PageSize);
        var newSizes = new JsonView.SizeNames(diff.New.Table.PageSize);
        foreach (MappingChange mapping in diff.Mappings)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, ByteText.ToText(mapping.Name.Span));
            if (diff.IsJoined)
            {
                json.WriteString("start"u8, JsonView.Hex(mapping.Range.Start));
                json.WriteString("end"u8, JsonView.Hex(mapping.Range.End));
            }

            Side("old"u8, mapping.Old, mapping.OldPages, diff.Old.KnowsPages ? mapping.OldSwappedShared : null, oldSizes);
            Side("new"u8, mapping.New, mapping.NewPages, diff.New.KnowsPages ? mapping.NewSwappedShared : null, newSizes);
            WriteChanges(json, mapping, diff.Pages);
            json.WriteEndObject();
            json.Flush();
        }

        json.WriteEndArray();

        void Side(ReadOnlySpan<byte> name, IReadOnlyList<MappingPages> pieces, PageCounts counts, ulong? swappedShared, JsonView.SizeNames sizes)
        {
            if (pieces.Count == 0)
            {
                json.WriteNull(name);
                return;
            }

            json.WriteStartObject(name);
            json.WriteNumber("mappings"u8, pieces.Count);
            JsonView.WriteCounts(json, counts, sizes);
            WriteBytes(json, "swappedSharedBytes"u8, swappedShared);
            json.WriteEndObject();
        }
    }

    private static void WriteChanges(Utf8JsonWriter json, MappingChange mapping, PageChanges? how)
    {
        if (mapping.Pages is not { } pages || how is null)
        {
            json.WriteNull("changes"u8);
            return;
        }

        json.WriteStartObject("changes"u8);
        foreach (PageChange change in Enum.GetValues<PageChange>())
        {
            bool isKnown = change switch
            {
                PageChange.BecameHuge or PageChange.WasSplit => how.KnowsHuge,
                PageChange.Merged or PageChange.Unmerged => how.KnowsMerged,
                _ => true,
            };
            string member = PageChangeWords.Member(change);
            if (isKnown)
            {
                json.WriteNumber(member, pages[(int)change]);
            }
            else
            {
                json.WriteNull(member);
            }
        }

        json.WriteEndObject();
    }

    private static void WriteArenas(Utf8JsonWriter json, ProcessDiff diff)
    {
        if (!diff.KnowsHeaps)
        {
            json.WriteNull("arenas"u8);
            return;
        }

        json.WriteStartArray("arenas"u8);
        foreach (ArenaChange arena in diff.Arenas)
        {
            WriteArena(json, arena, diff.IsJoined);
        }

        json.WriteEndArray();
    }

    private static void WriteArena(Utf8JsonWriter json, ArenaChange arena, bool isJoined)
    {
        json.WriteStartObject();
        json.WriteString("address"u8, isJoined ? JsonView.Hex(arena.Last.Arena.Address) : null);
        json.WriteBoolean("main"u8, arena.Last.Arena.IsMain);
        json.WriteString("library"u8, ByteText.ToText(arena.Last.Arena.Library.Span));
        Side("old"u8, arena.Old);
        Side("new"u8, arena.New);
        json.WriteEndObject();

        void Side(ReadOnlySpan<byte> name, IReadOnlyList<ArenaTotals> arenas)
        {
            if (arenas.Count == 0)
            {
                json.WriteNull(name);
                return;
            }

            json.WriteStartObject(name);
            json.WriteNumber("arenas"u8, arenas.Count);
            json.WriteStartArray("threads"u8);
            foreach (int tid in arenas.SelectMany(a => a.Arena.Threads))
            {
                json.WriteNumberValue(tid);
            }

            json.WriteEndArray();
            WriteSums(json, arenas);
            json.WriteEndObject();
        }
    }

    private static void WriteSums(Utf8JsonWriter json, IReadOnlyList<ArenaTotals> arenas)
    {
        json.WriteNumber("systemBytes"u8, Sum(a => a.Arena.State.SystemBytes));
        foreach ((string name, BlockState state) in s_states)
        {
            WriteSum(json, System.Text.Encoding.ASCII.GetBytes(name), new BlockSum(Sum(a => a.Blocks(state)), Sum(a => a.Bytes(state))));
        }

        json.WriteNumber("topBytes"u8, Sum(a => a.Bytes(BlockState.Top)));
        json.WriteNumber("overheadBytes"u8, Sum(a => a.OverheadBytes));
        json.WriteNumber("unknownBytes"u8, Sum(a => a.Bytes(BlockState.Unknown)));

        ulong Sum(Func<ArenaTotals, ulong> of) => arenas.Aggregate(0UL, (sum, arena) => sum + of(arena));
    }

    private static readonly (string Name, BlockState State)[] s_states =
    [
        ("used", BlockState.Used), ("tcache", BlockState.Tcache), ("fast", BlockState.Fast),
        ("unsorted", BlockState.Unsorted), ("small", BlockState.Small), ("large", BlockState.Large),
    ];

    private static void WriteBlocks(Utf8JsonWriter json, BlockChanges? blocks)
    {
        if (blocks is null)
        {
            json.WriteNull("blocks"u8);
            return;
        }

        json.WriteStartObject("blocks"u8);
        WriteSum(json, "old"u8, blocks.Old);
        WriteSum(json, "new"u8, blocks.New);
        WriteJoined("added"u8, blocks.Added);
        WriteJoined("gone"u8, blocks.Gone);
        WriteJoined("kept"u8, blocks.Kept);
        WriteJoined("resized"u8, blocks.Resized);
        WriteJoined("unknownBefore"u8, blocks.UnknownBefore);
        WriteJoined("unknownNow"u8, blocks.UnknownNow);
        json.WriteStartArray("bySize"u8);
        foreach (SizeChange size in blocks.Sizes)
        {
            json.WriteStartObject();
            json.WriteNumber("minSize"u8, size.MinSize);
            json.WriteNumber("maxSize"u8, size.MaxSize);
            WriteSum(json, "old"u8, size.Old);
            WriteSum(json, "new"u8, size.New);
            WriteJoined("added"u8, size.Added);
            WriteJoined("gone"u8, size.Gone);
            json.WriteString("example"u8, size.Example == 0 ? null : JsonView.Hex(size.Example));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();

        void WriteJoined(ReadOnlySpan<byte> name, BlockSum sum)
        {
            if (blocks.IsJoined)
            {
                WriteSum(json, name, sum);
            }
            else
            {
                json.WriteNull(name);
            }
        }
    }

    private static void WriteSum(Utf8JsonWriter json, ReadOnlySpan<byte> name, BlockSum sum)
    {
        json.WriteStartObject(name);
        json.WriteNumber("blocks"u8, sum.Blocks);
        json.WriteNumber("bytes"u8, sum.Bytes);
        json.WriteEndObject();
    }

    private static void WriteBytes(Utf8JsonWriter json, ReadOnlySpan<byte> name, ulong? bytes)
    {
        if (bytes is { } known)
        {
            json.WriteNumber(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
