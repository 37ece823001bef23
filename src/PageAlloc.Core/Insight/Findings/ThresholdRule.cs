using PageAlloc.Heaps.Glibc;

namespace PageAlloc.Insight.Findings;

/// <summary>A threshold that grew when a large block was freed: from then on such blocks are in the heap, and leave holes there.</summary>
internal sealed class ThresholdRule : IFindingRule
{
    public Finding? Find(ProcessFigures figures)
    {
        MallocParameters? grown = figures.Heaps?.Heaps.Parameters.FirstOrDefault(p => p is { IsDynamic: true, MmapThreshold: > MallocParameters.UsualThreshold });
        ulong bytes = figures.OverPages(p => p.LargeFreeBytes);
        return grown is null || !Worth.Saying(bytes, figures) ? null : new Finding(
            "grownThreshold",
            Worth.Severity(bytes, figures),
            bytes,
            $"{Worth.Share(bytes, figures)} are free in pieces of {Amounts.Size(MallocParameters.UsualThreshold)} or more. Blocks of that size are usually "
                + $"mappings of their own, which go back when they are freed; but one of {Amounts.Size(grown.MmapThreshold)} was freed once, "
                + "and since then all smaller ones come from the heap",
            $"set MALLOC_MMAP_THRESHOLD_={MallocParameters.UsualThreshold}, at the cost of a system call for each large block; "
                + "what came from smaller blocks stays");
    }
}
