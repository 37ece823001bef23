using CsCheck;
using PageAlloc.Pages;

namespace PageAlloc.Tests.Pages;

/// <summary>Any process, read in any way that its kernel and the user's rights offer, comes out as it is.</summary>
public sealed class PageTableReaderTests
{
    [Fact]
    public void A_scan_tells_the_truth() => RandomAddressSpace.Shapes.Sample(shapes =>
    {
        AddressSpace space = RandomAddressSpace.Make(shapes);
        PageTable table = Tables.Read(new FakeKernel(space), space.Mappings);
        Tables.AssertTrue(space, table);
        Assert.Equal(UnknownDetails.None, table.Unknown);
    });

    [Fact]
    public void Pagemap_alone_tells_the_same() => RandomAddressSpace.Shapes.Sample(shapes =>
    {
        AddressSpace space = RandomAddressSpace.Make(shapes);
        PageTable table = Tables.Read(new FakeKernel(space) { CanScan = false }, space.Mappings);
        Tables.AssertTrue(space, table);
        Assert.Equal(UnknownDetails.None, table.Unknown);
    });

    [Fact]
    public void A_scan_without_page_flags_tells_all_but_merged_pages_and_folios() => RandomAddressSpace.Shapes.Sample(shapes =>
    {
        AddressSpace space = RandomAddressSpace.Make(shapes);
        PageTable table = Tables.Read(new FakeKernel(space) { HasFlags = false }, space.Mappings);
        Tables.AssertStates(space, table, p => p.Plain);
        Assert.Equal(HasSmallPages(space) ? UnknownDetails.FolioSizes | UnknownDetails.MergedPages : UnknownDetails.None, table.Unknown);
    });

    [Theory]
    [InlineData(1UL, int.MaxValue, true)]
    [InlineData(700UL, 33, true)]
    [InlineData(128UL << 10, 1, true)]
    [InlineData(513UL, int.MaxValue, false)]
    public void Short_answers_of_the_kernel_change_nothing(ulong pagesPerScan, int longestRead, bool tellsGuard) =>
        RandomAddressSpace.Shapes.Sample(
            shapes =>
            {
                AddressSpace space = RandomAddressSpace.Make(shapes[..Math.Min(shapes.Length, 3)]);
                var kernel = new FakeKernel(space)
                {
                    PagesPerScan = pagesPerScan,
                    LongestRead = longestRead,
                    TellsGuard = tellsGuard,
                    StaleWalkEnd = true,
                };
                Tables.AssertTrue(space, Tables.Read(kernel, space.Mappings));
            },
            iter: 20);

    [Theory]
    [InlineData(16384, 11)]
    [InlineData(65536, 13)]
    [InlineData(4096, 4)]
    public void Pages_may_be_of_another_size(int pageSize, int hugeOrder) => RandomAddressSpace.Shapes.Sample(
        shapes =>
        {
            AddressSpace space = RandomAddressSpace.Make(shapes[..Math.Min(shapes.Length, 3)], pageSize, hugeOrder);
            PageTable table = Tables.Read(new FakeKernel(space), space.Mappings);
            Tables.AssertTrue(space, table);
            Assert.Equal((pageSize, hugeOrder), (table.PageSize, table.HugeOrder));
        },
        iter: 15);

    [Fact]
    public void Every_page_is_accounted_for_once_whatever_the_lists_of_mappings_say() =>
        Gen.Select(RandomAddressSpace.Shapes, RandomAddressSpace.Shapes, Gen.Bool, Gen.Bool).Sample((shapes, others, canScan, hasFlags) =>
        {
            // The process has other mappings by now than its maps said.
            AddressSpace space = RandomAddressSpace.Make(shapes);
            AddressSpace before = RandomAddressSpace.Make(others);
            PageTable table = Tables.Read(new FakeKernel(space) { CanScan = canScan, HasFlags = hasFlags }, before.Mappings);
            Assert.Equal(before.Mappings, table.Mappings.Select(m => m.Mapping));
            Assert.All(table.Mappings, m => Tables.AssertAccounted(m, 4096));
        });

    private static bool HasSmallPages(AddressSpace space) =>
        space.Pages.Any(pages => pages.Any(p => p.Plain.IsResident && p.Plain.Order < space.HugeOrder));
}
