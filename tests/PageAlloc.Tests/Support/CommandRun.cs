using System.Diagnostics;
using System.Text;

namespace PageAlloc.Tests.Support;

/// <summary>What a run of the program under test gave.</summary>
internal sealed record CommandResult(int ExitCode, byte[] Output, string Error)
{
    public string Text => Encoding.UTF8.GetString(Output);

    public override string ToString() => $"exit {ExitCode}, {Output.Length} bytes, stderr: {Error}";
}

/// <summary>Runs the program under test: $PAGEALLOC_BIN (the native one) or the one built beside the tests.</summary>
internal static class CommandRun
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static string Program { get; } =
        Environment.GetEnvironmentVariable("PAGEALLOC_BIN") is { Length: > 0 } path
            ? Path.GetFullPath(path)
            : Path.Combine(AppContext.BaseDirectory, "pagealloc");

    public static CommandResult Run(params string[] arguments) => Run(arguments, user: null);

    public static CommandResult Run(
        IEnumerable<string> arguments, int? user, IReadOnlyDictionary<string, string>? environment = null) =>
        Finish(Start(arguments, user, environment));

    /// <summary>A shell script; <c>"$0"</c> in it is the program, <c>"$1"</c> and so on are the arguments.</summary>
    public static CommandResult Shell(string script, params string[] arguments) =>
        Finish(Launch.Start("bash", ["-c", script, Program, .. arguments]));

    public static Process Start(
        IEnumerable<string> arguments, int? user = null, IReadOnlyDictionary<string, string>? environment = null) =>
        Launch.Start(Program, arguments, user: user, environment: environment);

    /// <summary>Reads a started program to its end; one that hangs is killed, and named.</summary>
    public static CommandResult Finish(Process process)
    {
        using (process)
        {
            bool overrun = false;
            using var limit = new Timer(
                _ =>
                {
                    overrun = true;
                    process.Kill(entireProcessTree: true);
                },
                null,
                Limit,
                Timeout.InfiniteTimeSpan);
            process.StandardInput.Close();
            Task<string> error = process.StandardError.ReadToEndAsync();
            using var output = new MemoryStream();
            process.StandardOutput.BaseStream.CopyTo(output);
            string errorText = error.GetAwaiter().GetResult();
            process.WaitForExit();
            string command = $"{process.StartInfo.FileName} {string.Join(' ', process.StartInfo.ArgumentList)}";
            return overrun
                ? throw new TimeoutException($"{command} took over {Limit}: {errorText}")
                : new CommandResult(process.ExitCode, output.ToArray(), errorText);
        }
    }
}
