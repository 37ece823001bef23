using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Insight;
using PageAlloc.Pages;
using PageAlloc.Tests.Docs;
using PageAlloc.Views;
using static PageAlloc.Tests.Views.Shown;

namespace PageAlloc.Tests.Views;

/// <summary>The picture of the heaps by pages, on blocks and pages that are made up.</summary>
public sealed class HeapPageMapTests
{
    private const string Main = "arena @0x7f0000000c60  main  1 pixel = 1 page (4.0 KiB)\n";
    private const double LeastDistance = 15;

    private static readonly MapOptions Ten = new() { Style = Letters, Width = 10 };

    private static readonly Look[] s_looks = [.. HeapPagePalette.Looks.Skip(1)];

    [Fact]
    public void A_pixel_is_a_page_by_what_is_free_on_it() => Assert.Equal(
        Main + """
          ...........10000  l112233ffl
          ...........1a000  33f.LMMFF?
          ...........24000  ?

        """,
        Map(
            Ten,
            new HeapSketch()
                .Add(BlockState.Used, 4096).Add(BlockState.Used, 4080).Add(BlockState.Small, 16)
                .Add(BlockState.Used, 2736).Add(BlockState.Fast, 1360)
                .Add(BlockState.Used, 2720).Add(BlockState.Tcache, 1376).Add(BlockState.Used, 1376).Add(BlockState.Unsorted, 2720)
                .Add(BlockState.Used, 1360).Add(BlockState.Large, 2736).Add(BlockState.Used, 16).Add(BlockState.Small, 4080)
                .Add(BlockState.Large, 8192).Add(BlockState.Fencepost, 4096).Add(BlockState.Used, 16).Add(BlockState.Top, 4080 + 4080)
                .Add(BlockState.Used, 16).Add(BlockState.Large, 4096).Add(BlockState.Used, 4096)
                .Add(BlockState.Used, 4096).Add(BlockState.Used, 16).Add(BlockState.Large, 4080 + 4080).Add(BlockState.Used, 16)
                .Add(BlockState.Large, 8192).Add(BlockState.Unknown, 4096).Add(BlockState.Used, 4096),
            Run(PageKind.Anonymous, 13), Run(PageKind.NotPresent, 1), Run(PageKind.Swapped, 5), Run(PageKind.Anonymous, 1), Run(PageKind.Unknown, 1)));

    [Fact]
    public void Long_uniform_stretches_fold() => Assert.Equal(
        Main + """
          ...........10000  lfffffffff
          ...........1a000  ff 200.0 KiB all free, 50 pages
          ...........4c000  ....

        """,
        Map(
            Ten,
            new HeapSketch().Add(BlockState.Used, 4096).Add(BlockState.Large, 59 << 12).Add(BlockState.Top, 4 << 12),
            Run(PageKind.Anonymous, 60), Run(PageKind.NotPresent, 4)));

    // The commonest, not counting those that are not present; of two alike the first of the legend.
    [Fact]
    public void With_a_scale_a_pixel_is_that_many_pages() => Assert.Equal(
        """
        arena @0x7f0000000c60  main  1 pixel = 4 pages (16.0 KiB)
          ...........10000  lfl.ff

        """,
        Map(
            Ten with { Scale = 4 },
            new HeapSketch()
                .Add(BlockState.Used, 2 << 12).Add(BlockState.Large, 2 << 12).Add(BlockState.Used, 1 << 12).Add(BlockState.Large, 3 << 12)
                .Add(BlockState.Used, 8 << 12).Add(BlockState.Large, 4 << 12).Add(BlockState.Large, 2 << 12),
            Run(PageKind.Anonymous, 9), Run(PageKind.NotPresent, 7), Run(PageKind.Anonymous, 6)));

    // A third of the page, not of the heap's part of it.
    [Fact]
    public void A_heap_may_begin_within_a_page() => Assert.Equal(
        Main + "  ...........10000  1f\n",
        Map(Ten, new HeapSketch(0x10d00).Add(BlockState.Used, 16).Add(BlockState.Large, 0x2f0 + 4096), Run(PageKind.Anonymous, 2)));

    [Fact]
    public void The_legend_has_what_is_in_ram_and_what_is_not() => Assert.Equal(
        """
            ll  no free byte                          LL  swapped, no free byte
            11  in use, up to a third free            MM  swapped, in use, some free
            22  in use, up to two thirds free         FF  swapped, all free
            33  in use, more free                     ..  not present
            ff  all free                              ??  unknown

        """,
        Text(output => HeapPageMapView.WriteLegend(Ten, output)));

    [Fact]
    public void Colours_and_letters_differ_to_all_eyes()
    {
        Assert.Equal(s_looks.Length, s_looks.Select(l => l.Letter).Distinct().Count());
        Assert.Equal(s_looks.Length, s_looks.Select(l => l.Index256).Distinct().Count());
        Assert.Equal(s_looks.Length, s_looks.Select(l => l.Index16).Distinct().Count());
        Look[] coloured = [.. s_looks.Where(l => l.Index256 >= 0)];
        Assert.Empty(
            from vision in ColorVision.Kinds
            from one in coloured
            from other in coloured
            where one.Letter < other.Letter && ColorVision.Distance(one.Rgb, other.Rgb, vision) < LeastDistance
            select $"{one.Name} and {other.Name}, {vision}");
    }

    [Fact]
    public void The_document_has_the_same_looks() => Assert.Equal(
        s_looks.Select(l => string.Join(' ', l.Name, l.Letter, Index(l.Index256), Index(l.Index16), l.Index256 < 0 ? "-" : $"#{l.Rgb:x6}")).Order(StringComparer.Ordinal),
        MarkdownTable.Read("docs/model.md", "| page of a heap | letter | 256 |").Select(row => string.Join(' ', row[..5].Select(MarkdownTable.Plain))).Order(StringComparer.Ordinal));

    private static string Index(int index) => index < 0 ? "-" : $"{index}";

    private static string Map(MapOptions options, HeapSketch heap, params (PageState State, ulong Count)[] runs) => Text(output =>
    {
        MappingPages pages = Mapping(runs);
        Arena arena = heap.Arena();
        heap.Tell(new HeapPages(Table(pages), TrimConditions.Of([pages.Mapping], HeapSketch.Set(), [], 4096), new HeapPageMapView(HeapSketch.Set(arena), null, options, 4096, output)), arena);
    });
}
