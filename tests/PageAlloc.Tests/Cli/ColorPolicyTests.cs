using PageAlloc.Cli.Terminal;
using PageAlloc.Views;

namespace PageAlloc.Tests.Cli;

/// <summary>Whether and which colours: style-and-ecosystem.md B5, no-color.org, bixense.com/clicolors.</summary>
public sealed class ColorPolicyTests
{
    private const string Tty = "TERM=xterm-256color";

    // The option stands above all variables.
    [Theory]
    [InlineData(ColorChoice.Always, "", false, ColorDepth.Sixteen)]
    [InlineData(ColorChoice.Always, "NO_COLOR=1", false, ColorDepth.Sixteen)]
    [InlineData(ColorChoice.Always, "TERM=dumb", true, ColorDepth.Sixteen)]
    [InlineData(ColorChoice.Always, Tty, false, ColorDepth.Indexed)]
    [InlineData(ColorChoice.Never, Tty, true, ColorDepth.None)]
    [InlineData(ColorChoice.Never, "CLICOLOR_FORCE=1 " + Tty, true, ColorDepth.None)]
    [InlineData(ColorChoice.Never, "FORCE_COLOR=1 " + Tty, true, ColorDepth.None)]
    internal void The_option_decides_first(ColorChoice choice, string environment, bool terminal, ColorDepth depth) =>
        Assert.Equal(depth, Style(choice, environment, terminal).Colors);

    [Theory]
    [InlineData(Tty, true, ColorDepth.Indexed)]
    [InlineData(Tty, false, ColorDepth.None)]
    [InlineData("", true, ColorDepth.None)]
    [InlineData("TERM=", true, ColorDepth.None)]
    [InlineData("TERM=dumb", true, ColorDepth.None)]
    [InlineData("NO_COLOR=1 " + Tty, true, ColorDepth.None)]
    [InlineData("NO_COLOR=0 " + Tty, true, ColorDepth.None)]
    [InlineData("NO_COLOR= " + Tty, true, ColorDepth.Indexed)]
    [InlineData("CLICOLOR=0 " + Tty, true, ColorDepth.None)]
    [InlineData("CLICOLOR=1 " + Tty, true, ColorDepth.Indexed)]
    [InlineData("CLICOLOR=1 " + Tty, false, ColorDepth.None)]
    [InlineData("CLICOLOR= " + Tty, true, ColorDepth.Indexed)]
    [InlineData("CLICOLOR_FORCE=1 " + Tty, false, ColorDepth.Indexed)]
    [InlineData("CLICOLOR_FORCE=1", false, ColorDepth.Sixteen)]
    [InlineData("CLICOLOR_FORCE=1 TERM=dumb", true, ColorDepth.Sixteen)]
    [InlineData("CLICOLOR_FORCE=1 CLICOLOR=0", true, ColorDepth.Sixteen)]
    [InlineData("CLICOLOR_FORCE=0 " + Tty, false, ColorDepth.None)]
    [InlineData("CLICOLOR_FORCE= " + Tty, false, ColorDepth.None)]
    [InlineData("FORCE_COLOR=1 " + Tty, false, ColorDepth.Indexed)]
    [InlineData("FORCE_COLOR=0 " + Tty, false, ColorDepth.None)]
    [InlineData("NO_COLOR=1 CLICOLOR_FORCE=1 " + Tty, true, ColorDepth.None)]
    [InlineData("NO_COLOR=1 FORCE_COLOR=1 " + Tty, true, ColorDepth.None)]
    public void Variables_decide_in_their_order(string environment, bool terminal, ColorDepth depth) =>
        Assert.Equal(depth, Style(ColorChoice.Auto, environment, terminal).Colors);

    [Theory]
    [InlineData("TERM=xterm", ColorDepth.Sixteen)]
    [InlineData("TERM=linux", ColorDepth.Sixteen)]
    [InlineData("TERM=screen-256color", ColorDepth.Indexed)]
    [InlineData("TERM=tmux-256color", ColorDepth.Indexed)]
    [InlineData("TERM=xterm-direct", ColorDepth.TrueColor)]
    [InlineData("TERM=xterm-kitty", ColorDepth.TrueColor)]
    [InlineData("TERM=xterm-ghostty", ColorDepth.TrueColor)]
    [InlineData("TERM=alacritty", ColorDepth.TrueColor)]
    [InlineData("TERM=foot", ColorDepth.TrueColor)]
    [InlineData("TERM=xterm COLORTERM=truecolor", ColorDepth.TrueColor)]
    [InlineData("TERM=xterm-256color COLORTERM=24bit", ColorDepth.TrueColor)]
    [InlineData("TERM=xterm-256color COLORTERM=yes", ColorDepth.Indexed)]
    public void The_terminal_decides_how_many(string environment, ColorDepth depth) =>
        Assert.Equal(depth, Style(ColorChoice.Auto, environment, terminal: true).Colors);

    [Theory]
    [InlineData("LANG=en_US.UTF-8", true)]
    [InlineData("LANG=C.utf8", true)]
    [InlineData("LANG=de_DE.UTF-8@euro", true)]
    [InlineData("LC_CTYPE=en_US.utf8 LANG=C", true)]
    [InlineData("LC_ALL=C.UTF-8 LC_CTYPE=de_DE.ISO-8859-1 LANG=de_DE.ISO-8859-1", true)]
    [InlineData("LC_ALL= LC_CTYPE= LANG=en_US.UTF-8", true)]
    [InlineData("LANG=de_DE.ISO-8859-1", false)]
    [InlineData("LC_ALL=de_DE.ISO-8859-15@euro LANG=en_US.UTF-8", false)]
    [InlineData("LC_CTYPE=ja_JP.eucJP LANG=en_US.UTF-8", false)]
    [InlineData("LC_ALL=POSIX LANG=en_US.UTF-8", false)]
    public void Half_blocks_need_a_locale_in_UTF8(string environment, bool unicode) =>
        Assert.Equal(unicode, Style(ColorChoice.Auto, environment, terminal: true).Unicode);

    private static TextStyle Style(ColorChoice choice, string environment, bool terminal)
    {
        var variables = environment.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(v => v.Split('=')).ToDictionary(v => v[0], v => v[1]);
        return ColorPolicy.Style(choice, variables.GetValueOrDefault, terminal);
    }
}
