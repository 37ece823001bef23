using PageAlloc.Tests.Docs;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Terminal;

/// <summary>The completion script in a real bash.</summary>
[Trait("Category", "Live")]
public sealed class CompletionTests
{
    [Fact]
    public void Every_option_of_the_help_is_completed() =>
        Assert.Equal(HelpText.Read().Options.Select(o => o.Long).Order(StringComparer.Ordinal), Complete("--"));

    [Fact]
    public void Only_what_goes_on_from_the_word_is_completed() =>
        Assert.Equal(["--no-fold", "--no-page-flags"], Complete("--no-"));

    [Theory]
    [InlineData("--color a", "always", "auto")]
    [InlineData("--format ", "json", "text")]
    [InlineData("--legend ", "all", "none", "used")]
    [InlineData("1 --format j", "json")]
    [InlineData("completion b", "bash")]
    public void The_values_of_an_option_are_completed(string words, params string[] values) =>
        Assert.Equal(values, Complete(words).Where(w => !w.StartsWith('-')));

    [Fact]
    public void Process_numbers_are_completed()
    {
        using TargetProgram target = TargetProgram.Pages("small");
        string pid = $"{target.Pid}";
        Assert.Contains(pid, Complete(pid[..1]));
        Assert.Contains(pid, Complete($"--format json {pid[..1]}"));
    }

    [Fact]
    public void Only_processes_that_the_user_may_read_are_completed()
    {
        Skips.Unless(Launch.IsRoot, "needs root");
        using TargetProgram own = TargetProgram.PagesAsNobody("small");
        using TargetProgram closed = TargetProgram.Pages("small");
        string[] words = Complete("", Launch.Nobody);
        Assert.Contains($"{own.Pid}", words);
        Assert.DoesNotContain($"{closed.Pid}", words);
    }

    [Fact]
    public void Tab_completes_in_an_interactive_shell()
    {
        string folder = Path.GetDirectoryName(CommandRun.Program)!;
        using var tmux = new Tmux(104, $"PATH='{folder}':$PATH exec bash --norc --noprofile -i");
        tmux.Type("HISTFILE=; source <(pagealloc completion bash); tmux wait-for -S ready");
        tmux.Press("Enter");
        tmux.WaitFor("ready");
        tmux.Type("pagealloc 1 --no-p");
        tmux.Press("Tab");
        tmux.Type("--color al");
        tmux.Press("Tab");
        // The line is not run but written down.
        tmux.Type("> line; tmux wait-for -S done");
        tmux.Press("C-a");
        tmux.Type("echo ");
        tmux.Press("Enter");
        tmux.WaitFor("done");
        string line = File.ReadAllText(Path.Combine(tmux.Folder, "line"));
        Assert.Equal("pagealloc 1 --no-page-flags --color always\n", line);
    }

    /// <summary>What bash would offer behind the program's name and some words, in order.</summary>
    private static string[] Complete(string words, int? user = null)
    {
        const string script = """
            source <("$0" completion bash)
            COMP_LINE="$0 $1" COMP_POINT=${#COMP_LINE} COMP_WORDS=("$0")
            for word in $1; do COMP_WORDS+=("$word"); done
            [[ -n $1 && $1 != *' ' ]] || COMP_WORDS+=("")
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            function=$(complete -p pagealloc | sed -E 's/.*-F ([^ ]+).*/\1/')
            "$function" pagealloc "${COMP_WORDS[COMP_CWORD]}"
            printf '%s\n' "${COMPREPLY[@]}" | sort
            """;
        var environment = new Dictionary<string, string> { ["LC_ALL"] = "C" };
        CommandResult result = CommandRun.Finish(
            Launch.Start("bash", ["-c", script, CommandRun.Program, words], null, user, environment));
        Assert.True(result.ExitCode == 0 && result.Error.Length == 0, result.ToString());
        return [.. result.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }
}
