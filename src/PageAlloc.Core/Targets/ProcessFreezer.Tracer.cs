using System.Diagnostics;
using System.Globalization;
using PageAlloc.Interop;

namespace PageAlloc.Targets;

public sealed partial class ProcessFreezer
{
    /// <summary>The threads of a process, as handled by the one thread of ours that traces them.</summary>
    private sealed class Tracer(TracedProcess process, TimeSpan timeLimit, int maxThreads)
    {
        // Threads stop in microseconds, much sooner than a sleep ends.
        private static readonly TimeSpan YieldFor = TimeSpan.FromMilliseconds(1);
        private static readonly TimeSpan LetGoLimit = TimeSpan.FromSeconds(1);

        // Changed by the tracer alone; locked for those who look on.
        private readonly Dictionary<int, TracedThread> _threads = [];
        private readonly List<int> _left = [];
        private bool _zombieLeader;
        private long _start;
        private long _firstInterrupt;

        public int ThreadCount { get; private set; }

        public TimeSpan Pause { get; private set; }

        // A leader that ended before the other threads counts until they have ended too, and can't be seized.
        private int Known => _threads.Count + (_zombieLeader && !_threads.ContainsKey(process.Pid) ? 1 : 0);

        /// <summary>
        /// Stops all threads. A running thread may make others, and /proc lists no thread behind one that just ends. So this
        /// goes on until the kernel counts as many as are known, at a moment before and after which all of those stood still.
        /// </summary>
        public void Freeze()
        {
            _start = Stopwatch.GetTimestamp();
            bool isWhole;
            do
            {
                List<int> listed = process.ListThreads(maxThreads, out int count);
                bool changed = Seize(listed);
                Interrupt();
                changed |= AwaitStops();
                isWhole = !changed && count == Known && listed.Count == Known;
                if (!changed && !isWhole)
                {
                    DropStrangers(listed, count);
                    Thread.Yield();
                }

                if (!isWhole && IsLate())
                {
                    throw process.NoEndOfThreads();
                }
            }
            while (!isWhole);

            ThreadCount = _threads.Values.Count(thread => thread.State == TracedState.Stopped);
            if (ThreadCount == 0)
            {
                throw _zombieLeader ? process.Zombie() : process.Ended();
            }
        }

        /// <summary>Lets all threads run on. Those that do not stand still are let go by the kernel when this OS thread ends.</summary>
        public void Detach()
        {
            foreach (TracedThread thread in _threads.Values)
            {
                if (!TryDetach(thread))
                {
                    _left.Add(thread.Tid);
                }
            }

            Pause = _firstInterrupt == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(_firstInterrupt);
        }

        /// <summary>Waits, after the end of the tracer, until the kernel has let go of what could not be detached.</summary>
        public void AwaitLetGo()
        {
            for (long start = Stopwatch.GetTimestamp(); _left.Exists(tid => process.TracerOf(tid) != 0);)
            {
                Thread.Sleep(1);
                if (Stopwatch.GetElapsedTime(start) > LetGoLimit)
                {
                    break;
                }
            }

            _left.Clear();
        }

        /// <summary>
        /// Takes note of threads that have ended, from another thread than the tracer: an exec waits for that, and the tracer,
        /// about to seize the next thread, may wait for the exec.
        /// </summary>
        public void ReapEnded()
        {
            int[] tids;
            lock (_threads)
            {
                tids = [.. _threads.Keys];
            }

            foreach (int tid in tids)
            {
                if (Ptrace.Look(tid, out _) == TracedState.Ended)
                {
                    Ptrace.Reap(tid);
                }
            }
        }

        // True when anything is new, also when a thread that was listed has ended since: it may have made another.
        private bool Seize(List<int> listed)
        {
            bool changed = false;
            foreach (int tid in listed)
            {
                if (!_threads.ContainsKey(tid))
                {
                    changed |= Seize(tid);
                    if (IsLate())
                    {
                        throw process.NoEndOfThreads();
                    }
                }
            }

            return changed;
        }

        private bool Seize(int tid)
        {
            // Once more where another tracer was in the way, which may have gone meanwhile.
            for (int attempt = 0; ; attempt++)
            {
                int error = -Ptrace.Seize(tid);
                int tracer = error == 0 ? 0 : process.TracerOf(tid);
                if (error == 0 || (tracer != 0 && IsThisThread(tracer)))
                {
                    // In the second case it is one that was seized before, and has taken the leader's number by exec.
                    lock (_threads)
                    {
                        _threads.Add(tid, new TracedThread(tid));
                    }

                    return true;
                }

                if (error == Errno.ESRCH || (tracer == 0 && process.IsDead(tid)))
                {
                    bool known = tid == process.Pid && _zombieLeader;
                    _zombieLeader |= tid == process.Pid;
                    return !known;
                }

                if (attempt > 0)
                {
                    throw process.Refused(tid, error);
                }
            }
        }

        private static bool IsThisThread(int tid) =>
            new FileInfo("/proc/thread-self").LinkTarget is { } self
            && self.EndsWith(string.Create(CultureInfo.InvariantCulture, $"/{tid}"), StringComparison.Ordinal);

        private void Interrupt()
        {
            foreach (TracedThread thread in _threads.Values)
            {
                if (!thread.IsInterrupted)
                {
                    _firstInterrupt = _firstInterrupt == 0 ? Stopwatch.GetTimestamp() : _firstInterrupt;
                    // It fails only if the thread has ended, which is seen soon enough.
                    _ = Ptrace.Interrupt(thread.Tid);
                    thread.IsInterrupted = true;
                }
            }
        }

        // True when a thread does something else than before: stands still, has ended, has gone.
        private bool AwaitStops()
        {
            bool changed = false;
            for (long start = Stopwatch.GetTimestamp(); ;)
            {
                TracedThread? running = null;
                foreach (TracedThread thread in _threads.Values)
                {
                    TracedState before = thread.State;
                    thread.State = Ptrace.Look(thread.Tid, out thread.Signal);
                    changed |= thread.State != before;
                    switch (thread.State)
                    {
                        case TracedState.Ended:
                            Ptrace.Reap(thread.Tid);
                            Remove(thread);
                            break;
                        case TracedState.Gone:
                            Remove(thread);
                            break;
                        case TracedState.Running when thread.Tid != process.Pid || !process.IsDead(thread.Tid):
                            running = thread;
                            break;
                    }
                }

                if (running is null)
                {
                    return changed;
                }

                if (IsLate())
                {
                    throw process.StuckThread(running.Tid);
                }

                if (Stopwatch.GetElapsedTime(start) < YieldFor)
                {
                    Thread.Yield();
                }
                else
                {
                    Thread.Sleep(1);
                }
            }
        }

        private bool IsLate() => Stopwatch.GetElapsedTime(_start) > timeLimit;

        private void Remove(TracedThread thread)
        {
            lock (_threads)
            {
                _threads.Remove(thread.Tid);
            }
        }

        // A number may be given to a thread of another process between the list and the seizing. That one is let go.
        private void DropStrangers(List<int> listed, int count)
        {
            if (listed.Count != count)
            {
                return;
            }

            var own = listed.ToHashSet();
            foreach (TracedThread thread in _threads.Values)
            {
                if (!own.Contains(thread.Tid) && TryDetach(thread))
                {
                    Remove(thread);
                }
            }
        }

        private static bool TryDetach(TracedThread thread)
        {
            if (thread.State != TracedState.Stopped)
            {
                thread.State = Ptrace.Look(thread.Tid, out thread.Signal);
            }

            if (thread.State == TracedState.Stopped && Ptrace.Detach(thread.Tid, thread.Signal) == 0)
            {
                return true;
            }

            // Killed meanwhile, perhaps.
            TracedState now = Ptrace.Look(thread.Tid, out _);
            if (now == TracedState.Ended)
            {
                Ptrace.Reap(thread.Tid);
            }

            return now is TracedState.Ended or TracedState.Gone;
        }
    }

    private sealed class TracedThread(int tid)
    {
        public readonly int Tid = tid;
        public bool IsInterrupted;
        public TracedState State;

        // What it stopped for and gets when it goes on, or 0.
        public int Signal;
    }
}
