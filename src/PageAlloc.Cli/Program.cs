using System.CommandLine;
using System.CommandLine.Invocation;
using System.Globalization;
using System.Text;
using PageAlloc.Cli.Commands;
using PageAlloc.Cli.Terminal;

namespace PageAlloc.Cli;

/// <summary>The command <c>pagealloc</c>.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        var output = new StdOut(1);
        try
        {
            return (int)Run(arguments, output);
        }
        catch (UsageException e)
        {
            StdErr.Write(e.Message, "'pagealloc --help' lists the options");
            return (int)ExitCode.Usage;
        }
        catch (TargetException e)
        {
            StdErr.Write(e.Message, e.Advice);
            return (int)ExitCode.CannotOpen;
        }
        catch (OutputException e) when (e.IsBrokenPipe)
        {
            return (int)ExitCode.BrokenPipe;
        }
        catch (OutputException e)
        {
            StdErr.Write($"can't write the output: {e.Message}");
            return (int)ExitCode.CannotOpen;
        }
        catch (Exception e) when (Environment.GetEnvironmentVariable("PAGEALLOC_DEBUG") != "1")
        {
            StdErr.Write(
                $"a bug: {e.GetType().Name}: {e.Message}",
                "please report it, with what this prints: PAGEALLOC_DEBUG=1 pagealloc " + string.Join(' ', arguments));
            return (int)ExitCode.Bug;
        }
    }

    private static ExitCode Run(string[] arguments, StdOut output)
    {
        var commandLine = new CommandLine(arguments, request => MapCommand.Run(request, output));
        ParseResult result = commandLine.Root.Parse(arguments);
        if (result.Errors.Count > 0 && result.Action is ParseErrorAction)
        {
            throw new UsageException(ErrorIn(result));
        }

        using var text = new StdOutWriter(output);
        int code = result.Invoke(new InvocationConfiguration { Output = text, Error = text, EnableDefaultExceptionHandler = false });
        output.Flush();
        return (ExitCode)code;
    }

    // The library's own words for what is missing or too much name no thing that a user knows; its other messages are clear.
    private static string ErrorIn(ParseResult result)
    {
        const string tooMuch = "Unrecognized command or argument '";
        const string missing = "Required argument '";
        if (result.Tokens.Count == 0)
        {
            return "say which process: its number or its name";
        }

        string[] messages = [.. result.Errors.Select(e => e.Message)];
        string message = messages.FirstOrDefault(m => m.StartsWith("there is no option", StringComparison.Ordinal)) ?? messages[0];
        return message.StartsWith(tooMuch, StringComparison.Ordinal) ? $"{message[(tooMuch.Length - 1)..].TrimEnd('.')} is one argument too many"
            : message.StartsWith(missing, StringComparison.Ordinal)
                ? $"'{result.CommandResult.Command.Name}' needs {string.Join(" and ", result.CommandResult.Command.Arguments.Select(a => a.HelpName ?? a.Name))}"
            : message;
    }

    /// <summary>What the command line library writes, help and version, goes the same way as all output.</summary>
    private sealed class StdOutWriter(StdOut output) : TextWriter(CultureInfo.InvariantCulture)
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => Write(value.ToString());

        public override void Write(string? value) => Encoding.UTF8.GetBytes(value ?? "", output);
    }
}
