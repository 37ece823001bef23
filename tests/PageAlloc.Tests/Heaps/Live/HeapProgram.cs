using System.Diagnostics;
using System.Globalization;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Heaps.Live;

/// <summary>A heap program of tests/targets that stands still, and the lines by which it told its truth.</summary>
internal sealed class HeapProgram : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly List<string> _lines = [];

    private HeapProgram(Process process) => _process = process;

    /// <summary>The process whose heap was told: the program itself, or the child that it printed.</summary>
    public int Pid { get; private set; }

    /// <summary>The program itself.</summary>
    public int ProgramPid => _process.Id;

    public IReadOnlyList<string> Lines => _lines;

    public static HeapProgram Start(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? folder = null)
    {
        var started = new HeapProgram(Launch.Start(program, arguments, folder, environment: environment));
        try
        {
            started.ReadUntilReady();
            return started;
        }
        catch
        {
            started.Dispose();
            throw;
        }
    }

    /// <summary>What is in RAM of the process whose heap was told, by its page tables.</summary>
    public long RssBytes()
    {
        string line = File.ReadLines($"/proc/{Pid}/smaps_rollup").Single(l => l.StartsWith("Rss:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan("Rss:".Length, line.Length - "Rss: kB".Length), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture) << 10;
    }

    /// <summary>Has the program call malloc_trim(0); gives the bytes by which its RSS fell.</summary>
    public long Trim()
    {
        Tell("t");
        string line = Assert.Single(_lines, l => l.StartsWith("trimmed ", StringComparison.Ordinal));
        return long.Parse(line.AsSpan("trimmed ".Length), CultureInfo.InvariantCulture) << 10;
    }

    /// <summary>Gives the program a command, and waits until it stands still again; <see cref="Lines"/> are those that it printed.</summary>
    public void Tell(string command)
    {
        _lines.Clear();
        _process.StandardInput.WriteLine(command);
        _process.StandardInput.Flush();
        ReadUntilReady();
    }

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
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private void ReadUntilReady()
    {
        bool overrun = false;
        using var limit = new Timer(
            _ =>
            {
                overrun = true;
                _process.Kill(entireProcessTree: true);
            },
            null,
            StartLimit,
            Timeout.InfiniteTimeSpan);
        Pid = _process.Id;
        while (_process.StandardOutput.ReadLine() is string line)
        {
            string[] words = line.Split(' ', 2);
            switch (words[0])
            {
                case "READY":
                    return;
                case "skip":
                    Skips.Because(words[1]);
                    break;
                case "child":
                    Pid = int.Parse(words[1], CultureInfo.InvariantCulture);
                    break;
                default:
                    _lines.Add(line);
                    break;
            }
        }

        string why = overrun ? $"was not ready after {StartLimit}" : "ended before it was ready";
        throw new InvalidOperationException($"{_process.StartInfo.FileName} {why}: {_process.StandardError.ReadToEnd()}");
    }
}
