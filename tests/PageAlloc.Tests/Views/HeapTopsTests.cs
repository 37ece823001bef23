using PageAlloc.Heaps;
using PageAlloc.Heaps.Glibc;
using PageAlloc.Pages;
using PageAlloc.Views;
using static PageAlloc.Tests.Views.Shown;

namespace PageAlloc.Tests.Views;

/// <summary>Top chunks in the page map.</summary>
public sealed class HeapTopsTests
{
    private static readonly MapOptions Ten = new() { Style = Letters, Width = 10 };

    // The mapping is at 0x10000; the heap ends where it does.
    private static HeapSet Heap(ulong top, ulong end = 0x18000) => HeapSketch.Set(HeapSketch.Make(
        GlibcLayout.Known(8)[0], HeapSketch.ArenaAddress, top, [new Segment(new AddressRange(0x10000, end), 0x10000)], isMain: true, attached: 1));

    private static string Map(HeapSet heaps, MapOptions options, params MappingPages[] mappings) => Text(output =>
        PageMapView.Write(Table(mappings), mappings, options, output, HeapTops.Of(heaps, 4096)));

    [Theory]
    [InlineData(0x12000, "aatttt__")]
    [InlineData(0x12010, "aaattt__")]
    [InlineData(0x12ff0, "aaattt__")]
    [InlineData(0x16010, "aaaaaa._")]
    [InlineData(0x17010, "aaaaaa..")]
    [InlineData(0x10000, "tttttt__")]
    [InlineData(0, "aaaaaa..")]
    public void Pages_wholly_in_the_top_chunk_are_its_own(ulong top, string pages) => Assert.Equal(
        $"[heap] [rw-p]\n  ...........10000  {pages}\n", Map(Heap(top), Ten, Mapping(Run(PageKind.Anonymous, 6), Run(PageKind.NotPresent, 2))));

    [Fact]
    public void What_is_behind_a_top_is_not_its_own() => Assert.Equal(
        "[heap] [rw-p]\n  ...........10000  aattaaaa\n", Map(Heap(0x12000, 0x14000), Ten, Mapping(Run(PageKind.Anonymous, 8))));

    [Fact]
    public void Only_resident_and_absent_pages_change_their_looks() => Assert.Equal(
        "[heap] [rw-p]\n  ...........10000  attszx_?\n",
        Map(
            Heap(0x11000),
            Ten,
            Mapping(
                Run(PageKind.Anonymous, 2), Run(PageKind.Ksm, 1), Run(PageKind.Swapped, 1), Run(PageKind.Zero, 1), Run(PageKind.Guard, 1),
                Run(PageKind.NotPresent, 1), Run(PageKind.Unknown, 1))));

    [Fact]
    public void A_scaled_pixel_shows_them_after_what_is_used_and_before_what_is_nothing() => Assert.Equal(
        "[heap] [rw-p]  1 pixel = 4 pages (16.0 KiB)\n  ...........10000  a__\n",
        Map(
            Heap(0x13000, 0x1a000),
            Ten with { Scale = 4 },
            Mapping(Run(PageKind.Anonymous, 1), Run(PageKind.NotPresent, 11))));

    [Fact]
    public void A_top_may_lie_in_several_mappings_and_end_within_one()
    {
        MappingPages first = Mapping(Run(PageKind.Anonymous, 4));
        MappingPages second = Shown.Mapping(Mappings.TestMapping.Of(0x14000, 0x18000, "x"), Run(PageKind.NotPresent, 4));
        Assert.Equal("[heap] [rw-p]\n  ...........10000  aaat\nx [rw-p]\n  ...........14000  __..\n", Map(Heap(0x12800, 0x16800), Ten, first, second));
    }

    [Fact]
    public void The_legend_names_them_when_they_occur() => Assert.Equal(
        """
            ..  not present
            aa  4K anonymous
            tt  arena top chunk
            __  arena top chunk not present

        """,
        Text(output =>
        {
            MappingPages[] mappings = [Mapping(Run(PageKind.Anonymous, 5), Run(PageKind.NotPresent, 3)), Mapping(Run(PageKind.NotPresent, 9))];
            LegendView.Write(Table(mappings), mappings, Ten, output, HeapTops.Of(Heap(0x14000), 4096));
        }));

    [Fact]
    public void They_fold_and_have_the_colours_of_the_original()
    {
        Assert.Equal((4, 5), (Palette.Of(CellState.ArenaTop).Index256, Palette.Of(CellState.ArenaTopAbsent).Index256));
        Assert.Equal(
            "[heap] [rw-p]\n  ...........10000  __ 160.0 KiB arena top chunk not present, 40 pages\n",
            Map(Heap(0x10000, 0x10000 + (40 * 4096)), Ten, Mapping(Run(PageKind.NotPresent, 40))));
    }
}
