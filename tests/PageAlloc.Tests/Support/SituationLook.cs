using System.Collections.Concurrent;

namespace PageAlloc.Tests.Support;

/// <summary>
/// A situation, and one look at it by the program under test: what the target printed, what the kernel counted before,
/// what the program showed, and how the target fared. Each is taken once and serves all the tests that only compare.
/// </summary>
internal sealed record SituationLook(
    IReadOnlyList<TruthRegion> Regions, Smaps Smaps, ShownProcess Shown, Vitals Before, Vitals After, string RunStates)
{
    private static readonly ConcurrentDictionary<string, Lazy<SituationLook>> Taken = new();

    public static SituationLook At(string situation) =>
        Taken.GetOrAdd(situation, name => new Lazy<SituationLook>(() => Take(name))).Value;

    /// <summary>Looks at the first process and watches what that does to the second.</summary>
    public static SituationLook Take(TargetProgram target, int watched)
    {
        Vitals before = Settle(watched);
        Smaps smaps = Smaps.Read(target.Pid);
        (CommandResult result, string states) = LookWhileWatching(target.Pid, watched);
        return new SituationLook(target.Regions, smaps, ShownProcess.Parse(result), before, Vitals.Of(watched), states);
    }

    private static SituationLook Take(string name)
    {
        using StandingSituation standing = Situations.Get(name).Start();
        return Take(standing.Target, standing.Pid);
    }

    /// <summary>
    /// Waits until a target sleeps: it has said READY before that, and its last steps are not ours. On a busy machine it may wait long
    /// for a processor, and nothing of it changes meanwhile.
    /// </summary>
    public static Vitals Settle(int pid)
    {
        Vitals last = Vitals.Of(pid);
        for (int attempt = 0; attempt < 100; attempt++)
        {
            Thread.Sleep(20);
            Vitals now = Vitals.Of(pid);
            if (now.IsAsleep && now.Equals(last))
            {
                return now;
            }

            last = now;
        }

        throw new TimeoutException($"process {pid} does not settle: {last}");
    }

    private static (CommandResult Result, string States) LookWhileWatching(int pid, int watched)
    {
        using StateWatch watch = StateWatch.Of(watched);
        CommandResult result = CommandRun.Run($"{pid}", "--format", "json", "--runs");
        return (result, watch.Stop());
    }
}
