using PageAlloc.Mappings;
using PageAlloc.Pages;

namespace PageAlloc.Insight.Findings;

/// <summary>Memory that is in RAM only because huge pages are: their parts that hold nothing but zeros, where they were read.</summary>
internal sealed class ThpWasteRule : IFindingRule
{
    private const string MallocKnob = "GLIBC_TUNABLES=glibc.malloc.hugetlb=0";

    public Finding? Find(ProcessFigures figures) => figures.HugeScan is { } scan ? OfZeros(figures, scan) : null;

    private static Finding? OfZeros(ProcessFigures figures, HugeScan scan)
    {
        ulong bytes = scan.Zeros.ZeroBytes;
        if (!Worth.Saying(bytes, figures))
        {
            return null;
        }

        MappingPages most = figures.Table.Mappings.MaxBy(m => scan.Zeros.Of(m.Mapping).ZeroBytes)!;
        string left = scan.Zeros.LeftBytes == 0 ? "" : $" ({Amounts.Size(scan.Zeros.LeftBytes)} more of them were not read)";
        return new Finding(
            "thpWaste",
            Worth.Severity(bytes, figures),
            bytes,
            $"{Worth.Share(bytes, figures)} are parts of huge pages that hold nothing but zeros{left}: in small pages they would not be in RAM. "
                + $"Most are in the mapping at 0x{most.Mapping.Range.Start:x}",
            Advice(scan.Policy, most.Mapping, figures.Heaps?.Heaps.Ranges().Overlaps(most.Mapping.Range) ?? false));
    }

    private static string Advice(HugePagePolicy policy, Mapping mapping, bool isHeap) =>
        !policy.IsAdvised(mapping)
            ? "have the program call prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0), or madvise(MADV_NOHUGEPAGE) for such memory; "
                + "or, for all programs: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"
        : isHeap
            ? $"the program asked for huge pages: set {MallocKnob} where it is 1, and leave out madvise(MADV_HUGEPAGE) for heaps"
        : "the program asked for huge pages there: leave out madvise(MADV_HUGEPAGE), or have it call prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0)";
}
