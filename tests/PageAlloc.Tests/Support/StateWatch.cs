namespace PageAlloc.Tests.Support;

/// <summary>Looks at the run state of a process without a pause, as what it watches for may take less than a millisecond.</summary>
internal sealed class StateWatch : IDisposable
{
    private readonly ManualResetEventSlim _done = new();
    private readonly Task<string> _watch;

    private StateWatch(int[] threads)
    {
        using var watching = new ManualResetEventSlim();
        _watch = Task.Factory.StartNew(
            () =>
            {
                string seen = "";
                do
                {
                    foreach (int thread in threads)
                    {
                        char state = Vitals.State(thread);
                        seen += seen.Contains(state, StringComparison.Ordinal) ? "" : state;
                    }

                    watching.Set();
                }
                while (!_done.IsSet);
                return seen;
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        watching.Wait();
    }

    /// <summary>Watches the main thread of a process.</summary>
    public static StateWatch Of(int pid) => new([pid]);

    /// <summary>Watches all threads of a process.</summary>
    public static StateWatch OfThreads(int pid) =>
        new([.. Directory.GetDirectories($"/proc/{pid}/task").Select(path => int.Parse(Path.GetFileName(path), System.Globalization.CultureInfo.InvariantCulture))]);

    /// <summary>Ends the watch; each state that was seen, as one letter.</summary>
    public string Stop()
    {
        _done.Set();
        return _watch.GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        _done.Set();
        ((IAsyncResult)_watch).AsyncWaitHandle.WaitOne();
        _done.Dispose();
    }
}
