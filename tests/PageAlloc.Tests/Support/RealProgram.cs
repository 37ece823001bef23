using System.Diagnostics;
using System.Globalization;

namespace PageAlloc.Tests.Support;

/// <summary>A program that nobody wrote for these tests, waiting for something; ended by a signal.</summary>
internal sealed class RealProgram : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan StillFor = TimeSpan.FromMilliseconds(200);

    private readonly Process _process;
    private readonly WorkFolder _folder;
    private readonly int _endSignal;

    private RealProgram(Process process, WorkFolder folder, int endSignal)
    {
        _process = process;
        _folder = folder;
        _endSignal = endSignal;
    }

    /// <summary>The process and its children.</summary>
    public IReadOnlyList<int> Pids =>
    [
        _process.Id,
        .. File.ReadAllText($"/proc/{_process.Id}/task/{_process.Id}/children")
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(word => int.Parse(word, CultureInfo.InvariantCulture)),
    ];

    /// <summary>Starts it in a folder of its own.</summary>
    public static RealProgram Start(string program, params string[] arguments) =>
        InFolder(folder => Start(program, arguments, folder));

    /// <summary>Makes a folder for a program, and removes it again if the program cannot be started in it.</summary>
    public static RealProgram InFolder(Func<WorkFolder, RealProgram> start)
    {
        var folder = new WorkFolder();
        try
        {
            return start(folder);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Starts it and waits until it sleeps and its memory changes no more.</summary>
    public static RealProgram Start(
        string program,
        IEnumerable<string> arguments,
        WorkFolder folder,
        int? user = null,
        int endSignal = Signals.Kill,
        Func<bool>? ready = null)
    {
        var started = new RealProgram(Launch.Start(program, arguments, folder.Path, user), folder, endSignal);
        try
        {
            started.WaitUntilStill(ready ?? (() => true));
            return started;
        }
        catch
        {
            started.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Signals.Send(_process.Id, _endSignal);
        }

        if (!_process.WaitForExit(EndLimit))
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
        _folder.Dispose();
    }

    private void WaitUntilStill(Func<bool> ready)
    {
        var time = Stopwatch.StartNew();
        Smaps last = Smaps.Read(_process.Id);
        while (time.Elapsed < StartLimit)
        {
            Thread.Sleep(StillFor);
            if (_process.HasExited)
            {
                throw new InvalidOperationException(
                    $"{_process.StartInfo.FileName} has ended: {_process.StandardError.ReadToEnd()}");
            }

            Smaps now = Smaps.Read(_process.Id);
            if (Vitals.State(_process.Id) == 'S' && now.Equals(last) && ready())
            {
                return;
            }

            last = now;
        }

        throw new TimeoutException($"{_process.StartInfo.FileName} does not stand still after {StartLimit}");
    }
}
