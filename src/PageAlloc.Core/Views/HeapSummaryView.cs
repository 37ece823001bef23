using System.Buffers;
using System.Globalization;
using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Insight;

namespace PageAlloc.Views;

/// <summary>The largest arenas in as many lines as there is room for, 80 characters wide.</summary>
public static class HeapSummaryView
{
    private const int AddressWidth = 15;
    private const int SizeWidth = 8;
    private const int TrimWidth = 9;

    /// <summary>Writes the table; the parts of an arena's line but the last two add up to what it has from the system, but for overhead.</summary>
    /// <param name="figures">The heaps.</param>
    /// <param name="most">How many arenas have a line of their own.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void Write(HeapFigures figures, int most, IBufferWriter<byte> output)
    {
        var sink = new TextSink(output);
        ArenaTotals[] largest = [.. figures.Arenas.OrderByDescending(a => a.Arena.State.SystemBytes)];
        int shown = largest.Length <= most + 1 ? largest.Length : most;
        sink.EndLine().Write("  "u8).Column("arena", AddressWidth).Column("system", -SizeWidth).Column("used", -SizeWidth).Column("tcache", -SizeWidth)
            .Column("free", -SizeWidth).Column("top", -SizeWidth).Column("can trim", -TrimWidth).Write("  owner"u8).EndLine();
        foreach (ArenaTotals arena in largest[..shown])
        {
            Row($"0x{arena.Arena.Address:x}", [arena], Users(arena.Arena));
        }

        if (shown < largest.Length)
        {
            Row($"{largest.Length - shown} others", largest[shown..], "");
        }

        if (largest.Length > 1)
        {
            Row("all arenas", largest, "");
        }

        sink.Write($"  malloc of glibc{(figures.Heaps.Version is { } version ? " " + version : "")}").EndLine();

        void Row(string name, ArenaTotals[] arenas, string users)
        {
            sink.Write("  "u8).Column(name, AddressWidth).Column(Sum(arenas, a => a.Arena.State.SystemBytes), -SizeWidth)
                .Column(Sum(arenas, a => a.Bytes(BlockState.Used)), -SizeWidth).Column(Sum(arenas, a => a.Bytes(BlockState.Tcache)), -SizeWidth)
                .Column(Sum(arenas, a => a.FreeBytes), -SizeWidth).Column(Sum(arenas, a => a.Bytes(BlockState.Top)), -SizeWidth)
                .Column(figures.Pages is null ? "?" : Sum(arenas, a => figures.Pages.Of(a.Arena)?.TrimmableBytes ?? 0), -TrimWidth)
                .Write(users.Length == 0 ? "" : "  " + users).EndLine();
        }
    }

    // Short: the table of threads names them.
    private static string Users(Arena arena) =>
        arena.IsMain ? "main"
        : arena.Threads.Count == 1 && (arena.State.AttachedThreads ?? 1) == 1 ? string.Create(CultureInfo.InvariantCulture, $"tid {arena.Threads[0]}")
        : arena.Threads.Count == 0 && arena.State.AttachedThreads == 0 ? "none"
        : arena.Threads.Count == 0 && arena.State.AttachedThreads is null ? "?"
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Max((ulong)arena.Threads.Count, arena.State.AttachedThreads ?? 0)} threads");

    private static string Sum(ArenaTotals[] arenas, Func<ArenaTotals, ulong> of) => HeapTableView.Size(arenas.Aggregate(0UL, (sum, a) => sum + of(a)));
}
