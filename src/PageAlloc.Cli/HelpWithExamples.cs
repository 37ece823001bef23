using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace PageAlloc.Cli;

/// <summary>The help of the library, then examples: at three in the morning they are what is read.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    private const string Examples = """
        Examples:
          pagealloc $$                        the page map of this shell
          pagealloc bash --filter heap        only its heap
          pagealloc 1234 --scale fit | less   a large process at a glance, in letters
          pagealloc 1234 --format json | jq '[.mappings[].pages.swapped] | add'

        Exit codes: 0 done, 4 shown but not whole, 2 usage, 3 target can't be opened or output not written, 70 a bug.
        """;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        // Left alone, the library asks System.Console for the width, which changes the terminal's mode.
        help.MaxWidth = 100;
        int result = help.Invoke(parseResult);
        if (parseResult.CommandResult.Command is RootCommand)
        {
            parseResult.InvocationConfiguration.Output.WriteLine(Examples);
        }

        return result;
    }
}
