using PageAlloc.Blocks;
using PageAlloc.Heaps;

namespace PageAlloc.Insight.Findings;

/// <summary>How far the figures of heaps can be believed.</summary>
internal static class HeapState
{
    /// <summary>Whether all of the heaps is known, and of one moment.</summary>
    public static bool IsWhole(HeapFigures heaps) => !Problems(heaps).Any() && heaps.Arenas.All(a => a.Bytes(BlockState.Unknown) == 0);

    /// <summary>Whether the heaps changed while they were read, so that their figures are of more than one moment.</summary>
    public static bool IsChanging(HeapFigures heaps) => Problems(heaps).Any(p => p.Kind == ProblemKind.Changing);

    /// <summary>What is wrong with heaps because something wrote where it must not.</summary>
    public static IEnumerable<Problem> Damage(HeapFigures heaps) => Problems(heaps).Where(p =>
        p.Kind is not (ProblemKind.Changing or ProblemKind.Swapped or ProblemKind.LayoutMismatch or ProblemKind.MissingSegments or ProblemKind.Other));

    private static IEnumerable<Problem> Problems(HeapFigures heaps) => heaps.Heaps.Problems.Concat(heaps.Arenas.SelectMany(a => a.Problems));
}
