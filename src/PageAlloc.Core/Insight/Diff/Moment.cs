using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Pages;
using PageAlloc.Targets;

namespace PageAlloc.Insight.Diff;

/// <summary>What a target was at one time: its pages, and the blocks of its heaps. It needs nothing of the target any more.</summary>
/// <param name="Target">The target.</param>
/// <param name="Table">All its pages.</param>
/// <param name="Heaps">The blocks of its heaps; null when its memory could not be read.</param>
/// <param name="Time">When that was; null when not known.</param>
public sealed record Moment(TargetInfo Target, PageTable Table, WalkRecording? Heaps, DateTimeOffset? Time)
{
    /// <summary>The pages in RAM that Rss counts, in bytes: all but those of hugetlb.</summary>
    public ulong ResidentBytes => Sum(m => m.Mapping.HugetlbPageSize != 0 ? 0 : m.Count().Resident) * (ulong)Table.PageSize;

    /// <summary>What is swapped out, shared memory included as far as it is known, in bytes.</summary>
    public ulong SwappedBytes => (Sum(m => m.Count().Of(PageKind.Swapped)) * (ulong)Table.PageSize) + Sum(m => m.SwappedSharedBytes);

    /// <summary>Whether it is known which pages are in RAM: a core file does not tell.</summary>
    public bool KnowsPages => Table.IsResidencyKnown;

    /// <summary>
    /// Whether all heaps were found: not where memory could not be read, where the data of libc is not to be seen, or where the
    /// ring of arenas does not come back, as nobody knows how many follow. What was not found is not nothing.
    /// </summary>
    public bool KnowsHeaps => Heaps is { Heaps: var heaps } && (heaps.Arenas.Count != 0 || heaps.Problems.Count == 0) && !heaps.Arenas.Any(IsEndOfBrokenRing);

    /// <summary>The blocks of its heaps, where all of them were found: what is compared.</summary>
    public WalkRecording? KnownHeaps => KnowsHeaps ? Heaps : null;

    /// <summary>The sum of a figure over all arenas; null when the heaps are not known.</summary>
    internal ulong? OverArenas(Func<ArenaTotals, ulong> of) => KnownHeaps?.Totals.Aggregate(0UL, (sum, arena) => sum + of(arena));

    // Of an arena's links only that to the next arena is named by the arena's own address.
    private static bool IsEndOfBrokenRing(Arena arena) =>
        arena.Problems.Any(p => p.Kind is ProblemKind.BrokenLink or ProblemKind.Swapped && p.Address == arena.Address);

    private ulong Sum(Func<MappingPages, ulong> of) => Table.Mappings.Aggregate(0UL, (sum, mapping) => sum + of(mapping));
}
