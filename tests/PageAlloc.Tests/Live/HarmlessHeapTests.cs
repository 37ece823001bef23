using PageAlloc.Tests.Heaps.Live;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Live;

/// <summary>Reading heaps changes nothing either, whatever became of their pages: each command leaves the process as it was.</summary>
[Collection(SystemStateCollection.Name)]
[Trait("Category", "Live")]
public sealed class HarmlessHeapTests
{
    private const int Looks = 3, Done = 0, Incomplete = 4;

    private static readonly Dictionary<string, Func<IDisposable?>> s_preparations = new()
    {
        ["arenas 16"] = () => null,
        ["heaps"] = () => null,
        ["forked"] = () => null,
        ["swapped"] = SystemState.Swap,
        ["merged"] = SystemState.Ksm,
    };

    public static MatrixTheoryData<string, string> HeapsAndCommands =>
        new(s_preparations.Keys, ["PID", "PID --format json --runs", "summary PID", "blocks PID", "whatis PID ADDRESS"]);

    [Theory]
    [MemberData(nameof(HeapsAndCommands))]
    public void A_look_at_the_heap_leaves_no_trace(string heap, string command)
    {
        using IDisposable? state = s_preparations[heap]();
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), heap.Split(' '));
        int[] watched = program.Pid == program.ProgramPid ? [program.Pid] : [program.Pid, program.ProgramPid];
        if (heap == "merged")
        {
            // What is merged stays so; at work, it would merge again what a look had split, and hide that.
            File.WriteAllText("/sys/kernel/mm/ksm/run", "0");
        }

        AssertIsWhatItSays(heap, program.Pid);
        string[] before = [.. watched.Select(pid => $"{SituationLook.Settle(pid)}\n{Sharing.Of(pid)}")];
        foreach (int target in watched)
        {
            using StateWatch watch = StateWatch.OfThreads(target);
            for (int i = 0; i < Looks; i++)
            {
                AssertLooked(CommandRun.Run(Arguments(command, target, program)));
            }

            // Never T (stopped) nor t (traced), in no thread, not even for a moment.
            Assert.Equal("S", watch.Stop());
        }

        Assert.Equal(before, watched.Select(pid => $"{Vitals.Of(pid)}\n{Sharing.Of(pid)}"));
    }

    /// <summary>The block of a forked child that its parent has too: both have it at the same address.</summary>
    private static string[] Arguments(string command, int target, HeapProgram program)
    {
        string block = program.Lines.First(line => line.StartsWith("block ", StringComparison.Ordinal)).Split(' ')[1];
        return [.. command.Split(' ').Select(word => word switch { "PID" => $"{target}", "ADDRESS" => block, _ => word })];
    }

    private static void AssertIsWhatItSays(string heap, int pid)
    {
        Smaps smaps = Smaps.Read(pid);
        ulong anonymous = smaps.Mappings.Where(m => m.Name == "[heap]").Aggregate(0UL, (sum, m) => sum + m.Bytes("Anonymous"));
        Assert.NotEqual(0UL, anonymous);
        if (heap == "swapped")
        {
            Assert.NotEqual(0UL, smaps.Sum("Swap"));
        }
        else if (heap == "merged" && smaps.Mappings[0].Knows("KSM"))
        {
            Assert.NotEqual(0UL, smaps.Sum("KSM"));
        }
        else if (heap == "forked")
        {
            Assert.Contains(smaps.Mappings, m => m.Inode == 0 && m.Bytes("Shared_Dirty") != 0);
        }
    }

    private static void AssertLooked(CommandResult result)
    {
        Assert.True(result.ExitCode is Done or Incomplete, result.ToString());
        Assert.NotEmpty(result.Output);
    }
}
