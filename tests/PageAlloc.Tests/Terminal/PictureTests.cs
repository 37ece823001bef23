using System.Globalization;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Terminal;

/// <summary>The picture as a terminal keeps it, held against what a target says of its own pages.</summary>
[Trait("Category", "Live")]
public sealed class PictureTests
{
    private const int AddressWidth = 20;

    private static readonly Dictionary<string, string> s_indexed = Looks("256:2", "256:194", "256:236", "256:88");
    private static readonly Dictionary<string, string> s_sixteen = Looks("16:2", "16:15", "16:0", "16:9");
    private static readonly Dictionary<string, string> s_all =
        Looks("rgb:859900", "rgb:d7ffd7", "rgb:303030", "rgb:870000");

    private static readonly Dictionary<string, string> s_letters = Looks("a", "z", ".", "x");

    [Theory]
    [InlineData("small", 104, 80)]
    [InlineData("small", 50, 30)]
    [InlineData("guard", 104, 80)]
    public void A_character_has_the_colours_of_two_pages(string situation, int columns, int width)
    {
        using TargetProgram target = TargetProgram.Pages(situation);
        AssertPicture(target, Show(target, columns), width, rows: 2, s_indexed);
    }

    [Fact]
    public void Pages_that_are_present_and_absent_by_turns_are_seen_as_such()
    {
        using TargetProgram target = TargetProgram.Pages("everyOther");
        ulong start = target.Regions[0].Start;
        TerminalRun run = TerminalRun.Of(104, [], target, $"--filter 0x{start:x} --width 8");
        // 64 MiB are more than the screen: its last rows are looked at, each of which is alike.
        Cell[] row = run.Screen.Last(IsRow)[AddressWidth..];
        string[] turns = ["256:2", "256:236", "256:2", "256:236", "256:2", "256:236", "256:2", "256:236"];
        Assert.Equal(turns, row.Take(8).Select(c => c.Upper));
        Assert.Equal(turns, row.Take(8).Select(c => c.Lower));
    }

    [Theory]
    [InlineData("COLORTERM=truecolor")]
    [InlineData("COLORTERM=24bit")]
    [InlineData("TERM=xterm-direct")]
    public void A_terminal_with_all_colours_gets_them(string variable)
    {
        using TargetProgram target = TargetProgram.Pages("small");
        AssertPicture(target, Show(target, 104, variable), 80, rows: 2, s_all);
    }

    [Fact]
    public void A_terminal_with_16_colours_gets_no_others()
    {
        using TargetProgram target = TargetProgram.Pages("small");
        AssertPicture(target, Show(target, 104, "TERM=linux"), 80, rows: 2, s_sixteen);
    }

    [Theory]
    [InlineData("NO_COLOR=1")]
    [InlineData("CLICOLOR=0")]
    [InlineData("TERM=dumb")]
    public void Without_colours_pages_are_letters(string variable)
    {
        using TargetProgram target = TargetProgram.Pages("small");
        TerminalRun run = Show(target, 104, variable);
        AssertOwnColors(run);
        Assert.Equal(Expected(target, s_letters), Rows(run).SelectMany(row => row.Select(c => c.Character.ToString())));
    }

    [Fact]
    public void An_empty_NO_COLOR_is_not_set()
    {
        using TargetProgram target = TargetProgram.Pages("small");
        AssertPicture(target, Show(target, 104, "NO_COLOR="), 80, rows: 2, s_indexed);
    }

    [Theory]
    [InlineData("LC_ALL=C")]
    [InlineData("LC_CTYPE=de_DE.ISO-8859-1")]
    public void Outside_UTF8_a_character_is_one_page_and_ASCII(string variable)
    {
        using TargetProgram target = TargetProgram.Pages("small");
        TerminalRun run = Show(target, 104, variable);
        Assert.All(run.Lines, line => Assert.True(System.Text.Ascii.IsValid(line), line));
        AssertPicture(target, run, 80, rows: 1, s_indexed);
    }

    [Fact]
    public void Outside_UTF8_and_without_colours_pages_are_letters()
    {
        using TargetProgram target = TargetProgram.Pages("small");
        TerminalRun run = Show(target, 104, "LC_ALL=C", "NO_COLOR=1");
        Assert.All(run.Lines, line => Assert.True(System.Text.Ascii.IsValid(line), line));
        Assert.Equal(Expected(target, s_letters), Rows(run).SelectMany(row => row.Select(c => c.Character.ToString())));
    }

    private static Dictionary<string, string> Looks(string anonymous, string zero, string notPresent, string guard) =>
        new() { ["anonymous4K"] = anonymous, ["zero"] = zero, ["notPresent"] = notPresent, ["guard"] = guard };

    private static TerminalRun Show(TargetProgram target, int columns, params string[] environment)
    {
        string options = $"--no-fold --filter 0x{target.Regions[0].Start:x}";
        TerminalRun run = TerminalRun.Of(columns, environment, target, options);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains(run.Lines, line => line.Contains(TerminalRun.Mark, StringComparison.Ordinal));
        return run;
    }

    // In the order of the pages: of each row first the upper halves, then the lower ones.
    private static void AssertPicture(
        TargetProgram target, TerminalRun run, int width, int rows, Dictionary<string, string> colors)
    {
        List<string> shown = [];
        foreach (Cell[] row in Rows(run))
        {
            Assert.InRange(row.Length, 1, width);
            shown.AddRange(row.Select(c => c.Upper));
            shown.AddRange(rows == 2 ? row.Select(c => c.Lower) : []);
        }

        List<string> expected = Expected(target, colors);
        int line = width * rows, last = expected.Count % line;
        if (rows == 2 && last != 0)
        {
            // The last row is as wide as its upper half; what of its lower half has no page has no colour.
            expected.AddRange(Enumerable.Repeat("", (2 * Math.Min(last, width)) - last));
        }

        Assert.Equal(expected, shown);
    }

    private static void AssertOwnColors(TerminalRun run) =>
        Assert.All(run.Screen.SelectMany(line => line), cell => Assert.Equal("", cell.Foreground + cell.Background));

    private static bool IsRow(Cell[] line) => Cell.Text(line).StartsWith("  ....", StringComparison.Ordinal);

    // The cells of the rows of the target's first region; each begins at the address that the one before ended at.
    private static List<Cell[]> Rows(TerminalRun run)
    {
        List<Cell[]> rows = [.. run.Screen.Where(IsRow)];
        Assert.NotEmpty(rows);
        ulong[] addresses = [.. rows.Select(Address)];
        Assert.Equal(addresses.Order(), addresses);
        return rows.ConvertAll(row => TrimEnd(row[AddressWidth..]));
    }

    private static ulong Address(Cell[] row)
    {
        string digits = Cell.Text(row)[..AddressWidth].Trim(' ', '.');
        return ulong.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    private static Cell[] TrimEnd(Cell[] row)
    {
        int end = Array.FindLastIndex(row, cell => cell is not { Character: ' ', Background: "" });
        return row[..(end + 1)];
    }

    private static List<string> Expected(TargetProgram target, Dictionary<string, string> looks) =>
        [.. target.Regions[0].Runs.SelectMany(run => Enumerable.Repeat(looks[run.State], (int)run.Pages))];
}
