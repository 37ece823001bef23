using System.Diagnostics;

namespace PageAlloc.Tests.Support;

/// <summary>Starts programs with all three streams in our hands, as this user or another.</summary>
internal static class Launch
{
    /// <summary>The user and group without rights that tests run programs as.</summary>
    public const int Nobody = 65534;

    public static Process Start(
        string program,
        IEnumerable<string> arguments,
        string? folder = null,
        int? user = null,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "/",
        };
        if (user is int id)
        {
            Skips.Unless(IsRoot, "needs root");
            start.FileName = "setpriv";
            start.ArgumentList.Add($"--reuid={id}");
            start.ArgumentList.Add($"--regid={id}");
            start.ArgumentList.Add("--clear-groups");
            start.ArgumentList.Add(program);
        }
        else
        {
            start.FileName = program;
        }

        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
    }

    public static bool IsRoot { get; } = Environment.IsPrivilegedProcess;

    /// <summary>Where a program is found in PATH, or null.</summary>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);

    /// <summary>Runs a program of the system to its end and returns its output; all but success is an error.</summary>
    public static string Run(string program, params string[] arguments)
    {
        using Process process = Start(program, arguments);
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException(
                $"{program} {string.Join(' ', arguments)}: {process.ExitCode}: {error.Result}");
    }
}
