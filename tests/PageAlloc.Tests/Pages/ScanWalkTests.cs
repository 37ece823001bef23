using PageAlloc.Mappings;
using PageAlloc.Pages;
using PageAlloc.Tests.Mappings;

namespace PageAlloc.Tests.Pages;

/// <summary>Reading by PAGEMAP_SCAN: borders, quirks, and processes that change meanwhile.</summary>
public sealed class ScanWalkTests
{
    [Fact]
    public void A_region_that_goes_over_a_border_is_split()
    {
        AddressSpace space = new AddressSpace()
            .Begin().Anonymous(3).End()
            .Begin(MappingBacking.File, gap: 0).Forked(2).Cached(2).End()
            .Begin(gap: 0).Zero(2).End()
            .Begin(MappingBacking.SharedMemory, gap: 0).Zero(1).Cached(1).End();
        AssertRuns(Tables.Read(new FakeKernel(space), space.Mappings),
            "3 Anonymous", "2 Anonymous, 2 File", "2 Zero", "1 Zero, 1 SharedMemory");
    }

    [Fact]
    public void A_mapping_that_vanished_has_no_pages_and_one_that_came_is_left_out()
    {
        AddressSpace space = new AddressSpace()
            .Begin().Anonymous(2).End()
            .Begin(gap: 4).Anonymous(5).End()
            .Begin(gap: 4).Anonymous(3).End();
        Mapping gone = TestMapping.Of(space.Mappings[2].Range.End, space.Mappings[2].Range.End + 0x3000);
        PageTable table = Tables.Read(new FakeKernel(space), [space.Mappings[0], space.Mappings[2], gone]);
        AssertRuns(table, "2 Anonymous", "3 Anonymous", "3 NotPresent");
    }

    [Fact]
    public void A_mapping_that_grew_or_moved_is_clipped()
    {
        AddressSpace space = new AddressSpace().Begin().Anonymous(20).End();
        ulong start = space.Mappings[0].Range.Start;
        Mapping[] before = [TestMapping.Of(start - 0x2000, start + 0x3000), TestMapping.Of(start + 0x8000, start + 0xa000)];
        AssertRuns(Tables.Read(new FakeKernel(space), before), "2 NotPresent, 3 Anonymous", "2 Anonymous");
    }

    [Fact]
    public void A_huge_page_that_begins_in_front_of_its_mapping_is_clipped()
    {
        // It can't be, unless mappings changed between the two looks.
        AddressSpace space = new AddressSpace().Begin().Huge().End();
        ulong huge = space.Mappings[0].Range.End - (2 << 20);
        Mapping[] before = [TestMapping.Of(huge + 0x64000, huge + 0x66000), TestMapping.Of(huge + 0x100000, huge + 0x200000)];
        AssertRuns(Tables.Read(new FakeKernel(space), before), "2 Anonymous+9", "256 Anonymous+9");
    }

    [Fact]
    public void More_ranges_than_fit_into_one_answer_are_all_found()
    {
        AddressSpace space = new AddressSpace().Begin();
        for (int i = 0; i < 1000; i++)
        {
            space.Anonymous(1).Absent(1);
        }

        space.End();
        foreach (bool stale in new[] { false, true })
        {
            var kernel = new FakeKernel(space) { StaleWalkEnd = stale };
            PageTable table = Tables.Read(kernel, space.Mappings);
            Tables.AssertTrue(space, table);
            Assert.Equal(1000UL, table.Mappings[0].Count().Resident);
        }
    }

    [Fact]
    public void More_stretches_than_a_window_holds_come_in_order()
    {
        AddressSpace space = new AddressSpace().Begin();
        for (int i = 0; i < 9_000; i++)
        {
            space.Guard(1).Zero(1).Swapped(1);
        }

        space.End();
        Tables.AssertTrue(space, Tables.Read(new FakeKernel(space), space.Mappings));
    }

    [Fact]
    public void More_pages_than_a_window_holds_come_in_order()
    {
        AddressSpace space = new AddressSpace().Begin();
        for (int i = 0; i < 9_500; i++)
        {
            space.Folio(i % 8, 0, 1 << (i % 8)).Anonymous(90);
        }

        space.End();
        Assert.True(space.Pages[0].Length > FolioResolver.MaxPages);
        Tables.AssertTrue(space, Tables.Read(new FakeKernel(space), space.Mappings));
    }

    [Fact]
    public void Entries_are_read_only_of_what_was_found_and_gaps_are_not_worth_a_call()
    {
        AddressSpace space = new AddressSpace().Begin().Anonymous(1).Absent(100).Anonymous(1).Absent(5000).Anonymous(1).Guard(300).Zero(9).End();
        ulong first = space.Mappings[0].Range.Start / 4096;
        var kernel = new FakeKernel(space);
        Tables.Read(kernel, space.Mappings);
        Assert.Equal([(first, 102), (first + 5102, 1)], kernel.Reads);
    }

    [Fact]
    public void One_entry_is_read_of_a_huge_page()
    {
        AddressSpace space = new AddressSpace().Begin().Huge().Huge().Huge(cached: true).End();
        var kernel = new FakeKernel(space);
        AssertRuns(Tables.Read(kernel, space.Mappings), "256 NotPresent, 1024 Anonymous+9, 512 File+9");
        Assert.Equal([1, 1, 1], kernel.Reads.Select(r => r.Count));
    }

    [Fact]
    public void Hugetlb_pages_have_the_size_of_their_mapping()
    {
        AddressSpace space = new AddressSpace()
            .Begin(hugetlbOrder: 9).Hugetlb(true).Hugetlb(false).Hugetlb(true, cached: true).End()
            .Begin(hugetlbOrder: 4).Hugetlb(true).Hugetlb(false).End()
            .Begin(hugetlbOrder: 18).Hugetlb(true).Hugetlb(false).End();
        AssertRuns(Tables.Read(new FakeKernel(space), space.Mappings),
            "512 Anonymous+9, 512 NotPresent, 512 File+9",
            "16 Anonymous+4, 16 NotPresent",
            "262144 Anonymous+18, 262144 NotPresent");
    }

    [Fact]
    public void Device_mappings_are_unknown_where_nothing_is_said()
    {
        AddressSpace space = new AddressSpace().Begin(MappingBacking.Device).Absent(4).Migrating(1).Absent(1).End();
        AssertRuns(Tables.Read(new FakeKernel(space), space.Mappings), "6 Unknown");
        AssertRuns(Tables.Read(new FakeKernel(space) { CanScan = false }, space.Mappings), "6 Unknown");
    }

    [Fact]
    public void The_vsyscall_page_is_not_scanned()
    {
        AddressSpace space = new AddressSpace().Begin().Anonymous(1).End();
        Mapping vsyscall = TestMapping.Of(0xffffffffff600000, 0xffffffffff601000, "[vsyscall]", MappingBacking.Device);
        foreach (bool canScan in new[] { false, true })
        {
            var kernel = new FakeKernel(space) { CanScan = canScan };
            AssertRuns(Tables.Read(kernel, [.. space.Mappings, vsyscall]), "1 Anonymous", "1 Unknown");
            Assert.DoesNotContain(kernel.Reads, r => r.First > 1UL << 48);
        }
    }

    [Fact]
    public void No_mappings_have_no_pages()
    {
        var kernel = new FakeKernel(new AddressSpace());
        Assert.Empty(Tables.Read(kernel, []).Mappings);
        Assert.Equal(0, kernel.Scans);
    }

    // kernel-pages.md A8: whoever may open pagemap without CAP_SYS_ADMIN sees all but frames and swap slots.
    [Fact]
    public void Without_frames_all_is_told_but_merged_pages_and_folios()
    {
        AddressSpace space = new AddressSpace().Begin()
            .Anonymous(1).Ksm(2).Folio(4, 0, 16).Zero(3).Swapped(4).Guard(5).Huge().End()
            .Begin(MappingBacking.File).Cached(2).Folio(2, 0, 4, cached: true).End();
        foreach (bool hasFlags in new[] { false, true })
        {
            PageTable table = Tables.Read(new FakeKernel(space) { Capable = false, HasFlags = hasFlags }, space.Mappings);
            Tables.AssertStates(space, table, p => p.Plain);
            Assert.Equal(UnknownDetails.FolioSizes | UnknownDetails.MergedPages, table.Unknown);
        }
    }

    [Fact]
    public void Nothing_is_unknown_where_nothing_is_resident()
    {
        AddressSpace space = new AddressSpace().Begin().Absent(3).Swapped(4).Guard(5).Huge().Zero(2).End();
        PageTable table = Tables.Read(new FakeKernel(space) { Capable = false, HasFlags = false }, space.Mappings);
        Assert.Equal(UnknownDetails.None, table.Unknown);
    }

    private static void AssertRuns(PageTable table, params string[] runs)
    {
        Assert.Equal(runs, table.Mappings.Select(Tables.Describe));
        Assert.All(table.Mappings, m => Tables.AssertAccounted(m, table.PageSize));
    }
}
