using PageAlloc.Blocks;
using PageAlloc.Heaps;

namespace PageAlloc.Insight;

/// <summary>All figures of the heaps of a target.</summary>
/// <param name="Heaps">The heaps.</param>
/// <param name="Arenas">The sums of their arenas.</param>
/// <param name="Pages">The pages of their arenas; null when the target does not tell of pages.</param>
public sealed record HeapFigures(HeapSet Heaps, IReadOnlyList<ArenaTotals> Arenas, HeapPages? Pages);
