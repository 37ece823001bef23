using System.Globalization;
using System.Text.Json;
using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Insight;

namespace PageAlloc.Views;

/// <summary>The member <c>heaps</c> of the JSON contract.</summary>
internal static class HeapJson
{
    /// <summary>Writes the member.</summary>
    /// <param name="json">The writer.</param>
    /// <param name="figures">The heaps.</param>
    /// <param name="pageSize">The size of a base page in bytes.</param>
    public static void Write(Utf8JsonWriter json, HeapFigures figures, int pageSize)
    {
        HeapSet heaps = figures.Heaps;
        json.WriteStartObject("heaps"u8);
        json.WriteString("allocator"u8, heaps.Allocator);
        json.WriteString("version"u8, heaps.Version);
        json.WriteString("layout"u8, heaps.Allocator == "glibc" ? heaps.Layout : null);
        json.WriteStartArray("arenas"u8);
        foreach (ArenaTotals arena in figures.Arenas)
        {
            WriteArena(json, arena, figures.Pages, pageSize);
            json.Flush();
        }

        json.WriteEndArray();
        ulong mmapped = 0;
        foreach (MmappedBlock block in heaps.Mmapped)
        {
            mmapped += block.Range.Length;
        }

        WriteCount(json, "mmapped"u8, (ulong)heaps.Mmapped.Count, mmapped);
        if (figures.Pins is { } pins)
        {
            PinsJson.Write(json, pins);
        }

        WriteProblems(json, heaps.Problems);
        json.WriteEndObject();
    }

    private static void WriteArena(Utf8JsonWriter json, ArenaTotals totals, HeapPages? pages, int pageSize)
    {
        Arena arena = totals.Arena;
        json.WriteStartObject();
        json.WriteString("address"u8, Hex(arena.Address));
        json.WriteBoolean("main"u8, arena.IsMain);
        json.WriteString("library"u8, ByteText.ToText(arena.Library.Span));
        json.WriteString("libraryAddress"u8, Hex(arena.LibraryAddress));
        json.WriteNumber("systemBytes"u8, arena.State.SystemBytes);
        json.WritePropertyName("attachedThreads"u8);
        if (arena.State.AttachedThreads is { } attached)
        {
            json.WriteNumberValue(attached);
        }
        else
        {
            json.WriteNullValue();
        }

        json.WriteStartArray("threads"u8);
        foreach (int tid in arena.Threads)
        {
            json.WriteNumberValue(tid);
        }

        json.WriteEndArray();
        json.WriteStartArray("segments"u8);
        foreach (Segment segment in arena.Segments)
        {
            json.WriteStartObject();
            json.WriteString("start"u8, Hex(segment.Range.Start));
            json.WriteString("end"u8, Hex(segment.Range.End));
            if (pages?.Of(arena) is { } known)
            {
                WriteClasses(json, of => known.OfSegment(segment, of));
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteCount(json, "used"u8, totals, BlockState.Used);
        WriteCount(json, "tcache"u8, totals, BlockState.Tcache);
        WriteCount(json, "fast"u8, totals, BlockState.Fast);
        WriteCount(json, "unsorted"u8, totals, BlockState.Unsorted);
        WriteCount(json, "small"u8, totals, BlockState.Small);
        WriteCount(json, "large"u8, totals, BlockState.Large);
        json.WriteStartObject("top"u8);
        json.WriteNumber("bytes"u8, totals.Bytes(BlockState.Top));
        json.WriteEndObject();
        json.WriteNumber("overheadBytes"u8, totals.OverheadBytes);
        json.WriteNumber("unknownBytes"u8, totals.Bytes(BlockState.Unknown));
        json.WriteNumber("swappedUnknownBytes"u8, totals.SwappedBytes);
        if (pages is not null)
        {
            WritePages(json, pages.Of(arena) ?? new ArenaPages(arena));
        }
        else
        {
            WriteUnknownPages(json, arena, pageSize);
        }

        WriteProblems(json, totals.Problems);
        json.WriteEndObject();
    }

    private static void WritePages(Utf8JsonWriter json, ArenaPages pages)
    {
        WriteClasses(json, of => pages[of]);
        json.WriteNumber("residentFreeBytes"u8, pages.ResidentFreeBytes);
        json.WriteNumber("trimmableBytes"u8, pages.TrimmableBytes);
        json.WriteNumber("keptTopBytes"u8, pages.KeptTopBytes);
        json.WriteNumber("pinnedBytes"u8, pages.Pins.TotalBytes);
    }

    // Where residency is not known all pages are unknown, those that two segments share once.
    private static void WriteUnknownPages(Utf8JsonWriter json, Arena arena, int pageSize)
    {
        (ulong size, ulong pages, ulong last) = ((ulong)pageSize, 0, 0);
        foreach (Segment segment in arena.Segments.OrderBy(s => s.Range.Start))
        {
            ulong first = Math.Max(segment.Range.Start / size, last);
            last = Math.Max((segment.Range.End + size - 1) / size, first);
            pages += last - first;
        }

        WriteClasses(json, of => of == HeapPageClass.Unknown ? pages : 0);
        json.WriteNull("residentFreeBytes"u8);
        json.WriteNull("trimmableBytes"u8);
        json.WriteNull("keptTopBytes"u8);
        json.WriteNull("pinnedBytes"u8);
    }

    private static void WriteClasses(Utf8JsonWriter json, Func<HeapPageClass, ulong> count)
    {
        json.WriteStartObject("pages"u8);
        json.WriteNumber("live"u8, count(HeapPageClass.Live));
        json.WriteNumber("mixed"u8, count(HeapPageClass.Mixed));
        json.WriteNumber("free"u8, count(HeapPageClass.Free));
        json.WriteNumber("swappedLive"u8, count(HeapPageClass.SwappedLive));
        json.WriteNumber("swappedMixed"u8, count(HeapPageClass.SwappedMixed));
        json.WriteNumber("swappedFree"u8, count(HeapPageClass.SwappedFree));
        json.WriteNumber("absent"u8, count(HeapPageClass.Absent));
        json.WriteNumber("unknown"u8, count(HeapPageClass.Unknown));
        json.WriteEndObject();
    }

    private static void WriteCount(Utf8JsonWriter json, ReadOnlySpan<byte> name, ArenaTotals totals, BlockState state) =>
        WriteCount(json, name, totals.Blocks(state), totals.Bytes(state));

    private static void WriteCount(Utf8JsonWriter json, ReadOnlySpan<byte> name, ulong blocks, ulong bytes)
    {
        json.WriteStartObject(name);
        json.WriteNumber("blocks"u8, blocks);
        json.WriteNumber("bytes"u8, bytes);
        json.WriteEndObject();
    }

    private static void WriteProblems(Utf8JsonWriter json, IReadOnlyList<Problem> problems)
    {
        json.WriteStartArray("problems"u8);
        foreach (Problem problem in problems)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, JsonNamingPolicy.CamelCase.ConvertName(problem.Kind.ToString()));
            json.WriteString("address"u8, Hex(problem.Address));
            json.WriteString("text"u8, problem.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string Hex(ulong value) => string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");
}
