using PageAlloc.Cli.Commands;
using PageAlloc.Targets;

namespace PageAlloc.Tests.Cli;

/// <summary>Whatever thread reads a process, and whenever it is done with it: what was read is taken in order, and once.</summary>
public sealed class ProcessSweepTests
{
    private static readonly ProcessEntry[] s_processes = [.. Enumerable.Range(1, 1000).Select(pid => new ProcessEntry(pid, "", ""))];

    [Fact]
    public void What_was_read_is_taken_in_order()
    {
        var taken = new List<string>();
        new ProcessSweep<string>(
            s_processes,
            pid =>
            {
                // Uneven work, so that threads overtake each other.
                Thread.SpinWait(pid % 7 == 0 ? 20_000 : 10);
                return pid % 3 == 0 ? null : $"{pid}";
            },
            taken.Add).Run();
        Assert.Equal(s_processes.Where(p => p.Pid % 3 != 0).Select(p => $"{p.Pid}"), taken);
    }

    [Fact]
    public void Those_behind_one_that_takes_long_wait_for_it()
    {
        using var second = new ManualResetEventSlim();
        var taken = new List<string>();
        bool isAlone = Environment.ProcessorCount == 1;
        new ProcessSweep<string>(
            s_processes[..2],
            pid =>
            {
                if (pid == 1 && !isAlone)
                {
                    Assert.True(second.Wait(TimeSpan.FromSeconds(60)));
                }

                second.Set();
                return $"{pid}";
            },
            taken.Add).Run();
        Assert.Equal(["1", "2"], taken);
    }

    [Fact]
    public void A_failure_is_thrown_once_all_threads_have_ended()
    {
        int running = 0;
        Assert.Throws<InvalidOperationException>(() => new ProcessSweep<string>(
            s_processes,
            pid =>
            {
                Interlocked.Increment(ref running);
                try
                {
                    return pid == 500 ? throw new InvalidOperationException() : "";
                }
                finally
                {
                    Interlocked.Decrement(ref running);
                }
            },
            _ => { }).Run());
        Assert.Equal(0, Volatile.Read(ref running));
    }

    [Fact]
    public void Of_no_process_nothing_is_read() =>
        new ProcessSweep<string>([], _ => throw new InvalidOperationException(), _ => throw new InvalidOperationException()).Run();
}
