using PageAlloc.Pages;
using PageAlloc.Views;
using static PageAlloc.Tests.Views.Shown;

namespace PageAlloc.Tests.Views;

/// <summary>Several pages in a pixel.</summary>
public sealed class ScaleTests
{
    private static readonly MapOptions Ten = new() { Style = Letters, Width = 10 };

    [Fact]
    public void A_scale_is_told_beside_the_name() => Assert.Equal(
        """
        [heap] [rw-p]  1 pixel = 2 pages (8.0 KiB)
          ...........10000  aas

        """,
        Map(Ten with { Scale = 2 }, Mapping(Run(PageKind.Anonymous, 4), Run(PageKind.Swapped, 2))));

    [Fact]
    public void Addresses_go_on_by_scaled_rows() => Assert.Equal(
        """
        [heap] [rw-p]  1 pixel = 512 pages (2.0 MiB)
          ...........10000  aaaaaaaaaa
          .........1410000  s

        """,
        Map(Ten with { Scale = 512 }, Mapping(Run(PageKind.Anonymous, 5120), Run(PageKind.Swapped, 1))));

    // Eight pages are a pixel; what is in it is the commonest of them that is something.
    [Theory]
    [InlineData("aaaaaaaa", "a")]
    [InlineData("........", ".")]
    [InlineData(".......a", "a")]
    [InlineData("a.......", "a")]
    [InlineData("sss.aa..", "s")]
    [InlineData("ssaaa...", "a")]
    [InlineData("asasasaa", "a")]
    [InlineData("aaaaaaaassssssss", "as")]
    [InlineData("aaaaaaaaasaaass.", "aa")]
    [InlineData("aaaaaaaas", "as")]
    [InlineData("aaaaaaaa.", "a.")]
    public void A_pixel_shows_the_commonest_state_that_is_something(string pages, string pixels) => Assert.Equal(
        $"[heap] [rw-p]  1 pixel = 8 pages (32.0 KiB)\n  ...........10000  {pixels}\n", Map(Ten with { Scale = 8 }, Mapping(Pages(pages))));

    [Fact]
    public void A_scale_of_one_is_no_scale() =>
        Assert.Equal("[heap] [rw-p]\n  ...........10000  a\n", Map(Ten with { Scale = 1 }, Mapping(Run(PageKind.Anonymous, 1))));

    [Fact]
    public void A_scale_above_the_mapping_is_one_pixel() => Assert.Equal(
        "[heap] [rw-p]  1 pixel = 1,099,511,627,776 pages (4.0 PiB)\n  ...........10000  a\n",
        Map(Ten with { Scale = 1UL << 40 }, Mapping(Run(PageKind.NotPresent, 1000), Run(PageKind.Anonymous, 1), Run(PageKind.NotPresent, 1000))));

    [Theory]
    [InlineData(80, 8, "")]
    [InlineData(81, 5, "  1 pixel = 2 pages (8.0 KiB)")]
    [InlineData(160, 8, "  1 pixel = 2 pages (8.0 KiB)")]
    [InlineData(161, 5, "  1 pixel = 4 pages (16.0 KiB)")]
    [InlineData(1000, 7, "  1 pixel = 16 pages (64.0 KiB)")]
    [InlineData(20480, 8, "  1 pixel = 256 pages (1.0 MiB)")]
    public void Fitting_makes_at_most_eight_rows(ulong pages, int rows, string scale)
    {
        string[] lines = Map(Ten with { Scale = null, Fold = false }, Mapping(Run(PageKind.Anonymous, pages))).TrimEnd('\n').Split('\n');
        Assert.Equal("[heap] [rw-p]" + scale, lines[0]);
        Assert.Equal(rows, lines.Length - 1);
    }

    [Fact]
    public void Each_mapping_fits_by_itself()
    {
        string map = Map(Ten with { Scale = null }, Mapping(Run(PageKind.Anonymous, 3)), Mapping(Run(PageKind.Swapped, 100)));
        Assert.Equal(
            """
            [heap] [rw-p]
              ...........10000  aaa
            [heap] [rw-p]  1 pixel = 2 pages (8.0 KiB)
              ...........10000  ss 50 pixels of this kind, 400.0 KiB of addresses

            """,
            map);
    }

    [Fact]
    public void A_single_page_in_sixteen_tebibytes_is_seen_when_all_fits()
    {
        string map = Map(
            Ten with { Scale = null },
            Mapping(Run(PageKind.NotPresent, 3UL << 30), Run(PageKind.Swapped, 1), Run(PageKind.NotPresent, (1UL << 30) - 1)));
        Assert.Equal(
            """
            [heap] [rw-p]  1 pixel = 67,108,864 pages (256.0 GiB)
              ...........10000  .. 40 pixels of this kind, 10.0 TiB of addresses
              .....a0000010000  ........s.
              .....c8000010000  ..........
              .....f0000010000  ....

            """,
            map);
    }

    // Runs of one state are counted by division, however the pages before them were cut.
    [Fact]
    public void Pixels_cut_across_runs_add_up_to_all_pages()
    {
        CellState[] cells = CellStates.Table(9);
        foreach (ulong scale in new ulong[] { 1, 2, 3, 7, 64, 1000 })
        {
            ulong pixels = 0, pages = 0;
            MappingPages mapping = Mapping([.. Enumerable.Range(0, 500).Select(i => Run((PageKind)(i % 3), (ulong)(i * i % 97)))]);
            foreach (PageRun run in mapping.Runs)
            {
                pages += run.Count;
            }

            foreach ((CellState _, ulong count) in PixelRuns.Of(mapping.Runs, cells, scale))
            {
                pixels += count;
            }

            Assert.Equal((pages + scale - 1) / scale, pixels);
        }
    }

    private static (PageState State, ulong Count)[] Pages(string letters) =>
    [
        .. letters.Select(c => Run(c switch { 'a' => PageKind.Anonymous, 's' => PageKind.Swapped, 'x' => PageKind.Guard, _ => PageKind.NotPresent }, 1)),
    ];
}
