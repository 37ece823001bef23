using PageAlloc.Mappings;
using PageAlloc.Pages;
using PageAlloc.Tests.Mappings;
using PageAlloc.Views;
using static PageAlloc.Tests.Views.Shown;

namespace PageAlloc.Tests.Views;

/// <summary>Long uniform stretches become a line that says how much.</summary>
public sealed class FoldingTests
{
    private static readonly MapOptions Ten = new() { Style = Letters, Width = 10 };

    [Theory]
    [InlineData(40, "  ...........10000  .. 160.0 KiB not present, 40 pages\n")]
    [InlineData(41, "  ...........10000  .. 164.0 KiB not present, 41 pages\n")]
    [InlineData(1000, "  ...........10000  .. 3.9 MiB not present, 1,000 pages\n")]
    public void Four_rows_of_one_state_fold(ulong pages, string line) =>
        Assert.Equal("[heap] [rw-p]\n" + line, Map(Ten, Mapping(Run(PageKind.NotPresent, pages))));

    [Fact]
    public void Less_than_four_rows_are_shown() => Assert.Equal(
        """
        [heap] [rw-p]
          ...........10000  ..........
          ...........1a000  ..........
          ...........24000  ..........
          ...........2e000  .........

        """,
        Map(Ten, Mapping(Run(PageKind.NotPresent, 39))));

    [Fact]
    public void Any_state_folds() => Assert.Equal(
        """
        [heap] [rw-p]
          ...........10000  AA 2.0 MiB 2M anonymous, 512 pages
          ..........210000  xx 160.0 KiB guard page, 40 pages

        """,
        Map(Ten with { Width = 8 }, Mapping(Run(PageKind.Anonymous, 512, 9), Run(PageKind.Guard, 40))));

    [Fact]
    public void Only_whole_rows_fold_between_other_states() => Assert.Equal(
        """
        [heap] [rw-p]
          ...........10000  aaa.......
          ...........1a000  .. 160.0 KiB not present, 40 pages
          ...........42000  .....ssss.

        """,
        Map(Ten, Mapping(Run(PageKind.Anonymous, 3), Run(PageKind.NotPresent, 52), Run(PageKind.Swapped, 4), Run(PageKind.NotPresent, 1))));

    [Fact]
    public void The_last_stretch_folds_to_its_end() => Assert.Equal(
        """
        [heap] [rw-p]
          ...........10000  aaa.......
          ...........1a000  .. 188.0 KiB not present, 47 pages

        """,
        Map(Ten, Mapping(Run(PageKind.Anonymous, 3), Run(PageKind.NotPresent, 54))));

    [Fact]
    public void Sizes_of_one_class_look_the_same_and_fold_as_one() => Assert.Equal(
        "[heap] [rw-p]\n  ...........10000  bb 256.0 KiB 8K-1M anonymous, 64 pages\n",
        Map(Ten, Mapping(Run(PageKind.Anonymous, 32, 4), Run(PageKind.Anonymous, 32, 3))));

    [Fact]
    public void With_two_pixels_in_a_character_a_row_is_twice_as_long()
    {
        MapOptions options = Ten with { Style = Colors };
        Assert.Equal(
            "[heap] [rw-p]\n  ...........10000  ␛[38;5;236;48;5;236m  ␛[0m 320.0 KiB not present, 80 pages\n",
            Map(options, Mapping(Run(PageKind.NotPresent, 80))));
        Assert.Equal(5, Map(options, Mapping(Run(PageKind.NotPresent, 79))).Count(c => c == '\n'));
    }

    [Fact]
    public void Nothing_folds_when_all_is_asked_for()
    {
        string map = Map(Ten with { Fold = false }, Mapping(Run(PageKind.NotPresent, 1000)));
        Assert.Equal(101, map.Count(c => c == '\n'));
        Assert.DoesNotContain("1,000", map, StringComparison.Ordinal);
    }

    [Fact]
    public void Sixteen_tebibytes_are_one_line() => Assert.Equal(
        "[heap] [rw-p]\n  ...........10000  .. 16.0 TiB not present, 4,294,967,296 pages\n",
        Map(Ten, Mapping(Run(PageKind.NotPresent, 1UL << 32))));

    [Fact]
    public void A_page_in_sixteen_tebibytes_is_seen() => Assert.Equal(
        """
        [heap] [rw-p]
          ...........10000  .. 8.0 TiB not present, 2,147,483,640 pages
          .....80000008000  ........a.
          .....80000012000  .. 8.0 TiB not present, 2,147,483,646 pages

        """,
        Map(Ten, Mapping(Run(PageKind.NotPresent, 1UL << 31), Run(PageKind.Anonymous, 1), Run(PageKind.NotPresent, (1UL << 31) - 1))));

    [Fact]
    public void A_fold_at_a_scale_ends_with_the_mapping() => Assert.Equal(
        """
        [heap] [rw-p]  1 pixel = 4 pages (16.0 KiB)
          ...........10000  .. 51 pixels of this kind, 804.0 KiB of addresses

        """,
        Map(Ten with { Scale = 4 }, Mapping(Run(PageKind.NotPresent, 201))));

    // A pixel of several states shows one of them; the words beside a fold must not say that all pages are in it.
    [Fact]
    public void A_fold_at_a_scale_does_not_count_pages_of_other_states()
    {
        (PageState, ulong)[] everyOther = [.. Enumerable.Range(0, 400).Select(i => Run(i % 2 == 0 ? PageKind.Anonymous : PageKind.NotPresent, 1))];
        Assert.Equal(
            """
            [heap] [rw-p]  1 pixel = 2 pages (8.0 KiB)
              ...........10000  aa 200 pixels of this kind, 1.6 MiB of addresses

            """,
            Map(Ten with { Scale = 2 }, Mapping(everyOther)));
    }

    [Fact]
    public void A_mapping_at_the_end_of_addresses_folds()
    {
        Mapping mapping = TestMapping.Of(0xffffffffff600000, 0xfffffffffffff000, "[top]");
        Assert.Equal(
            "[top] [rw-p]\n  ffffffffff600000  ?? 10.0 MiB unknown, 2,559 pages\n", Map(Ten, Mapping(mapping, Run(PageKind.Unknown, 2559))));
    }
}
