using System.Globalization;
using System.Text.RegularExpressions;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Docs;

/// <summary>An option as it is documented: <c>--width</c> with its value <c>N</c>, or <c>-h, --help</c>.</summary>
internal sealed record DocumentedOption(string Names, string Value)
{
    public string Long => Names.Split(", ")[^1];

    public override string ToString() => $"{Names} {Value}".Trim();
}

/// <summary>What <c>--help</c> says.</summary>
internal sealed partial record HelpText(
    IReadOnlyList<DocumentedOption> Options, IReadOnlyList<int> ExitCodes, string Text)
{
    public static HelpText Read()
    {
        CommandResult help = CommandRun.Run("--help");
        Assert.True(help.ExitCode == 0 && help.Error.Length == 0, help.ToString());
        List<DocumentedOption> options = [.. OptionLine().Matches(help.Text).Select(Option)];
        string codes = help.Text.Split('\n').Single(line => line.StartsWith("Exit codes:", StringComparison.Ordinal));
        List<int> numbers = [.. Number().Matches(codes).Select(m => int.Parse(m.Value, CultureInfo.InvariantCulture))];
        Assert.True(options.Count > 5 && numbers.Count > 2, help.Text);
        return new HelpText(options, numbers, help.Text);
    }

    private static DocumentedOption Option(Match line) => new(line.Groups["names"].Value, line.Groups["value"].Value);

    [GeneratedRegex("^  (?<names>-[a-z-]+(, -[a-z-]+)*)( <(?<value>[^>]+)>)?", RegexOptions.Multiline)]
    private static partial Regex OptionLine();

    [GeneratedRegex(@"\b\d+\b")]
    private static partial Regex Number();
}
