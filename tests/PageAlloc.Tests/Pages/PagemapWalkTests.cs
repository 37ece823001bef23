using PageAlloc.Mappings;
using PageAlloc.Pages;
using PageAlloc.Tests.Mappings;

namespace PageAlloc.Tests.Pages;

/// <summary>Kernels before 6.7: pagemap entry by entry, with smaps for what entries do not say.</summary>
public sealed class PagemapWalkTests
{
    [Fact]
    public void Hugetlb_pages_have_the_size_of_their_mapping()
    {
        AddressSpace space = new AddressSpace()
            .Begin(hugetlbOrder: 9).Hugetlb(true).Hugetlb(false).Hugetlb(true, cached: true).End()
            .Begin(hugetlbOrder: 18).Hugetlb(true).Hugetlb(false).End();
        AssertRuns(new FakeKernel(space) { CanScan = false }, space.Mappings, UnknownDetails.None,
            "512 Anonymous+9, 512 NotPresent, 512 File+9", "262144 Anonymous+18, 262144 NotPresent");
    }

    [Fact]
    public void A_large_mapping_that_smaps_calls_empty_is_not_read()
    {
        Mapping[] mappings = [TestMapping.Of(1UL << 40, 2UL << 40), TestMapping.Of(2UL << 40, (2UL << 40) + (1 << 30), backing: MappingBacking.Device)];
        var source = new ScriptedSource { CanScan = false };
        var smaps = mappings.ToDictionary(m => m.Range.Start, _ => new SmapsEntry(0, 0, null, 0, 0, 4096));
        PageTable table = PageTableReader.Read(source, mappings, () => smaps, Tables.Pid);
        Assert.Equal(["268435456 NotPresent", "262144 Unknown"], table.Mappings.Select(Tables.Describe));
    }

    [Theory]
    [InlineData(4096UL, 0UL, 0UL)]
    [InlineData(0UL, 4096UL, 0UL)]
    [InlineData(0UL, 0UL, 2097152UL)]
    public void A_large_mapping_with_anything_in_it_is_read(ulong rss, ulong swap, ulong hugetlb)
    {
        Mapping[] mappings = [TestMapping.Of(1UL << 40, (1UL << 40) + (1UL << 30))];
        ulong entriesRead = 0;
        var source = new ScriptedSource
        {
            CanScan = false,
            Entries = (_, entries) =>
            {
                entriesRead += (ulong)entries.Length;
                entries.Clear();
                return entries.Length;
            },
        };
        var smaps = new Dictionary<ulong, SmapsEntry> { [1UL << 40] = new(rss, swap, null, hugetlb, 0, 4096) };
        PageTableReader.Read(source, mappings, () => smaps, Tables.Pid);
        Assert.Equal(262_144UL, entriesRead);
    }

    [Fact]
    public void Without_frames_the_page_of_zeros_is_told_by_smaps()
    {
        AddressSpace space = new AddressSpace().Begin().Anonymous(2).Zero(3).End().Begin().Forked(4).End();
        AssertRuns(new FakeKernel(space) { CanScan = false, HasFlags = false, Capable = false }, space.Mappings,
            UnknownDetails.FolioSizes | UnknownDetails.MergedPages, "2 Anonymous, 3 Zero", "4 Anonymous");
    }

    [Fact]
    public void The_huge_page_of_zeros_is_no_page_of_a_file()
    {
        AddressSpace space = new AddressSpace().Begin().HugeZero().End();
        FakeKernel kernel = new(space) { CanScan = false, HasFlags = false, Capable = false };
        Assert.Equal("256 NotPresent, 512 Zero", Tables.Describe(Tables.Read(kernel, space.Mappings).Mappings[0]));
    }

    // Root in a container: kpageflags is its own to open, but frames are hidden without CAP_SYS_ADMIN.
    [Fact]
    public void Page_flags_without_frames_do_not_tell_the_page_of_zeros()
    {
        AddressSpace space = new AddressSpace().Begin().Anonymous(2).Zero(3).End().Begin().Forked(4).End();
        AssertRuns(new FakeKernel(space) { CanScan = false, HasFlags = true, Capable = false }, space.Mappings,
            UnknownDetails.FolioSizes | UnknownDetails.MergedPages, "2 Anonymous, 3 Zero", "4 Anonymous");
    }

    [Fact]
    public void Page_flags_without_frames_do_not_tell_the_huge_page_of_zeros()
    {
        AddressSpace space = new AddressSpace().Begin().HugeZero().End();
        FakeKernel kernel = new(space) { CanScan = false, HasFlags = true, Capable = false };
        Assert.Equal("256 NotPresent, 512 Zero", Tables.Describe(Tables.Read(kernel, space.Mappings).Mappings[0]));
    }

    [Fact]
    public void Without_frames_huge_pages_are_in_doubt_and_count_as_small()
    {
        AddressSpace space = new AddressSpace().Begin().Huge().End();
        AssertRuns(new FakeKernel(space) { CanScan = false, HasFlags = false, Capable = false }, space.Mappings,
            UnknownDetails.FolioSizes | UnknownDetails.MergedPages | UnknownDetails.HugePages, "256 NotPresent, 512 Anonymous");
    }

    [Fact]
    public void A_folio_of_huge_size_that_small_entries_map_is_small()
    {
        AddressSpace space = new AddressSpace().Begin().Absent(256).Folio(9, 0, 512).End();
        AssertRuns(new FakeKernel(space) { CanScan = false }, space.Mappings, UnknownDetails.None, "256 NotPresent, 512 Anonymous");
    }

    [Fact]
    public void Two_folios_of_which_smaps_counts_one_as_huge_are_in_doubt()
    {
        AddressSpace space = new AddressSpace().Begin().Huge().Folio(9, 0, 512).End();
        AssertRuns(new FakeKernel(space) { CanScan = false }, space.Mappings, UnknownDetails.HugePages, "256 NotPresent, 1024 Anonymous");
    }

    private static void AssertRuns(FakeKernel kernel, IReadOnlyList<Mapping> mappings, UnknownDetails unknown, params string[] runs)
    {
        PageTable table = Tables.Read(kernel, mappings);
        Assert.Equal(runs, table.Mappings.Select(Tables.Describe));
        Assert.Equal(unknown, table.Unknown);
    }
}
