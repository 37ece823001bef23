using CsCheck;
using PageAlloc.Mappings;
using PageAlloc.Pages;

namespace PageAlloc.Tests.Pages;

/// <summary>How folios are mapped, against a made-up process looked at page by page.</summary>
public sealed class FolioTallyTests
{
    private const ulong Present = 1UL << 63, FrameMask = (1UL << 55) - 1;

    [Theory]
    [InlineData(true, 128UL << 10)]
    [InlineData(true, 513UL)]
    [InlineData(false, 128UL << 10)]
    public void Each_folio_is_counted_as_it_is_mapped(bool canScan, ulong pagesPerScan) => RandomAddressSpace.Shapes.Sample(
        shapes =>
        {
            AddressSpace space = RandomAddressSpace.Make(shapes);
            AssertCounted(space, Tables.Read(new FakeKernel(space) { CanScan = canScan, PagesPerScan = pagesPerScan }, space.Mappings));
        },
        iter: 200);

    // More pages than are looked up at once, so that folios lie across the border of two look-ups.
    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void Folios_are_followed_from_one_window_into_the_next(int shift)
    {
        var space = new AddressSpace();
        space.Begin().Anonymous(1 + shift);
        for (int i = 0; i < (FolioResolver.MaxKeys / 16) + 6000; i++)
        {
            space.Folio(4, 0, 16);
        }

        space.End();
        PageTable table = Tables.Read(new FakeKernel(space), space.Mappings);
        FolioCount count = Assert.Single(table.Mappings[0].Folios);
        Assert.Equal(((ulong)FolioResolver.MaxKeys + 96_000, 0UL), (count.AlignedPages + count.UnalignedPages, count.PartialPages));
        AssertCounted(space, table);
    }

    [Fact]
    public void Without_page_flags_none_is_counted()
    {
        AddressSpace space = new AddressSpace().Begin().Folio(4, 0, 16).Huge().End();
        Assert.Empty(Tables.Read(new FakeKernel(space) { HasFlags = false }, space.Mappings).Mappings[0].Folios);
    }

    private static void AssertCounted(AddressSpace space, PageTable table)
    {
        for (int m = 0; m < space.Mappings.Count; m++)
        {
            Assert.Equal(
                Count(space, m).OrderBy(c => (c.Kind, c.Order)),
                table.Mappings[m].Folios.OrderBy(c => (c.Kind, c.Order)));
        }
    }

    // The rule as it is worded: a folio is whole when all its pages are there, one behind the other.
    private static IEnumerable<FolioCount> Count(AddressSpace space, int index)
    {
        Mapping mapping = space.Mappings[index];
        FakePage[] pages = space.Pages[index];
        ulong first = mapping.Range.Start / (ulong)space.PageSize;
        var found = new List<FolioCount>();
        for (int i = 0; i < pages.Length && mapping.HugetlbPageSize == 0; i++)
        {
            ulong frame = pages[i].Entry & FrameMask;
            if ((pages[i].Entry & Present) == 0 || frame >= (ulong)space.Memory.Frames
                || space.Memory[frame] is not { Kind: FrameKind.Plain, Order: > 0 and var order } || order > space.HugeOrder)
            {
                continue;
            }

            int size = 1 << order, start = i - (int)(frame % (ulong)size);
            bool isWhole = start >= 0 && start + size <= pages.Length
                && Enumerable.Range(0, size).All(k => pages[start + k].Entry >> 63 != 0 && (pages[start + k].Entry & FrameMask) == frame - (frame % (ulong)size) + (ulong)k);
            bool isAligned = isWhole && (first + (ulong)start) % (ulong)size == 0;
            found.Add(new FolioCount(pages[i].Truth.Kind, order, isAligned ? 1UL : 0, isWhole && !isAligned ? 1UL : 0, isWhole ? 0 : 1UL));
        }

        return found.GroupBy(f => (f.Kind, f.Order)).Select(g => new FolioCount(
            g.Key.Kind, g.Key.Order, Sum(g, f => f.AlignedPages), Sum(g, f => f.UnalignedPages), Sum(g, f => f.PartialPages)));
    }

    private static ulong Sum(IEnumerable<FolioCount> counts, Func<FolioCount, ulong> of) => counts.Aggregate(0UL, (sum, c) => sum + of(c));
}
