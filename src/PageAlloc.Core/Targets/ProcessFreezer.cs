using System.Runtime.ExceptionServices;

namespace PageAlloc.Targets;

/// <summary>
/// A process that stands still, all of its threads, until this is released: what is read of it meanwhile fits together.
/// </summary>
/// <remarks>
/// <para>
/// Its memory, <c>maps</c> and <c>pagemap</c> can be read from any thread of the caller meanwhile. Open its files after the
/// freeze: opened before, they may belong to a program that the process has replaced by exec since. What a process shares with
/// another, as with a child made by vfork, that one can change; and the kernel goes on swapping, merging and collapsing pages.
/// </para>
/// <para>
/// The process can notice: time passes, and a thread in epoll_wait gets EINTR once (as in the other calls that signal(7) lists
/// as never restarted; read, poll, nanosleep and futex go on by themselves). Others can notice: <c>State: t</c> and
/// <c>TracerPid</c> in /proc. A signal sent meanwhile arrives after the release, SIGSTOP and SIGCONT too, and none is lost;
/// SIGKILL ends the process at once, but its parent learns of it after the release. One that was stopped before stays stopped.
/// </para>
/// <para>
/// When the caller's process ends, by whatever cause, SIGKILL too, the kernel lets the process run on. While the caller's process
/// is stopped (^Z), so is this one; and a caller that writes to a pipe or terminal which the frozen process should empty waits
/// for ever: release first, then write.
/// </para>
/// <para>
/// This is ptrace's PTRACE_SEIZE and PTRACE_INTERRUPT, from a thread made for it, and takes some 20 µs a thread. Nothing is
/// injected or written. A process has one tracer at most, so one under gdb or strace is refused.
/// </para>
/// </remarks>
public sealed partial class ProcessFreezer : IDisposable
{
    /// <summary>More threads than any process has; one that has more is refused.</summary>
    internal const int MaxThreads = 1 << 17;

    /// <summary>How long a process may take to stand still before it is given up.</summary>
    internal static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(2);

    // A thread ends, and an exec waits for that, only once its tracer has noted it: who waits for the tracer does it instead.
    private static readonly TimeSpan SupervisionInterval = TimeSpan.FromMilliseconds(20);

    // Only an exec that does not come to an end keeps the tracer from noticing that its time is over.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);

    private readonly Thread _thread;
    private readonly ManualResetEventSlim _settled = new();
    private readonly ManualResetEventSlim _release = new();
    private readonly TracedProcess _process;
    private readonly Tracer _tracer;
    private Exception? _failure;

    private ProcessFreezer(TracedProcess process, TimeSpan timeLimit, int maxThreads)
    {
        _process = process;
        _tracer = new Tracer(process, timeLimit, maxThreads);
        _thread = new Thread(Run, maxStackSize: 256 << 10) { IsBackground = true };
    }

    /// <summary>The number of threads that stand still.</summary>
    public int ThreadCount => _tracer.ThreadCount;

    /// <summary>Stops all threads of a process. It has changed nothing when it throws: what had been stopped runs on.</summary>
    /// <param name="pid">
    /// The number of the process in this PID namespace. Neither the caller's own process nor a child of it:
    /// <see cref="System.Diagnostics.Process"/> would take the stop of a child for its end.
    /// </param>
    /// <returns>The frozen process, to be released by the caller as soon as it has read what it needs.</returns>
    /// <exception cref="TargetException">
    /// The process does not exist or ends meanwhile; the kernel does not let this user trace it (CAP_SYS_PTRACE); another
    /// process traces it already; or a thread does not stop within two seconds, being stuck in the kernel (state D).
    /// </exception>
    public static ProcessFreezer Freeze(int pid) => Freeze(pid, TimeLimit, MaxThreads);

    internal static ProcessFreezer Freeze(int pid, TimeSpan timeLimit, int maxThreads)
    {
        var freezer = new ProcessFreezer(TracedProcess.Open(pid), timeLimit, maxThreads);
        freezer._thread.Start();
        freezer.AwaitFrozen(timeLimit + Grace);
        return freezer;
    }

    /// <summary>Lets the process run on, and returns when all of its threads do. Further calls only return the same again.</summary>
    /// <returns>How long it stood still: from the first thread's being asked to stop to the last one's going on.</returns>
    public TimeSpan Release()
    {
        _release.Set();
        _thread.Join();
        _tracer.AwaitLetGo();
        _process.Dispose();
        return _tracer.Pause;
    }

    /// <summary>Lets the process run on, as <see cref="Release"/> does.</summary>
    public void Dispose() => Release();

    // Each request must come from the thread that seized; and the end of this thread lets go of whatever could not be detached.
    private void Run()
    {
        try
        {
            _tracer.Freeze();
            _settled.Set();
            _release.Wait();
        }
        catch (Exception e)
        {
            _failure = e;
        }

        _tracer.Detach();
        _settled.Set();
    }

    private void AwaitFrozen(TimeSpan limit)
    {
        long start = Environment.TickCount64;
        while (!_settled.Wait(SupervisionInterval))
        {
            _tracer.ReapEnded();
            if (Environment.TickCount64 - start > limit.TotalMilliseconds)
            {
                // As soon as the exec is over, the tracer lets go of everything and ends.
                _release.Set();
                throw _process.StuckInExec();
            }
        }

        if (_failure is not null)
        {
            Release();
            ExceptionDispatchInfo.Throw(_failure);
        }
    }
}
