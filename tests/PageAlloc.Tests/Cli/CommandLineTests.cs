using System.CommandLine;
using PageAlloc.Cli;
using PageAlloc.Cli.Commands;
using PageAlloc.Tests.Mappings;
using PageAlloc.Tests.Support;
using PageAlloc.Views;

namespace PageAlloc.Tests.Cli;

/// <summary>What options ask for, and what can't be asked for.</summary>
public sealed class CommandLineTests
{
    private const int Usage = 2;

    [Fact]
    public void A_target_alone_asks_for_the_usual()
    {
        MapRequest request = Read("4711");
        Assert.Equal("4711", request.Target);
        Assert.False(request.Json);
        Assert.False(request.Runs);
        Assert.True(request.Legend);
        Assert.Null(request.Filter);
        Assert.Equal(ReadOptions.Default, request.Read);
        Assert.Equal((1UL, true, false, false), (request.Map.Scale, request.Map.Fold, request.Map.Totals, request.Map.WholeLegend));
    }

    [Fact]
    public void Each_option_is_read()
    {
        MapRequest request = Read(
            "--format", "json", "--runs", "--color=always", "--legend", "all", "--width", "160", "--scale=512", "--filter", "heap",
            "--no-fold", "--totals", "--no-page-flags", "name");
        Assert.Equal("name", request.Target);
        Assert.True(request.Json && request.Runs && request.Legend && request.Map.Totals && request.Map.WholeLegend);
        Assert.False(request.Map.Fold || request.Read.UsePageFlags);
        Assert.NotEqual(ColorDepth.None, request.Map.Style.Colors);
        Assert.Equal((160, 512UL), (request.Map.Width, request.Map.Scale));
        Assert.True(request.Filter!.Matches(TestMapping.Of(0x1000, 0x2000, "[heap]")));
    }

    [Theory]
    [InlineData("fit", null)]
    [InlineData("1", 1UL)]
    [InlineData("1099511627776", 1UL << 40)]
    public void A_scale_is_a_number_or_fits(string text, ulong? scale) => Assert.Equal(scale, Read("1", "--scale", text).Map.Scale);

    [Theory]
    [InlineData("1", 1)]
    [InlineData("4096", 4096)]
    public void A_width_is_a_number(string text, int width) => Assert.Equal(width, Read("1", "--width", text).Map.Width);

    [Fact]
    public void No_legend_can_be_asked_for() => Assert.False(Read("1", "--legend", "none").Legend);

    [Fact]
    public void A_target_after_two_dashes_is_a_target() => Assert.Equal("heap", Read("--totals", "--", "heap").Target);

    // The words that must be in the message: what was wrong, and what would be right.
    [Theory]
    [InlineData("1 --width 0", "--width", "4096", "0")]
    [InlineData("1 --width -1", "--width", "-1")]
    [InlineData("1 --width 4097", "--width", "4097")]
    [InlineData("1 --width wide", "wide")]
    [InlineData("1 --width", "--width")]
    [InlineData("1 --scale 0", "--scale", "fit", "'0'")]
    [InlineData("1 --scale -2", "--scale", "'-2'")]
    [InlineData("1 --scale 1.5", "--scale", "'1.5'")]
    [InlineData("1 --scale 1099511627777", "--scale", "1099511627777")]
    [InlineData("1 --scale big", "--scale", "'big'")]
    [InlineData("1 --format xml", "--format", "text", "json", "'xml'")]
    [InlineData("1 --format JSON", "--format", "'JSON'")]
    [InlineData("1 --color blue", "--color", "auto", "always", "never", "'blue'")]
    [InlineData("1 --legend some", "--legend", "used", "all", "none", "'some'")]
    [InlineData("1 --runs", "--runs", "--format json")]
    [InlineData("1 --filter [", "--filter", "'['")]
    [InlineData("1 --filter 0x2-0x1", "--filter", "ends before it begins")]
    [InlineData("1 2", "2")]
    [InlineData("--no-such 1", "--no-such")]
    [InlineData("1 --no-such", "--no-such")]
    public void What_can_not_be_is_refused_in_words(string arguments, params string[] words)
    {
        string message = Refusal(arguments.Split(' '));
        Assert.All(words, word => Assert.Contains(word, message, StringComparison.Ordinal));
        Assert.DoesNotContain('\n', message);
    }

    // The whole way through the program: the exit code, and nothing on standard output.
    [Theory]
    [InlineData("1 --width 0", "--width")]
    [InlineData("1 --scale big", "--scale")]
    [InlineData("1 --color blue", "--color")]
    [InlineData("1 --runs", "--runs")]
    [InlineData("--no-such 1", "--no-such")]
    [InlineData("1 2", "2")]
    [InlineData("completion fish", "fish")]
    public void A_usage_error_is_exit_code_2(string arguments, string word)
    {
        CommandResult result = CommandRun.Run(arguments.Split(' '));
        Assert.True(result.ExitCode == Usage, result.ToString());
        Assert.Empty(result.Output);
        Assert.All(result.Error.TrimEnd('\n').Split('\n'), line => Assert.StartsWith("pagealloc: ", line, StringComparison.Ordinal));
        Assert.Contains(word, result.Error, StringComparison.Ordinal);
    }

    private static MapRequest Read(params string[] arguments)
    {
        var commandLine = new CommandLine(arguments, _ => ExitCode.Done);
        ParseResult result = commandLine.Root.Parse(arguments);
        Assert.Empty(result.Errors);
        return commandLine.ReadMap(result);
    }

    private static string Refusal(string[] arguments)
    {
        var commandLine = new CommandLine(arguments, _ => ExitCode.Done);
        ParseResult result = commandLine.Root.Parse(arguments);
        return result.Errors.Count != 0
            ? string.Join("; ", result.Errors.Select(e => e.Message))
            : Assert.Throws<UsageException>(() => commandLine.ReadMap(result)).Message;
    }
}
