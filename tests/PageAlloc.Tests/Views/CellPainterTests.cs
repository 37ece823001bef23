using PageAlloc.Pages;
using PageAlloc.Views;
using static PageAlloc.Tests.Views.Shown;

namespace PageAlloc.Tests.Views;

/// <summary>Two pixels in a character: the bytes that a terminal gets.</summary>
public sealed class CellPainterTests
{
    private static readonly MapOptions Four = new() { Style = Colors, Width = 4 };

    [Fact]
    public void Both_halves_of_one_colour_are_a_blank_on_it() => Assert.Equal(
        "␛[38;5;2;48;5;2m    ␛[0m", Row(Four, Run(PageKind.Anonymous, 8)));

    [Fact]
    public void The_upper_half_is_drawn_on_the_lower_ones_colour() => Assert.Equal(
        "␛[38;5;2;48;5;3m▀▀␛[38;5;2;48;5;1m▀▀␛[0m", Row(Four, Run(PageKind.Anonymous, 4), Run(PageKind.File, 2), Run(PageKind.Swapped, 2)));

    [Fact]
    public void A_colour_is_selected_once_for_neighbours_alike() => Assert.Equal(
        "␛[38;5;2;48;5;2m  ␛[38;5;236;48;5;236m  ␛[0m",
        Row(Four, Run(PageKind.Anonymous, 2), Run(PageKind.NotPresent, 2), Run(PageKind.Anonymous, 2), Run(PageKind.NotPresent, 2)));

    [Fact]
    public void Behind_the_end_the_terminal_shows_through() => Assert.Equal(
        "␛[38;5;2;48;5;3m▀▀␛[38;5;2;49m▀▀␛[0m", Row(Four, Run(PageKind.Anonymous, 4), Run(PageKind.File, 2)));

    [Fact]
    public void A_last_row_that_has_no_lower_half_ends_with_its_pages() => Assert.Equal(
        "␛[38;5;2;49m▀▀␛[38;5;1;49m▀␛[0m", Row(Four, Run(PageKind.Anonymous, 2), Run(PageKind.Swapped, 1)));

    // The terminal's own colour is a foreground only: the half that has it is drawn.
    [Fact]
    public void Unknown_pages_are_drawn_in_the_terminals_own_colour() => Assert.Equal(
        "␛[39;49m█␛[39;48;5;2m▀␛[39;48;5;2m▄␛[39;49m▀␛[0m",
        Row(Four,
            Run(PageKind.Unknown, 2), Run(PageKind.Anonymous, 1), Run(PageKind.Unknown, 1), Run(PageKind.Unknown, 1),
            Run(PageKind.Anonymous, 1), Run(PageKind.Unknown, 1)));

    [Fact]
    public void Rows_begin_without_colour() => Assert.Equal(
        "[heap] [rw-p]\n  ...........10000  ␛[38;5;2;48;5;2m    ␛[0m\n  ...........18000  ␛[38;5;2;49m▀␛[0m\n",
        Map(Four, Mapping(Run(PageKind.Anonymous, 9))));

    [Theory]
    [InlineData(ColorDepth.TrueColor, PageKind.Swapped, "38;2;220;50;47;48;2;220;50;47")]
    [InlineData(ColorDepth.TrueColor, PageKind.NotPresent, "38;2;48;48;48;48;2;48;48;48")]
    [InlineData(ColorDepth.Indexed, PageKind.Swapped, "38;5;1;48;5;1")]
    [InlineData(ColorDepth.Indexed, PageKind.Zero, "38;5;194;48;5;194")]
    [InlineData(ColorDepth.Sixteen, PageKind.Swapped, "31;41")]
    [InlineData(ColorDepth.Sixteen, PageKind.Anonymous, "32;42")]
    [InlineData(ColorDepth.Sixteen, PageKind.NotPresent, "30;40")]
    [InlineData(ColorDepth.Sixteen, PageKind.Guard, "91;101")]
    [InlineData(ColorDepth.Sixteen, PageKind.Zero, "97;107")]
    public void Colours_are_selected_as_the_terminal_understands(ColorDepth depth, PageKind kind, string parameters) =>
        Assert.Equal($"␛[{parameters}m    ␛[0m", Row(Four with { Style = new TextStyle(depth, Unicode: true) }, Run(kind, 8)));

    [Theory]
    [InlineData(PageKind.Anonymous, 9, "38;5;6")]
    [InlineData(PageKind.Anonymous, 18, "38;5;8")]
    [InlineData(PageKind.File, 9, "38;5;12")]
    [InlineData(PageKind.File, 18, "38;5;13")]
    public void Huge_pages_have_the_colours_of_the_original(PageKind kind, int order, string foreground) =>
        Assert.StartsWith($"␛[{foreground};", Row(Four, Run(kind, 8, order)), StringComparison.Ordinal);

    [Fact]
    public void Without_Unicode_a_character_is_one_pixel() => Assert.Equal(
        "[heap] [rw-p]\n  ...........10000  ␛[38;5;2;48;5;2m   ␛[39;49m?␛[0m\n  ...........14000  ␛[38;5;3;48;5;3m ␛[0m\n",
        Map(Four with { Style = new TextStyle(ColorDepth.Indexed, Unicode: false) },
            Mapping(Run(PageKind.Anonymous, 3), Run(PageKind.Unknown, 1), Run(PageKind.File, 1))));

    [Theory]
    [InlineData(ColorDepth.None, true, 1)]
    [InlineData(ColorDepth.None, false, 1)]
    [InlineData(ColorDepth.Sixteen, true, 2)]
    [InlineData(ColorDepth.Indexed, false, 1)]
    [InlineData(ColorDepth.TrueColor, true, 2)]
    public void Two_pixels_need_colours_and_half_blocks(ColorDepth depth, bool unicode, int rows) =>
        Assert.Equal(rows, new TextStyle(depth, unicode).PixelRows);

    [Fact]
    public void Letters_are_the_same_with_Unicode_and_without()
    {
        MappingPages mapping = Mapping(Run(PageKind.Anonymous, 3), Run(PageKind.Unknown, 1));
        Assert.Equal(
            Map(Four with { Style = new TextStyle(ColorDepth.None, Unicode: true) }, mapping),
            Map(Four with { Style = new TextStyle(ColorDepth.None, Unicode: false) }, mapping));
    }

    private static string Row(MapOptions options, params (PageState State, ulong Count)[] runs)
    {
        const string start = "[heap] [rw-p]\n  ...........10000  ";
        string map = Map(options, Mapping(runs));
        Assert.StartsWith(start, map, StringComparison.Ordinal);
        Assert.Equal(2, map.Count(c => c == '\n'));
        return map[start.Length..^1];
    }
}
