using PageAlloc.Blocks;

namespace PageAlloc.Insight.Findings;

/// <summary>Heap in swap. Which of its blocks are in use is not known, as that would bring it back.</summary>
internal sealed class SwappedLiveRule : IFindingRule
{
    public Finding? Find(ProcessFigures figures)
    {
        ulong known = figures.OverPages(p => p.SwappedBytes(BlockState.Used));
        ulong bytes = known + figures.OverPages(p => p.SwappedBytes(BlockState.Unknown)) + figures.Summary.Ledger[LedgerKind.HeapMmapped].SwappedBytes;
        return !Worth.Saying(bytes, figures) ? null : new Finding(
            "swappedHeap",
            Worth.Severity(bytes, figures),
            bytes,
            $"{Amounts.Size(bytes)} of heap that may be in use are in swap: what touches them waits until they are read back",
            "raise memory.high or memory.max of its control group; where nothing may wait, have the program call mlockall()");
    }
}
