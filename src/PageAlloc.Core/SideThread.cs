using System.Runtime.ExceptionServices;

namespace PageAlloc;

/// <summary>
/// Work on a thread of its own. Where no more threads may be made, as in a control group that is full, it is done by the
/// caller when it waits for it.
/// </summary>
internal sealed class SideThread
{
    private readonly Action _work;
    private readonly Thread? _thread;
    private ExceptionDispatchInfo? _failure;

    private SideThread(Action work, int stackBytes)
    {
        _work = work;
        var thread = new Thread(Run, stackBytes) { IsBackground = true };
        try
        {
            thread.Start();
            _thread = thread;
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            // Left to Join.
        }
    }

    /// <summary>Begins with the work.</summary>
    /// <param name="work">The work.</param>
    /// <param name="stackBytes">The room for its stack; what of it is not used takes no memory.</param>
    public static SideThread Start(Action work, int stackBytes = 256 << 10) => new(work, stackBytes);

    /// <summary>Waits for the end of the work, and throws what it threw.</summary>
    public void Join()
    {
        if (_thread is null)
        {
            Run();
        }
        else
        {
            _thread.Join();
        }

        _failure?.Throw();
    }

    /// <summary>Waits for all of them, whatever one threw: they use what the caller closes.</summary>
    public static void JoinAll(ReadOnlySpan<SideThread> threads)
    {
        if (!threads.IsEmpty)
        {
            try
            {
                threads[0].Join();
            }
            finally
            {
                JoinAll(threads[1..]);
            }
        }
    }

    private void Run()
    {
        try
        {
            _work();
        }
        catch (Exception e)
        {
            // Thrown where it is waited for: on this thread it would end the program.
            _failure = ExceptionDispatchInfo.Capture(e);
        }
    }
}
