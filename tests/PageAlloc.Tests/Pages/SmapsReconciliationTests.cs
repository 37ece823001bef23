using PageAlloc.Mappings;
using PageAlloc.Pages;
using PageAlloc.Tests.Mappings;

namespace PageAlloc.Tests.Pages;

/// <summary>What entries leave open is settled by smaps' sums, or said to be open.</summary>
public sealed class SmapsReconciliationTests
{
    private const ulong Huge = 2 << 20;

    private static readonly PageState Absent = new(PageKind.NotPresent), Small = new(PageKind.Anonymous), Large = new(PageKind.Anonymous, 9),
        LargeFile = new(PageKind.File, 9);

    // The mapping begins 256 pages in front of a border of huge pages.
    [Theory]
    [InlineData(Huge, "256 NotPresent, 512 Anonymous+9, 256 NotPresent", UnknownDetails.None)]
    [InlineData(0, "256 NotPresent, 512 Anonymous, 256 NotPresent", UnknownDetails.None)]
    [InlineData(2 * Huge, "256 NotPresent, 512 Anonymous, 256 NotPresent", UnknownDetails.HugePages)]
    public void An_aligned_folio_is_huge_when_smaps_says_so(ulong mappedHuge, string runs, UnknownDetails unknown) =>
        AssertSettled(runs, unknown, new SmapsEntry { MappedHuge = mappedHuge, Rss = Huge }, (Absent, 256), (Large, 512), (Absent, 256));

    [Fact]
    public void A_folio_that_is_not_aligned_is_mapped_by_small_entries() => AssertSettled(
        "100 NotPresent, 512 Anonymous, 412 NotPresent", UnknownDetails.None, new SmapsEntry { Rss = Huge }, (Absent, 100), (Large, 512), (Absent, 412));

    [Fact]
    public void Only_the_aligned_part_of_a_stretch_is_huge() => AssertSettled(
        "50 NotPresent, 206 Anonymous, 512 Anonymous+9, 100 Anonymous, 156 NotPresent",
        UnknownDetails.None,
        new SmapsEntry { MappedHuge = Huge, Rss = 818 * 4096 },
        (Absent, 50), (Large, 818), (Absent, 156));

    [Fact]
    public void A_part_of_a_folio_is_small() => AssertSettled(
        "256 NotPresent, 511 Anonymous, 257 NotPresent", UnknownDetails.None, new SmapsEntry { Rss = 511 * 4096 }, (Absent, 256), (Large, 511), (Absent, 257));

    [Fact]
    public void Huge_pages_of_all_kinds_add_up() => AssertSettled(
        "256 File, 512 Anonymous+9, 512 File+9, 512 Anonymous+9, 256 File",
        UnknownDetails.None,
        new SmapsEntry { MappedHuge = 3 * Huge, Rss = 2048 * 4096 },
        (LargeFile, 256), (Large, 512), (LargeFile, 512), (Large, 512), (LargeFile, 256));

    [Fact]
    public void One_of_two_is_in_doubt() => AssertSettled(
        "256 NotPresent, 1024 Anonymous, 256 NotPresent",
        UnknownDetails.HugePages,
        new SmapsEntry { MappedHuge = Huge, Rss = 2 * Huge },
        (Absent, 256), (Large, 1024), (Absent, 256));

    [Fact]
    public void Smaller_folios_keep_their_size() => AssertSettled(
        "16 Anonymous+4, 16 File+3", UnknownDetails.None, new SmapsEntry { Rss = 32 * 4096 },
        (new PageState(PageKind.Anonymous, 4), 16), (new PageState(PageKind.File, 3), 16));

    // 10 pages are certainly resident, 5 may be or may be the page of zeros, which is not in RSS.
    [Theory]
    [InlineData(15UL, "10 Anonymous, 2 NotPresent, 5 Anonymous")]
    [InlineData(10UL, "10 Anonymous, 2 NotPresent, 5 Zero")]
    [InlineData(12UL, "10 Anonymous, 2 NotPresent, 5 Unknown")]
    [InlineData(99UL, "10 Anonymous, 2 NotPresent, 5 Unknown")]
    [InlineData(0UL, "10 Anonymous, 2 NotPresent, 5 Unknown")]
    public void The_page_of_zeros_is_told_by_Rss(ulong rssPages, string runs) => AssertSettled(
        runs, UnknownDetails.None, new SmapsEntry { Rss = rssPages * 4096 }, (Small, 10), (Absent, 2), (PageStates.Doubtful, 5));

    [Fact]
    public void A_mapping_that_smaps_does_not_know_stays_in_doubt()
    {
        PageTable settled = SmapsReconciliation.Apply(Table((Small, 3), (PageStates.Doubtful, 5)), []);
        Assert.Equal("3 Anonymous, 5 Unknown", Tables.Describe(settled.Mappings[0]));
    }

    [Fact]
    public void Hugetlb_mappings_are_left_as_they_are()
    {
        Mapping mapping = TestMapping.Of(Huge, 2 * Huge, hugetlbPageSize: Huge);
        var table = new PageTable([new MappingPages(mapping, Runs((Large, 512)), 0)], 4096, 9, UnknownDetails.None);
        var smaps = new Dictionary<ulong, SmapsEntry> { [Huge] = new() { Hugetlb = Huge } };
        Assert.Equal("512 Anonymous+9", Tables.Describe(SmapsReconciliation.Apply(table, smaps).Mappings[0]));
    }

    [Fact]
    public void What_was_unknown_before_stays_so()
    {
        PageTable table = new(Table((Absent, 1)).Mappings, 4096, 9, UnknownDetails.FolioSizes);
        Assert.Equal(UnknownDetails.FolioSizes, SmapsReconciliation.Apply(table, []).Unknown);
    }

    private static void AssertSettled(string runs, UnknownDetails unknown, SmapsEntry entry, params (PageState State, ulong Count)[] pages)
    {
        PageTable table = Table(pages);
        Mapping mapping = table.Mappings[0].Mapping;
        PageTable settled = SmapsReconciliation.Apply(table, new Dictionary<ulong, SmapsEntry> { [mapping.Range.Start] = entry });
        Assert.Equal(runs, Tables.Describe(settled.Mappings[0]));
        Assert.Equal(unknown, settled.Unknown);
        Tables.AssertAccounted(settled.Mappings[0], 4096);
    }

    private static PageTable Table(params (PageState State, ulong Count)[] pages)
    {
        ulong total = pages.Aggregate(0UL, (sum, p) => sum + p.Count);
        const ulong start = 3 * Huge / 2;
        Mapping mapping = TestMapping.Of(start, start + (total * 4096));
        return new PageTable([new MappingPages(mapping, Runs(pages), 0)], 4096, 9, UnknownDetails.None);
    }

    private static PageRuns Runs(params (PageState State, ulong Count)[] pages)
    {
        var builder = new PageRuns.Builder();
        foreach ((PageState state, ulong count) in pages)
        {
            builder.Add(state, count);
        }

        return builder.Take();
    }
}
