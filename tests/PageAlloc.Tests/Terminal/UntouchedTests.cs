using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Terminal;

/// <summary>Whatever it wrote, the terminal is afterwards as it was before.</summary>
[Trait("Category", "Live")]
public sealed class UntouchedTests
{
    [Theory]
    [InlineData(0, "PID")]
    [InlineData(0, "PID", "--format", "json")]
    [InlineData(0, "--help")]
    [InlineData(0, "--version")]
    [InlineData(0, "completion", "bash")]
    [InlineData(2)]
    [InlineData(2, "PID", "--no-such-option")]
    [InlineData(3, "no-such-process-name")]
    public void A_run_leaves_the_terminal_untouched(int exitCode, params string[] arguments)
    {
        using TargetProgram target = TargetProgram.Pages("small");
        TerminalRun run = TerminalRun.Of(
            104, [], [CommandRun.Program, .. arguments.Select(a => a == "PID" ? $"{target.Pid}" : a)]);
        Assert.Equal(exitCode, run.ExitCode);
        Assert.Equal(run.Before, run.After);
        Assert.Equal(("", ""), Colors(run));
    }

    [Theory]
    [InlineData("\\033[?1h\\033=")]
    [InlineData("\\033[?25l")]
    [InlineData("\\033[?1049h")]
    public void What_is_not_given_back_is_seen(string sequence)
    {
        TerminalRun run = TerminalRun.Of(104, [], "printf", sequence);
        Assert.NotEqual(run.Before, run.After);
    }

    [Fact]
    public void A_colour_that_is_not_given_back_is_seen() =>
        Assert.Equal(("256:2", ""), Colors(TerminalRun.Of(104, [], "printf", "\\033[38;5;2m")));

    private static (string Foreground, string Background) Colors(TerminalRun run)
    {
        Cell[] line = run.Screen.Last(l => Cell.Text(l).Contains(TerminalRun.Mark, StringComparison.Ordinal));
        Cell cell = line[Cell.Text(line).IndexOf(TerminalRun.Mark, StringComparison.Ordinal)];
        return (cell.Foreground, cell.Background);
    }
}
