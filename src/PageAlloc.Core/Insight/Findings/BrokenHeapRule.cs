using PageAlloc.Blocks;
using PageAlloc.Heaps;

namespace PageAlloc.Insight.Findings;

/// <summary>A heap that is damaged: something writes where it must not.</summary>
internal sealed class BrokenHeapRule : IFindingRule
{
    public Finding? Find(ProcessFigures figures)
    {
        Problem[] damage = [.. (figures.Heaps?.Heaps.Problems ?? []).Concat((figures.Heaps?.Arenas ?? []).SelectMany(a => a.Problems)).Where(IsDamage)];
        return damage.Length == 0 ? null : new Finding(
            "brokenHeap",
            FindingSeverity.Warning,
            figures.OverArenas(a => a.Bytes(BlockState.Unknown) - a.SwappedBytes),
            $"the heap is damaged: {damage[0].Text}" + (damage.Length == 1 ? "" : $" ({Amounts.Of((ulong)damage.Length - 1, "more problem")})"),
            "run the program under AddressSanitizer or valgrind: something writes past a block or after free");
    }

    private static bool IsDamage(Problem problem) =>
        problem.Kind is not (ProblemKind.Changing or ProblemKind.Swapped or ProblemKind.LayoutMismatch or ProblemKind.MissingSegments or ProblemKind.Other);
}
