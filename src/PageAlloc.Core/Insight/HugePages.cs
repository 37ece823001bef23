using PageAlloc.Blocks;
using PageAlloc.Pages;

namespace PageAlloc.Insight;

/// <summary>The huge pages of a process, mapping by mapping; those of hugetlb, which are set aside, are left out.</summary>
public sealed record HugePages
{
    /// <summary>The size of a huge page in bytes.</summary>
    public required ulong PageSize { get; init; }

    /// <summary>The size of a base page in bytes.</summary>
    public ulong BasePageSize { get; private init; }

    /// <summary>The mappings that have room for a huge page.</summary>
    public required IReadOnlyList<HugeMapping> Mappings { get; init; }

    /// <summary>
    /// Pages of heaps on which nothing is in use, inside huge pages, in bytes: giving them back splits the huge pages. Null
    /// when the heaps were not walked.
    /// </summary>
    public required ulong? HeapFreeBytes { get; init; }

    /// <summary>The sums of all mappings; the mapping named is the first of them, and means nothing.</summary>
    public HugeMapping Total => SumOf(Mappings) with
    {
        Eligible = Sum(m => m.Eligible),
        ScannedBytes = Mappings.Aggregate(0UL, (sum, m) => sum + m.ScannedBytes),
        ZeroBytes = Sum(m => m.ZeroBytes),
    };

    /// <summary>The same counts of ranges over those mappings alone in which more huge pages may come to be.</summary>
    public HugeMapping Candidates => SumOf(Mappings.Where(m => m.CanBecomeHuge));

    /// <summary>Whether zeros were searched for.</summary>
    public bool IsScanned { get; private init; }

    /// <summary>Huge pages of private memory that were not searched for zeros although that was asked for, in bytes.</summary>
    public ulong LeftBytes { get; private init; }

    /// <summary>
    /// The pages in large folios, by kind and size; null when the sizes of folios are not known. Huge pages are among them,
    /// however they are mapped.
    /// </summary>
    public IReadOnlyList<FolioCount>? Folios { get; private init; }

    /// <summary>Counts them.</summary>
    /// <param name="table">The pages.</param>
    /// <param name="mappings">The mappings to count.</param>
    /// <param name="heaps">The pages of heaps; null when they were not walked.</param>
    /// <param name="arenas">The arenas to count of.</param>
    /// <param name="scan">What was read of huge pages besides; null when that was not asked for.</param>
    public static HugePages Of(
        PageTable table, IReadOnlyCollection<MappingPages> mappings, HeapPages? heaps, IEnumerable<ArenaTotals> arenas, HugeScan? scan = null) =>
        new()
        {
            PageSize = (ulong)table.PageSize << table.HugeOrder,
            BasePageSize = (ulong)table.PageSize,
            Mappings =
            [
                .. mappings.Where(m => m.Mapping.HugetlbPageSize == 0).Select(m => HugeMapping.Of(m, table))
                    .Where(m => m.Ranges != 0).Select(m => With(m, scan)).ToArray(),
            ],
            HeapFreeBytes = heaps is null ? null : arenas.Aggregate(0UL, (sum, a) => sum + (heaps.Of(a.Arena)?.FreeHugeBytes ?? 0)),
            IsScanned = scan is not null,
            LeftBytes = scan?.Zeros.LeftBytes ?? 0,
            Folios = table.Unknown.HasFlag(UnknownDetails.FolioSizes) ? null : Sum(mappings),
        };

    private static HugeMapping With(HugeMapping mapping, HugeScan? scan) => scan is null ? mapping : mapping with
    {
        Eligible = scan.Policy.IsEligible(mapping.Mapping) is { } eligible ? (eligible ? mapping.Ranges : 0) : null,
        ScannedBytes = scan.Zeros.Of(mapping.Mapping).ScannedBytes,
        ZeroBytes = scan.Zeros.Of(mapping.Mapping).ZeroBytes,
    };

    private static FolioCount[] Sum(IEnumerable<MappingPages> mappings) =>
    [
        .. mappings.SelectMany(m => m.Folios)
            .GroupBy(f => (f.Kind, f.Order))
            .OrderBy(g => g.Key)
            .Select(g => g.Aggregate((a, b) => a with
            {
                AlignedPages = a.AlignedPages + b.AlignedPages,
                UnalignedPages = a.UnalignedPages + b.UnalignedPages,
                PartialPages = a.PartialPages + b.PartialPages,
            })),
    ];

    private static HugeMapping SumOf(IEnumerable<HugeMapping> mappings) => mappings.Aggregate(default(HugeMapping), (sum, m) => new HugeMapping(
        sum.Mapping ?? m.Mapping, sum.Ranges + m.Ranges, sum.Huge + m.Huge, sum.Whole + m.Whole, sum.Partly + m.Partly, sum.MissingBytes + m.MissingBytes));

    // One that is not known makes the sum unknown.
    private ulong? Sum(Func<HugeMapping, ulong?> of) =>
        IsScanned ? Mappings.Aggregate((ulong?)0, (sum, m) => sum + of(m)) : null;
}
