using System.Diagnostics;
using System.Text;
using PageAlloc.Interop;

namespace PageAlloc.Cli.Terminal;

/// <summary>A line on the terminal that says how far slow work has come, and is gone at its end. Quick work has none, nor does a log.</summary>
internal sealed class ProgressLine(int steps) : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);
    private const int BarWidth = 30;

    private readonly bool _isTerminal = LibC.isatty(2) == 1;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private TimeSpan _shownAt;
    private int _done;

    /// <summary>The next step begins.</summary>
    public void Step(string name)
    {
        if (_isTerminal && _watch.Elapsed > s_patience && _watch.Elapsed - _shownAt > s_pause)
        {
            _shownAt = _watch.Elapsed;
            int filled = BarWidth * _done / steps;
            Write($"\r[{new string('#', filled)}{new string('.', BarWidth - filled)}] {_done} of {steps}  {name}\x1b[K");
        }

        _done++;
    }

    /// <summary>Takes the line away.</summary>
    public void Dispose()
    {
        if (_shownAt != TimeSpan.Zero)
        {
            Write("\r\x1b[K");
        }
    }

    private static void Write(string text)
    {
        var output = new StdOut(2);
        System.Buffers.BuffersExtensions.Write(output, Encoding.UTF8.GetBytes(text));
        try
        {
            output.Flush();
        }
        catch (OutputException)
        {
            // Nobody looks: the work goes on.
        }
    }
}
