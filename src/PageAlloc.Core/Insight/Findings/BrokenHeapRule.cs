using PageAlloc.Blocks;
using PageAlloc.Heaps;

namespace PageAlloc.Insight.Findings;

/// <summary>A heap that is damaged: something writes where it must not.</summary>
internal sealed class BrokenHeapRule : IFindingRule
{
    public Finding? Find(ProcessFigures figures)
    {
        Problem[] damage = figures.Heaps is { } heaps ? [.. HeapState.Damage(heaps)] : [];
        return damage.Length == 0 ? null : new Finding(
            "brokenHeap",
            FindingSeverity.Warning,
            figures.OverArenas(a => a.Bytes(BlockState.Unknown) - a.SwappedBytes),
            $"the heap is damaged: {damage[0].Text}" + (damage.Length == 1 ? "" : $" ({Amounts.Of((ulong)damage.Length - 1, "more problem")})"),
            "run the program under AddressSanitizer or valgrind: something writes past a block or after free");
    }
}
