using PageAlloc.Cli.Terminal;
using PageAlloc.Targets;

namespace PageAlloc.Cli.Commands;

/// <summary>
/// Reads many processes, a thread for each processor, four at most. What was read is taken in the order of the processes, by one
/// thread at a time.
/// </summary>
/// <param name="processes">The processes.</param>
/// <param name="read">Reads one of them, on any thread; null when there is nothing to take.</param>
/// <param name="take">Takes what was read.</param>
internal sealed class ProcessSweep<T>(IReadOnlyList<ProcessEntry> processes, Func<int, T?> read, Action<T> take) where T : class
{
    private const int MostThreads = 4;

    // All of a look is done on it, as on the main thread, which usually has this much.
    private const int StackBytes = 8 << 20;

    private readonly Lock _lock = new();

    // Read, and waiting for those before them.
    private readonly Dictionary<int, T?> _waiting = [];
    private int _begun;
    private int _taken;

    /// <summary>Reads all of them.</summary>
    public void Run()
    {
        using var progress = new ProgressLine(processes.Count);
        int count = Math.Min(Math.Min(Environment.ProcessorCount, MostThreads), processes.Count);
        SideThread[] others = [.. Enumerable.Range(1, Math.Max(0, count - 1)).Select(_ => SideThread.Start(() => Work(progress), StackBytes))];
        try
        {
            Work(progress);
        }
        finally
        {
            SideThread.JoinAll(others);
        }
    }

    private void Work(ProgressLine progress)
    {
        while (TryBegin(progress, out int number))
        {
            T? found = read(processes[number].Pid);
            lock (_lock)
            {
                _waiting.Add(number, found);
                for (; _waiting.Remove(_taken, out T? next); _taken++)
                {
                    if (next is not null)
                    {
                        take(next);
                    }
                }
            }
        }
    }

    private bool TryBegin(ProgressLine progress, out int number)
    {
        lock (_lock)
        {
            number = _begun;
            if (number == processes.Count)
            {
                return false;
            }

            _begun++;
            progress.Step(processes[number].Name);
            return true;
        }
    }
}
