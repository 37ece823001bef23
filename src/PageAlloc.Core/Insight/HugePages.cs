using PageAlloc.Blocks;
using PageAlloc.Pages;

namespace PageAlloc.Insight;

/// <summary>The huge pages of a process, mapping by mapping; those of hugetlb, which are set aside, are left out.</summary>
public sealed record HugePages
{
    /// <summary>The size of a huge page in bytes.</summary>
    public required ulong PageSize { get; init; }

    /// <summary>The mappings that have room for a huge page.</summary>
    public required IReadOnlyList<HugeMapping> Mappings { get; init; }

    /// <summary>
    /// Pages of heaps on which nothing is in use, inside huge pages, in bytes: giving them back splits the huge pages. Null
    /// when the heaps were not walked.
    /// </summary>
    public required ulong? HeapFreeBytes { get; init; }

    /// <summary>The sums of all mappings; the mapping named is the first of them, and means nothing.</summary>
    public HugeMapping Total => Mappings.Aggregate(default(HugeMapping), (sum, m) => new HugeMapping(
        sum.Mapping ?? m.Mapping, sum.Ranges + m.Ranges, sum.Huge + m.Huge, sum.Whole + m.Whole, sum.Partly + m.Partly, sum.MissingBytes + m.MissingBytes));

    /// <summary>Counts them.</summary>
    /// <param name="table">The pages.</param>
    /// <param name="mappings">The mappings to count.</param>
    /// <param name="heaps">The pages of heaps; null when they were not walked.</param>
    /// <param name="arenas">The arenas to count of.</param>
    public static HugePages Of(PageTable table, IEnumerable<MappingPages> mappings, HeapPages? heaps, IEnumerable<ArenaTotals> arenas) => new()
    {
        PageSize = (ulong)table.PageSize << table.HugeOrder,
        Mappings = [.. mappings.Where(m => m.Mapping.HugetlbPageSize == 0).Select(m => HugeMapping.Of(m, table)).Where(m => m.Ranges != 0)],
        HeapFreeBytes = heaps is null ? null : arenas.Aggregate(0UL, (sum, a) => sum + (heaps.Of(a.Arena)?.FreeHugeBytes ?? 0)),
    };
}
