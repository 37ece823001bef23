using PageAlloc.Blocks;
using PageAlloc.Heaps.Glibc;

namespace PageAlloc.Insight.Findings;

/// <summary>A threshold that grew when a large block was freed: from then on such blocks are in the heap, and leave holes there.</summary>
internal sealed class ThresholdRule : IFindingRule
{
    public Finding? Find(ProcessFigures figures)
    {
        MallocParameters? grown = figures.Heaps?.Heaps.Parameters.FirstOrDefault(p => p is { IsDynamic: true, MmapThreshold: > MallocParameters.UsualThreshold });
        ulong bytes = figures.OverPages(p => p.ResidentBytes(BlockState.Large) + p.ResidentBytes(BlockState.Unsorted) + p.ResidentBytes(BlockState.Top));
        return grown is null || !Worth.Saying(bytes, figures) ? null : new Finding(
            "grownThreshold",
            Worth.Severity(bytes, figures),
            bytes,
            $"blocks below {Amounts.Size(grown.MmapThreshold)} come from the heap and not from mmap, as a block of that size was freed once; "
                + $"the top of the heap now goes back above {Amounts.Size(grown.TrimThreshold)} only. {Worth.Share(bytes, figures)} are free in large pieces",
            "set MALLOC_MMAP_THRESHOLD_=131072: large blocks then go back when they are freed, at the cost of a system call each");
    }
}
