using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Pages;

namespace PageAlloc.Insight;

/// <summary>All figures of the heaps of a target.</summary>
/// <param name="Heaps">The heaps.</param>
/// <param name="Arenas">The sums of their arenas.</param>
/// <param name="Pages">The pages of their arenas; null when the target does not tell which of them are in RAM.</param>
/// <param name="Pins">What pins free memory on them; null as <paramref name="Pages"/>.</param>
public sealed record HeapFigures(HeapSet Heaps, IReadOnlyList<ArenaTotals> Arenas, HeapPages? Pages, HeapPins? Pins = null)
{
    /// <summary>What arenas have from the system, and mmapped blocks, in bytes.</summary>
    internal ulong Bytes => OverArenas(a => a.Arena.State.SystemBytes) + Heaps.MmappedBytes;

    /// <summary>The sum of a figure over all arenas.</summary>
    internal ulong OverArenas(Func<ArenaTotals, ulong> of) => Arenas.Aggregate(0UL, (sum, arena) => sum + of(arena));

    /// <summary>The sum of a figure over the pages of all arenas.</summary>
    internal ulong OverPages(Func<ArenaPages, ulong> of) => OverArenas(arena => Pages?.Of(arena.Arena) is { } pages ? of(pages) : 0);

    /// <summary>Walks heaps and joins them with pages.</summary>
    /// <param name="blocks">The blocks.</param>
    /// <param name="table">The pages of all mappings.</param>
    /// <param name="content">Looks into blocks, as those are that pin most; null when their memory can't be read.</param>
    /// <param name="trim">What decides how much a trim gives back.</param>
    public static HeapFigures Walk(IHeapBlocks blocks, PageTable table, BlockContent? content, TrimConditions trim)
    {
        if (!table.IsResidencyKnown)
        {
            return new HeapFigures(blocks.Heaps, blocks.Sum<IBlockSink>(() => NoSink.Instance, out _), null);
        }

        IReadOnlyList<ArenaTotals> arenas = blocks.Sum(() => new HeapPages(table, trim), out HeapPages pages);
        return new HeapFigures(blocks.Heaps, arenas, pages, HeapPins.Of(pages, arenas, content));
    }
}
