using PageAlloc.Heaps.Glibc;

namespace PageAlloc.Insight.Findings;

/// <summary>Free memory of heaps inside huge pages, where these were not searched for zeros: <see cref="ThpWasteRule"/> knows more then.</summary>
internal sealed class HugeHeapRule : IFindingRule
{
    public Finding? Find(ProcessFigures figures)
    {
        ulong bytes = figures.OverPages(p => p.FreeHugeBytes);
        MallocParameters? asking = figures.Heaps?.Heaps.Parameters.FirstOrDefault(p => p.HugePageSize != 0);
        return figures.HugeScan is not null || !Worth.Saying(bytes, figures) ? null : new Finding(
            "hugePages",
            Worth.Severity(bytes, figures),
            bytes,
            $"{Worth.Share(bytes, figures)} are free memory of malloc's heaps inside huge pages: "
                + "what of it was never written is in RAM only because they are huge (--zero-scan tells how much)",
            asking is not null
                ? "unset glibc.malloc.hugetlb in GLIBC_TUNABLES: it asks the kernel for huge pages"
                : "have the program call prctl(PR_SET_THP_DISABLE), or write madvise to /sys/kernel/mm/transparent_hugepage/enabled");
    }
}
