using System.CommandLine;

namespace PageAlloc.Cli.Commands;

/// <summary><c>pagealloc completion bash</c>: the script that completes options and process numbers.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # pagealloc: completion for bash. Load it with: source <(pagealloc completion bash)
        _pagealloc() {
            local word=${COMP_WORDS[COMP_CWORD]} suggestion
            COMPREPLY=()
            while IFS= read -r suggestion; do
                [[ $suggestion != "$word"* ]] || COMPREPLY+=("$suggestion")
            done < <("${COMP_WORDS[0]}" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)
        }
        complete -o default -F _pagealloc pagealloc
        """;

    /// <summary>Makes the command.</summary>
    public static Command Make()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash" };
        shell.AcceptOnlyFromAmong("bash");
        var command = new Command("completion", "Writes the script that completes options and process numbers") { shell };
        command.SetAction(result =>
        {
            result.InvocationConfiguration.Output.WriteLine(Bash);
            return 0;
        });
        return command;
    }
}
