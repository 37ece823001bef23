using System.Diagnostics;
using System.Globalization;
using PageAlloc.Targets;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Targets;

/// <summary>A frozen process stands still wholly, and afterwards runs on as if nothing had been.</summary>
[Trait("Category", "Live")]
public sealed class ProcessFreezerTests
{
    private const int SigUsr1 = 10, SigCont = 18, SigStop = 19, SigRtMin = 34;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    [Fact]
    public void Threads_are_stopped_by_a_tracer_while_frozen_and_by_nobody_after()
    {
        using Restless target = Restless.Start("walk", 8);
        using ProcessFreezer frozen = target.Freeze();
        Assert.Equal(9, frozen.ThreadCount);
        Assert.Equal(9, target.Threads().Count);
        Assert.All(target.Threads(), t => Assert.Equal('t', t.State));
        Assert.All(target.Threads(), t => Assert.NotEqual(0, t.Tracer));
        frozen.Release();
        Assert.Equal(9, target.Threads().Count);
        Assert.All(target.Threads(), t => Assert.Contains(t.State, "RS"));
        Assert.All(target.Threads(), t => Assert.Equal(0, t.Tracer));
    }

    [Theory]
    [InlineData("walk", 1)]
    [InlineData("walk", 64)]
    [InlineData("churn", 16)]
    [InlineData("relay", 0)]
    [InlineData("relay", 4)]
    [InlineData("leaderless", 8)]
    public void Nothing_moves_while_frozen_and_everything_after(string situation, int threads)
    {
        using Restless target = Restless.Start(situation, threads);
        for (int round = 0; round < 50; round++)
        {
            using (target.Freeze())
            {
                List<ThreadStatus> before = target.Threads();
                ulong steps = target.Steps;
                Thread.Sleep(3);
                Assert.Equal(before, target.Threads());
                Assert.Equal(steps, target.Steps);
            }

            target.AwaitRunning();
        }
    }

    [Fact]
    public void A_leader_that_ended_before_its_threads_does_not_count()
    {
        using Restless target = Restless.Start("leaderless", 5);
        Await(() => target.Threads().Exists(t => t.State == 'Z'), "its leader has not ended");
        using ProcessFreezer frozen = target.Freeze();
        Assert.Equal(5, frozen.ThreadCount);
    }

    [Fact]
    public void A_process_that_replaces_itself_by_exec_stands_still_too()
    {
        using Restless target = Restless.Start("exec", 8);
        for (int round = 0; round < 100; round++)
        {
            using (target.Freeze())
            {
                (ulong steps, ulong execs) = (target.Steps, target.Execs);
                Thread.Sleep(1);
                Assert.Equal((steps, execs), (target.Steps, target.Execs));
            }

            target.AwaitRunning();
        }

        ulong before = target.Execs;
        Await(() => target.Execs > before + 2, "it execs no more");
    }

    [Fact]
    public void The_pause_is_what_the_release_reports()
    {
        using Restless target = Restless.Start("walk", 8);
        long start = Stopwatch.GetTimestamp();
        using ProcessFreezer frozen = target.Freeze();
        Thread.Sleep(50);
        TimeSpan pause = frozen.Release();
        Assert.InRange(pause, TimeSpan.FromMilliseconds(49), Stopwatch.GetElapsedTime(start));
        Assert.Equal(pause, frozen.Release());
    }

    [Fact]
    public void Memory_is_read_by_the_caller_while_frozen()
    {
        using Restless target = Restless.Start("walk", 8);
        target.AwaitRunning();
        using ProcessFreezer frozen = target.Freeze();
        using LiveProcess process = LiveProcess.Open(target.Pid);
        using IMemory memory = process.OpenMemory();
        var (page, again) = (new byte[memory.PageSize], new byte[memory.PageSize]);
        var access = new PageAccess[1];
        memory.ReadPages(target.Counters, page, access);
        Assert.Equal(PageAccess.Data, access[0]);
        Thread.Sleep(10);
        memory.ReadPages(target.Counters, again, access);
        Assert.Equal(page, again);
        Assert.NotEqual(0UL, BitConverter.ToUInt64(page, Restless.StepsOffset));
    }

    [Fact]
    public void Killing_the_freezing_process_at_any_time_leaves_the_target_running_and_loses_no_signal()
    {
        int runs = Environment.GetEnvironmentVariable("PAGEALLOC_SLOW") == "1" ? 1000 : 50;
        using Restless walking = Restless.Start("walk", 16);
        using Restless churning = Restless.Start("churn", 2);
        ulong[] sent = [0, 0];
        for (int run = 0; run < runs; run++)
        {
            Restless target = run % 2 == 0 ? walking : churning;
            var time = TimeSpan.FromMicroseconds(new Random(run).Next(10_000));
            using (FreezingProcess freezing = FreezingProcess.Start(target.Pid))
            {
                Assert.True(freezing.Said == "freezing", freezing.Said);
                for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < time;)
                {
                    // Signals of this kind are queued, each of them arrives.
                    Signals.Send(target.Pid, SigRtMin);
                    sent[run % 2]++;
                    Thread.SpinWait(1000);
                }
            }

            target.AwaitRunning();
        }

        Await(() => walking.SignalCount >= sent[0] && churning.SignalCount >= sent[1], "signals are lost");
        Assert.Equal((sent[0], sent[1]), (walking.SignalCount, churning.SignalCount));
    }

    [Fact]
    public void A_signal_sent_while_frozen_arrives_after()
    {
        using Restless target = Restless.Start("walk", 8);
        using ProcessFreezer frozen = target.Freeze();
        Signals.Send(target.Pid, SigUsr1);
        Thread.Sleep(20);
        Assert.Equal(0UL, target.SignalCount);
        frozen.Release();
        Await(() => target.SignalCount == 1, "the signal did not arrive");
    }

    [Fact]
    public void A_stopped_process_stays_stopped()
    {
        using Restless target = Restless.Start("walk", 8);
        Signals.Send(target.Pid, SigStop);
        target.AwaitStopped();
        for (int round = 0; round < 10; round++)
        {
            using (target.Freeze())
            {
                Assert.All(target.Threads(), t => Assert.Equal('t', t.State));
            }

            target.AwaitStopped();
        }

        ulong steps = target.Steps;
        Thread.Sleep(20);
        Assert.Equal(steps, target.Steps);
        Signals.Send(target.Pid, SigCont);
        target.AwaitRunning();
    }

    [Fact]
    public void A_stop_sent_while_frozen_stops_after()
    {
        using Restless target = Restless.Start("walk", 8);
        using (target.Freeze())
        {
            Signals.Send(target.Pid, SigStop);
        }

        target.AwaitStopped();
        Signals.Send(target.Pid, SigCont);
        target.AwaitRunning();
    }

    [Fact]
    public void A_stopped_process_that_is_continued_while_frozen_runs_after()
    {
        using Restless target = Restless.Start("walk", 8);
        Signals.Send(target.Pid, SigStop);
        target.AwaitStopped();
        using (target.Freeze())
        {
            Signals.Send(target.Pid, SigCont);
            Assert.All(target.Threads(), t => Assert.Equal('t', t.State));
        }

        target.AwaitRunning();
    }

    [Fact]
    public void A_process_killed_while_frozen_has_ended_after()
    {
        using Restless target = Restless.Start("walk", 8);
        using ProcessFreezer frozen = target.Freeze();
        Signals.Send(target.Pid, Signals.Kill);
        Thread.Sleep(20);
        frozen.Release();
        Await(() => Vitals.State(target.Pid) == 'Z', "it has not ended");
        Assert.DoesNotContain(target.Threads(), t => t.State != 'Z');
    }

    [Fact]
    public void A_wait_for_events_is_interrupted_once_at_most()
    {
        using Restless target = Restless.Start("epoll", 1);
        using (target.Freeze())
        {
        }

        target.AwaitRunning();
        Assert.InRange(target.Interrupted, 0UL, 1UL);
    }

    [Fact]
    public void A_thread_stuck_in_the_kernel_is_given_up_and_everything_runs_on()
    {
        using Restless target = Restless.Start("stuck", 8);
        long start = Stopwatch.GetTimestamp();
        TargetException e = Assert.Throws<TargetException>(() => ProcessFreezer.Freeze(target.Pid));
        Assert.InRange(Stopwatch.GetElapsedTime(start), ProcessFreezer.TimeLimit, Limit);
        Assert.Contains("state D", e.Message, StringComparison.Ordinal);
        Assert.All(target.Threads(), t => Assert.Equal(0, t.Tracer));
        target.AwaitRunning();
    }

    [Fact]
    public void A_process_of_too_many_threads_is_refused_and_runs_on()
    {
        using Restless target = Restless.Start("walk", 8);
        TargetException e = Assert.Throws<TargetException>(() => ProcessFreezer.Freeze(target.Pid, Limit, maxThreads: 8));
        Assert.Equal(TargetFailure.LimitExceeded, e.Failure);
        target.AwaitRunning();
        ProcessFreezer.Freeze(target.Pid, Limit, maxThreads: 9).Release();
    }

    [Fact]
    public void A_process_that_is_traced_already_is_refused_and_its_tracer_named()
    {
        using Restless target = Restless.Start("traced", 4);
        TargetException e = Assert.Throws<TargetException>(() => ProcessFreezer.Freeze(target.Pid));
        Assert.Contains($"process {target.ParentPid} (freeze) traces it", e.Message, StringComparison.Ordinal);
        Assert.Contains(target.Threads(), t => t.Tracer == target.ParentPid);
        target.AwaitRunning(traced: true);
    }

    [Fact]
    public void A_process_that_is_frozen_already_is_refused()
    {
        using Restless target = Restless.Start("walk", 4);
        using ProcessFreezer frozen = target.Freeze();
        TargetException e = Assert.Throws<TargetException>(() => ProcessFreezer.Freeze(target.Pid));
        Assert.Contains($"process {Environment.ProcessId} ", e.Message, StringComparison.Ordinal);
        Assert.All(target.Threads(), t => Assert.Equal('t', t.State));
        frozen.Release();
        target.AwaitRunning();
    }

    [Fact]
    public void A_process_that_another_pagealloc_has_frozen_is_refused()
    {
        using Restless target = Restless.Start("walk", 4);
        using ProcessFreezer frozen = target.Freeze();
        using FreezingProcess second = FreezingProcess.Start(target.Pid);
        Assert.Contains("traces it already", second.Said, StringComparison.Ordinal);
        Assert.All(target.Threads(), t => Assert.Equal('t', t.State));
    }

    [Fact]
    public void A_process_that_has_gone_is_refused()
    {
        using Process gone = Launch.Start("true", []);
        gone.WaitForExit();
        AssertRefused(TargetFailure.NoSuchProcess, gone.Id);
    }

    [Fact]
    public void A_zombie_is_refused()
    {
        using TargetProgram target = TargetProgram.Pages("zombie");
        AssertRefused(TargetFailure.NoMemory, target.ProcessId("zombie"));
    }

    [Fact]
    public void A_kernel_thread_is_refused()
    {
        Skips.Unless(Launch.IsRoot, "needs root");
        AssertRefused(TargetFailure.NoMemory, pid: 2);
    }

    [Fact]
    public void The_own_process_is_refused() => AssertRefused(TargetFailure.NotSupported, Environment.ProcessId);

    // Process.HasExited would be true from then on.
    [Fact]
    public void A_child_is_refused()
    {
        using TargetProgram target = TargetProgram.Pages("small");
        AssertRefused(TargetFailure.NotSupported, target.Pid);
    }

    [Fact]
    public void Without_rights_a_process_of_another_user_is_refused()
    {
        Skips.Unless(Launch.IsRoot, "needs root");
        using Restless target = Restless.Start("walk", 4);
        using FreezingProcess freezing = FreezingProcess.Start(target.Pid, Launch.Nobody);
        Assert.StartsWith($"{TargetFailure.PermissionDenied}", freezing.Said, StringComparison.Ordinal);
        target.AwaitRunning();
    }

    private static void AssertRefused(TargetFailure failure, int pid)
    {
        TargetException e = Assert.Throws<TargetException>(() => ProcessFreezer.Freeze(pid));
        Assert.Equal(failure, e.Failure);
        Assert.Contains($"{pid}", e.Message, StringComparison.Ordinal);
    }

    private static void Await(Func<bool> condition, string otherwise)
    {
        for (long start = Stopwatch.GetTimestamp(); !condition(); Thread.Sleep(1))
        {
            if (Stopwatch.GetElapsedTime(start) > Limit)
            {
                throw new TimeoutException(otherwise);
            }
        }
    }

    private readonly record struct ThreadStatus(int Tid, char State, int Tracer, ulong Switches);

    /// <summary>tests/targets/freeze.c: the grandchild of the tests, as no process can freeze its child.</summary>
    private sealed class Restless : IDisposable
    {
        // struct counters in freeze.c
        public const int StepsOffset = 8;

        private readonly TargetProgram _program;

        private Restless(TargetProgram program) => _program = program;

        public int Pid => _program.ProcessId("child");

        public int ParentPid => _program.Pid;

        public ulong Counters => _program.Regions[0].Start;

        public ulong Steps => Counter(1);

        public ulong SignalCount => Counter(2);

        public ulong Execs => Counter(3);

        public ulong Interrupted => Counter(4);

        public static Restless Start(string situation, int threads) =>
            new(TargetProgram.StartTarget("freeze", [situation, threads.ToString(CultureInfo.InvariantCulture)]));

        /// <summary>Freezes it; on a machine that is busy with other tests, two seconds may be too short.</summary>
        public ProcessFreezer Freeze() => ProcessFreezer.Freeze(Pid, Limit, ProcessFreezer.MaxThreads);

        /// <summary>The threads there are; one that ends meanwhile is left out.</summary>
        public List<ThreadStatus> Threads()
        {
            var threads = new List<ThreadStatus>();
            foreach (string folder in Directory.EnumerateDirectories($"/proc/{Pid}/task"))
            {
                try
                {
                    string status = File.ReadAllText($"{folder}/status");
                    threads.Add(new ThreadStatus(
                        int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture),
                        Field(status, "State")[0],
                        int.Parse(Field(status, "TracerPid"), CultureInfo.InvariantCulture),
                        ulong.Parse(Field(status, "voluntary_ctxt_switches"), CultureInfo.InvariantCulture)
                            + ulong.Parse(Field(status, "nonvoluntary_ctxt_switches"), CultureInfo.InvariantCulture)));
                }
                catch (IOException)
                {
                    // No such file at the opening, no such process at the reading.
                }
            }

            return threads;
        }

        /// <summary>Waits until no thread is stopped or traced and the steps go on.</summary>
        public void AwaitRunning(bool traced = false)
        {
            ulong steps = Steps;
            Await(
                () => Threads().TrueForAll(t => !"tT".Contains(t.State) && (traced || t.Tracer == 0)) && Steps > steps,
                "it does not run on");
        }

        public void AwaitStopped() =>
            Await(() => Threads().TrueForAll(t => t is { State: 'T', Tracer: 0 }), "it is not stopped");

        public void Dispose() => _program.Dispose();

        private static string Field(string status, string name)
        {
            int start = status.IndexOf($"\n{name}:", StringComparison.Ordinal) + name.Length + 2;
            return status[start..status.IndexOf('\n', start)].Trim();
        }

        // From the parent's memory: the page is the same, and is never traced nor replaced.
        private ulong Counter(int index)
        {
            using var memory = new FileStream($"/proc/{ParentPid}/mem", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            memory.Seek((long)Counters + (index * sizeof(ulong)), SeekOrigin.Begin);
            Span<byte> value = stackalloc byte[sizeof(ulong)];
            memory.ReadExactly(value);
            return BitConverter.ToUInt64(value);
        }
    }
}
