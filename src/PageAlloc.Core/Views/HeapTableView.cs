using System.Buffers;
using System.Globalization;
using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Insight;

namespace PageAlloc.Views;

/// <summary>The sums of the heaps: a line for each arena, in which the parts add up to what it has from the system.</summary>
public static class HeapTableView
{
    private const int MostArenas = 20;
    private const int AddressWidth = 16;
    private const int SizeWidth = 8;
    private const int CountWidth = 11;
    private const int OverheadWidth = 10;
    private const int UnknownWidth = 9;
    private const int ShareWidth = 7;

    /// <summary>Writes the table.</summary>
    /// <param name="heaps">The heaps.</param>
    /// <param name="arenas">The sums of the arenas to show.</param>
    /// <param name="output">Gets UTF-8.</param>
    /// <param name="pages">The pages of all arenas; null when they were not read.</param>
    public static void Write(HeapSet heaps, IReadOnlyList<ArenaTotals> arenas, IBufferWriter<byte> output, HeapPages? pages = null)
    {
        var sink = new TextSink(output);
        sink.EndLine();
        bool unknown = arenas.Any(a => a.Bytes(BlockState.Unknown) != 0);
        WriteHead(sink, unknown);
        ArenaTotals[] largest = [.. arenas.OrderByDescending(a => a.Arena.State.SystemBytes)];
        // One line more says what the others are: it replaces two at least.
        int shown = largest.Length <= MostArenas + 1 ? largest.Length : MostArenas;
        foreach (ArenaTotals arena in shown == largest.Length ? arenas : largest[..shown])
        {
            WriteRow(sink, $"0x{arena.Arena.Address:x}", new Sums([arena]), unknown, HeapOwner.Of(arena.Arena, heaps));
        }

        if (shown < largest.Length)
        {
            WriteRow(sink, "others", new Sums(largest[shown..]), unknown, $"{TextSink.Count((ulong)(largest.Length - shown))} smaller arenas");
        }

        if (arenas.Count > 1)
        {
            const int width = AddressWidth + (5 * SizeWidth) + CountWidth + OverheadWidth + ShareWidth;
            sink.Write("  "u8).Repeat('-', width + (unknown ? UnknownWidth : 0)).EndLine();
            WriteRow(sink, "all arenas", new Sums(arenas), unknown, "");
        }

        if (heaps.Mmapped.Count != 0)
        {
            ulong bytes = heaps.MmappedBytes;
            sink.Write("  "u8).Column("mmapped", AddressWidth).Column(Size(bytes), -SizeWidth).Column(Size(bytes), -SizeWidth)
                .Column(TextSink.Count((ulong)heaps.Mmapped.Count), -CountWidth).EndLine();
        }

        if (pages is not null)
        {
            ArenaPages[] known = [.. arenas.Select(a => pages.Of(a.Arena)).OfType<ArenaPages>()];
            ulong inRam = known.Aggregate(0UL, (sum, p) => sum + p.ResidentFreeBytes);
            ulong trimmable = known.Aggregate(0UL, (sum, p) => sum + p.TrimmableBytes);
            sink.Write($"  free memory in RAM (tcache, free and top): {TextSink.Size(inRam)}; malloc_trim(0) would give back {TextSink.Size(trimmable)} of it").EndLine();
        }

        sink.Write($"  malloc of glibc{(heaps.Version is { } version ? " " + version : "")}, layout by {WithoutPaths(heaps.Layout)}").EndLine();
    }

    // The path of a debug file is longer than a line; JSON has it.
    private static string WithoutPaths(string layout) => string.Join("; ", layout.Split("; ").Select(part => part.Split(": /")[0]));

    /// <summary>Writes the line of a process whose heap can't be shown.</summary>
    public static void WriteOther(HeapSet heaps, IBufferWriter<byte> output) =>
        new TextSink(output).Write(heaps.Allocator switch
        {
            null => "no malloc heap was found in this process",
            "glibc" when heaps.Problems.Count != 0 => "what glibc's malloc has is not known:",
            "glibc" => "no arena of glibc's malloc was found: it has not been used yet",
            { } name => $"this process uses {name}: its heap is not shown",
        }).EndLine();

    /// <summary>A size in few characters: <c>132.0K</c>, <c>1.5G</c>.</summary>
    internal static string Size(ulong bytes) =>
        bytes == 0 ? "0" : TextSink.Size(bytes).Replace(" ", "", StringComparison.Ordinal).Replace("iB", "", StringComparison.Ordinal);

    private static void WriteHead(TextSink sink, bool unknown)
    {
        sink.Write("  "u8).Column("arena", AddressWidth).Column("system", -SizeWidth).Column("used", -SizeWidth).Column("blocks", -CountWidth)
            .Column("tcache", -SizeWidth).Column("free", -SizeWidth).Column("top", -SizeWidth).Column("overhead", -OverheadWidth);
        if (unknown)
        {
            sink.Column("unknown", -UnknownWidth);
        }

        sink.Column("frag", -ShareWidth).Write("  owner"u8).EndLine();
    }

    // Fragmentation is what lies free between blocks, of what the system gave. The top does not: it can go back.
    private static void WriteRow(TextSink sink, string name, Sums sums, bool unknown, string owner)
    {
        sink.Write("  "u8).Column(name, AddressWidth).Column(Size(sums.System), -SizeWidth)
            .Column(Size(sums.Of(BlockState.Used)), -SizeWidth).Column(TextSink.Count(sums.UsedBlocks), -CountWidth)
            .Column(Size(sums.Of(BlockState.Tcache)), -SizeWidth).Column(Size(sums.Free), -SizeWidth)
            .Column(Size(sums.Of(BlockState.Top)), -SizeWidth).Column(Size(sums.Overhead), -OverheadWidth);
        if (unknown)
        {
            sink.Column(Size(sums.Of(BlockState.Unknown)), -UnknownWidth);
        }

        string share = sums.System == 0 ? "-" : string.Create(CultureInfo.InvariantCulture, $"{100.0 * sums.Free / sums.System:F1}%");
        sink.Column(share, -ShareWidth).Write(owner.Length == 0 ? "" : "  " + owner).EndLine();
    }

    /// <summary>What several arenas have together.</summary>
    private sealed class Sums(IReadOnlyList<ArenaTotals> arenas)
    {
        public ulong System => Sum(a => a.Arena.State.SystemBytes);

        public ulong Overhead => Sum(a => a.OverheadBytes);

        public ulong UsedBlocks => Sum(a => a.Blocks(BlockState.Used));

        public ulong Free => Sum(a => a.FreeBytes);

        public ulong Of(BlockState state) => Sum(a => a.Bytes(state));

        private ulong Sum(Func<ArenaTotals, ulong> bytes) => arenas.Aggregate(0UL, (sum, arena) => sum + bytes(arena));
    }
}
