using System.Text.RegularExpressions;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Docs;

/// <summary>What the documents show can be done as it stands there.</summary>
public sealed partial class ReadmeTests
{
    private static readonly string[] s_documents =
    [
        InRepository("README.md"), InRepository("CHANGELOG.md"),
        .. Directory.EnumerateFiles(InRepository("docs"), "*.md"),
    ];

    private static readonly string[] s_commands = [.. Commands(File.ReadAllText(InRepository("README.md")))];

    public static TheoryData<int> CommandNumbers => new(Enumerable.Range(0, s_commands.Length));

    [Theory]
    [MemberData(nameof(CommandNumbers))]
    [Trait("Category", "Live")]
    public void A_command_of_the_readme_runs(int number)
    {
        string command = s_commands[number];
        Skips.Unless(!UsesJq(command) || Launch.Find("jq") is not null, "jq is not installed");
        using TargetProgram target = TargetProgram.Pages("small");
        string script = Script(Address().Replace(command, $"0x{target.Regions[0].Start:x}"));
        Assert.NotEqual(command, script);
        CommandResult result = CommandRun.Shell("set -o pipefail; " + script, $"{target.Pid}");
        Assert.True(result.ExitCode == 0 && result.Error.Length == 0, $"{script}\n{result}");
        // What only selects may find nothing.
        Assert.True(result.Output.Length != 0 || command.Contains("select(", StringComparison.Ordinal), script);
    }

    [Fact]
    public void The_readme_has_examples_with_jq() => Assert.True(s_commands.Count(UsesJq) >= 3);

    [Fact]
    public void The_ten_names_with_the_most_bytes_are_those_of_smaps()
    {
        Skips.Unless(Launch.Find("jq") is not null, "jq is not installed");
        Skips.Unless(Launch.IsRoot, "needs root");
        using TargetProgram target = TargetProgram.Pages("small");
        string command = s_commands.Single(c => c.Contains("group_by", StringComparison.Ordinal));
        string shown = CommandRun.Shell(Script(command), $"{target.Pid}").Text;
        IEnumerable<string> rows = Smaps.Read(target.Pid).Mappings.GroupBy(m => m.Name)
            .Select(g => (Bytes: g.Aggregate(0UL, (sum, m) => sum + m.Bytes("Rss")), g.Key))
            .OrderByDescending(g => g.Bytes).ThenByDescending(g => g.Key, StringComparer.Ordinal)
            .Take(10).Select(g => $"{g.Bytes}\t{g.Key}\n");
        Assert.Equal(string.Concat(rows), shown);
    }

    // Headings, legends and the labels of rows, which are the same for every process.
    [Fact]
    [Trait("Category", "Live")]
    public void The_sample_is_what_the_program_prints()
    {
        using TargetProgram target = TargetProgram.Pages("small");
        string[] printed = [.. CommandRun.Run($"{target.Pid}").Text.Split('\n').Select(Squeeze)];
        string[] sample = [.. Sample().Match(File.ReadAllText(InRepository("README.md"))).Groups[1].Value.Split('\n').Select(Squeeze)];
        string[] fixedLines = [.. sample.Where(line => FixedLine().IsMatch(line))];
        Assert.True(fixedLines.Length >= 12, string.Join('\n', sample));
        Assert.All(fixedLines, line => Assert.Contains(line, printed));
        string[] labels = ["all mappings", "in RAM (Rss)", "arena @", "process ", "malloc of glibc"];
        Assert.All(labels, label => Assert.Contains(sample, line => line.StartsWith(label, StringComparison.Ordinal)));
        Assert.All(labels, label => Assert.Contains(printed, line => line.StartsWith(label, StringComparison.Ordinal)));
    }

    [Fact]
    public void The_readme_names_no_option_that_does_not_exist()
    {
        string[][] commands = [["--help"], ["summary", "--help"], ["blocks", "--help"], ["ps", "--help"], ["check", "--help"], ["whatis", "--help"], ["record", "--help"], ["diff", "--help"]];
        string help = string.Concat(commands.Select(command => CommandRun.Run(command).Text));
        Assert.All(
            Option().Matches(File.ReadAllText(InRepository("README.md"))).Select(m => m.Value).Distinct(),
            option => Assert.Contains(option, help, StringComparison.Ordinal));
    }

    [Fact]
    public void Links_lead_somewhere() =>
        Assert.All(
            s_documents.SelectMany(document => Link().Matches(File.ReadAllText(document))
                .Select(m => Path.Combine(Path.GetDirectoryName(document)!, m.Groups[1].Value))),
            target => Assert.True(Path.Exists(target), target));

    [Fact]
    public void Man_page_and_changelog_have_the_version_of_the_program()
    {
        string version = CommandRun.Run("--version").Text.Trim();
        Assert.Contains($"## [{version}]", File.ReadAllText(InRepository("CHANGELOG.md")), StringComparison.Ordinal);
        Assert.Contains($"\"pagealloc {version}\"", File.ReadAllText(ManPage.Path), StringComparison.Ordinal);
    }

    private static string InRepository(string path) => Path.Combine(Repository.Root, path);

    private static bool UsesJq(string command) => command.Contains("| jq", StringComparison.Ordinal);

    private static string Script(string command) =>
        command.Replace("./pagealloc", "\"$0\"", StringComparison.Ordinal)
            .Replace("PID", "\"$1\"", StringComparison.Ordinal)
            .Replace("| less -R", "", StringComparison.Ordinal);

    // A command goes on in the next line while a quotation is open.
    private static IEnumerable<string> Commands(string text)
    {
        foreach (Match block in ShellBlock().Matches(text))
        {
            string command = "";
            foreach (string line in block.Groups[1].Value.Split('\n').Where(l => l.Length != 0))
            {
                if (command.Length == 0 && line.StartsWith('#'))
                {
                    continue;
                }

                command += line + "\n";
                if (command.Count(c => c == '\'') % 2 == 0)
                {
                    yield return command;
                    command = "";
                }
            }
        }
    }

    [GeneratedRegex("```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex ShellBlock();

    private static string Squeeze(string line) => Blanks().Replace(line, " ").Trim();

    [GeneratedRegex(@"\$ \./pagealloc \d+ \| cat\n((?:    .*\n|\n)+)")]
    private static partial Regex Sample();

    [GeneratedRegex("^(each character|state |arena system|[0-8#?.a]{2} .*(used|overhead|unknown|present|anonymous)$)")]
    private static partial Regex FixedLine();

    [GeneratedRegex(" +")]
    private static partial Regex Blanks();

    [GeneratedRegex("(?<=[ `])--[a-z][a-z-]+")]
    private static partial Regex Option();

    [GeneratedRegex("0x[0-9a-f]+")]
    private static partial Regex Address();

    [GeneratedRegex(@"\]\((?!https?:)([^)#]+)")]
    private static partial Regex Link();
}
