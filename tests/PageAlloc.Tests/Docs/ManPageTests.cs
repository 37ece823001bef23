using System.Text.RegularExpressions;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Docs;

/// <summary>The man page and the program say the same.</summary>
public sealed partial class ManPageTests
{
    private readonly ManPage _page = new();

    [Fact]
    public void Every_option_of_the_help_stands_in_the_man_page_and_no_other() =>
        Assert.Equal(HelpText.Read().Options, _page.Options);

    [Fact]
    public void Every_command_of_the_help_stands_in_the_man_page() =>
        Assert.All(
            CommandLines().Match(HelpText.Read().Text).Groups["line"].Captures,
            line => Assert.Contains(string.Concat(line.Value.Split('<', '>')), _page.Tags("COMMANDS")));

    [Fact]
    public void Every_exit_code_of_the_help_stands_in_the_man_page() =>
        Assert.All(HelpText.Read().ExitCodes, code => Assert.Contains($"{code}", _page.Tags("EXIT STATUS")));

    [Fact]
    public void Every_variable_that_the_program_reads_stands_in_the_man_page()
    {
        string program = Path.Combine(Repository.Root, "src", "PageAlloc.Cli");
        string sources = string.Concat(
            Directory.EnumerateFiles(program, "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        var variables = Variable().Matches(sources).Select(m => m.Groups["name"].Value).ToHashSet();
        Assert.Superset(new HashSet<string> { "NO_COLOR", "COLUMNS", "PAGEALLOC_DEBUG", "LC_ALL" }, variables);
        string text = _page.TextOf("ENVIRONMENT");
        Assert.All(variables, variable => Assert.Matches($@"\b{variable}\b", text));
    }

    [Fact]
    public void The_formatter_has_nothing_to_complain_about()
    {
        Skips.Unless(Launch.Find("man") is not null, "man is not installed");
        var environment = new Dictionary<string, string> { ["LC_ALL"] = "C.UTF-8", ["MANWIDTH"] = "80" };
        CommandResult result = CommandRun.Finish(
            Launch.Start(
                "man", ["--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", ManPage.Path], environment: environment));
        Assert.Equal("", result.Error);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("pagealloc", result.Text, StringComparison.OrdinalIgnoreCase);
    }

    [GeneratedRegex(@"^Commands:\n(  (?<line>\S+( <[^>]+>)*) .*\n)+", RegexOptions.Multiline)]
    private static partial Regex CommandLines();

    [GeneratedRegex("""(?:env|IsSet|GetEnvironmentVariable)\("(?<name>[A-Z_]+)"|"(?<name>LC_[A-Z]+|LANG)["]""")]
    private static partial Regex Variable();
}
