using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Globalization;
using PageAlloc.Cli.Commands;

namespace PageAlloc.Cli;

/// <summary>The help of the library, then examples: at three in the morning they are what is read.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        // Left alone, the library asks System.Console for the width, which changes the terminal's mode.
        help.MaxWidth = 100;
        TextWriter output = parseResult.InvocationConfiguration.Output;
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        parseResult.InvocationConfiguration.Output = text;
        int result = help.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output = output;

        // The library puts the target of the map before every other command, where it can't stand.
        Command command = parseResult.CommandResult.Command;
        output.Write(text.ToString()
            .Replace($"<TARGET> {command.Name}", command.Name, StringComparison.Ordinal)
            .Replace("<TARGET> [command] [options]", "<TARGET> [options]\n  pagealloc [command] <TARGET> [options]", StringComparison.Ordinal));
        if (Examples.Of(command) is { } examples)
        {
            output.WriteLine(examples);
        }

        return result;
    }
}
