using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace PageAlloc.Tests.Support;

/// <summary>A running program that stands still until it is disposed of: one of tests/targets.</summary>
internal sealed class TargetProgram : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(10);
    private static readonly Lazy<bool> Built = new(Build);

    private readonly Process _process;
    private readonly WorkFolder _folder;
    private readonly List<TruthRegion> _regions = [];
    private readonly Dictionary<string, int> _processIds = [];

    private TargetProgram(Process process, WorkFolder folder)
    {
        _process = process;
        _folder = folder;
    }

    public int Pid => _process.Id;

    public IReadOnlyList<TruthRegion> Regions => _regions;

    /// <summary>Another process that the target printed, such as <c>child 123</c> or <c>zombie 123</c>.</summary>
    public int ProcessId(string role) => _processIds[role];

    /// <summary>The pages program of tests/targets, building the named situation.</summary>
    public static TargetProgram Pages(params string[] arguments) => StartTarget("pages", arguments);

    /// <summary>The same, as the user without rights.</summary>
    public static TargetProgram PagesAsNobody(params string[] arguments) =>
        StartTarget("pages", arguments, Launch.Nobody);

    public static TargetProgram StartTarget(string program, string[] arguments, int? user = null) =>
        Start(PathOf(program), arguments, user);

    /// <summary>The path of a program of tests/targets, built if it has to be.</summary>
    public static string PathOf(string program) => Built.Value ? Path.Combine(Repository.Targets, "bin", program) : "";

    /// <summary>Any program; <paramref name="ready"/> is the line by which it says that it stands still.</summary>
    public static TargetProgram Start(
        string program, IEnumerable<string> arguments, int? user = null, string ready = "READY")
    {
        var folder = new WorkFolder();
        Process process;
        try
        {
            process = Launch.Start(program, arguments, folder.Path, user);
        }
        catch (Exception e)
        {
            folder.Dispose();
            if (e is not Win32Exception)
            {
                throw;
            }

            Skips.Unless(!program.EndsWith("pages32", StringComparison.Ordinal), "this kernel runs no 32-bit programs");
            throw new InvalidOperationException($"{program}: {e.Message}", e);
        }

        var target = new TargetProgram(process, folder);
        try
        {
            target.ReadUntil(ready);
            return target;
        }
        catch
        {
            target.Dispose();
            throw;
        }
    }

    /// <summary>Has the target make its next step, and waits until it stands still again.</summary>
    public void Step()
    {
        _process.StandardInput.Write('s');
        _process.StandardInput.Flush();
        ReadUntil("READY");
    }

    /// <summary>Lets the target end now, without waiting for it.</summary>
    public void LetEnd() => _process.StandardInput.Close();

    public void Dispose()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has gone already.
        }

        if (!_process.WaitForExit(EndLimit))
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
        _folder.Dispose();
    }

    private void ReadUntil(string ready)
    {
        bool overrun = false;
        using var limit = new Timer(
            _ =>
            {
                overrun = true;
                _process.Kill();
            },
            null,
            StartLimit,
            Timeout.InfiniteTimeSpan);
        string? skip = null;
        while (_process.StandardOutput.ReadLine() is string line)
        {
            if (line == ready)
            {
                return;
            }

            string[] words = line.Split(' ', 2);
            switch (words[0])
            {
                case "region":
                    _regions.Add(TruthRegion.Parse(line));
                    break;
                case "skip":
                    skip = words[1];
                    break;
                case "child" or "zombie":
                    _processIds.Add(words[0], int.Parse(words[1], CultureInfo.InvariantCulture));
                    break;
            }
        }

        if (skip is not null)
        {
            Skips.Because(skip);
        }

        string why = overrun ? $"was not ready after {StartLimit}" : "ended before it was ready";
        throw new InvalidOperationException($"the target {why}: {_process.StandardError.ReadToEnd()}");
    }

    private static bool Build()
    {
        Launch.Run("make", "--silent", "-C", Repository.Targets);
        return true;
    }
}
