using PageAlloc.Blocks;
using PageAlloc.Pages;
using PageAlloc.Targets;

namespace PageAlloc.Insight;

/// <summary>All that was read of a process, each thing once.</summary>
/// <param name="Target">The process.</param>
/// <param name="Table">All its pages.</param>
/// <param name="Heaps">Its heaps; null when they could not be read.</param>
/// <param name="Summary">The figures of the whole process.</param>
public sealed record ProcessFigures(TargetInfo Target, PageTable Table, HeapFigures? Heaps, ProcessSummary Summary)
{
    /// <summary>What was read of huge pages besides; null when that was not asked for.</summary>
    public HugeScan? HugeScan { get; init; }

    /// <summary>The sum of a figure over all arenas.</summary>
    internal ulong OverArenas(Func<ArenaTotals, ulong> of) => Heaps?.OverArenas(of) ?? 0;

    /// <summary>The sum of a figure over the pages of all arenas.</summary>
    internal ulong OverPages(Func<ArenaPages, ulong> of) => Heaps?.OverPages(of) ?? 0;
}
