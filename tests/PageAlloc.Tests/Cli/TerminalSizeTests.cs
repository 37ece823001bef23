using PageAlloc.Cli.Terminal;

namespace PageAlloc.Tests.Cli;

/// <summary>How wide the terminal is, by its own word: tests have no terminal.</summary>
public sealed class TerminalSizeTests
{
    [Theory]
    [InlineData("132", 132)]
    [InlineData("1", 1)]
    public void Columns_go_first(string columns, int width) =>
        Assert.Equal(width, TerminalSize.Columns(name => name == "COLUMNS" ? columns : null));

    [Theory]
    [InlineData("0")]
    [InlineData("-5")]
    [InlineData("wide")]
    [InlineData("")]
    [InlineData("99999999999")]
    [InlineData(null)]
    public void What_is_no_width_is_passed_over(string? columns)
    {
        int width = TerminalSize.Columns(_ => null);
        Assert.Equal(width, TerminalSize.Columns(name => name == "COLUMNS" ? columns : null));
    }
}
