using System.Text;

namespace PageAlloc.Cli.Terminal;

/// <summary>Messages for people: each begins with the program's name, so that it is known in any log.</summary>
internal static class StdErr
{
    /// <summary>Writes a message, and what to do next on a line of its own.</summary>
    public static void Write(string message, string? advice = null)
    {
        var output = new StdOut(2);
        string text = string.Concat((message + (advice is null ? "" : "\n" + advice)).Split('\n').Select(line => $"pagealloc: {line}\n"));
        System.Buffers.BuffersExtensions.Write(output, Encoding.UTF8.GetBytes(text));
        try
        {
            output.Flush();
        }
        catch (OutputException)
        {
            // There is nowhere left to say it; the exit code still does.
        }
    }
}
