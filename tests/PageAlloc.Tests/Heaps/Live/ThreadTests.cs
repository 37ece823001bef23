using System.Globalization;
using System.Text.Json;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Heaps.Live;

/// <summary>Which threads use which arena: against the kernel's list of threads, and glibc's own count for each arena.</summary>
[Trait("Category", "Live")]
public sealed class ThreadTests
{
    private static readonly string[] Situations = ["one", "arenas", "ownStacks", "ended", "sharedArena", "tcaches", "forked", "churn 16 threads", "churn arena_max=1"];

    public static TheoryData<string> Runs => new(Situations.Select(s => "heap " + s));

    public static TheoryData<string> OtherRuns
    {
        get
        {
            string[] names = [.. GlibcRelease.Unpacked.SelectMany(r => new[] { $"{r.Name} one", $"{r.Name} ownStacks", $"{r.Name} ended", $"{r.Name} sharedArena", $"{r.Name} forked" })];
            return new(names.Length > 0 ? names : [HeapRuns.NoRelease]);
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    [MemberData(nameof(OtherRuns))]
    public void Each_thread_is_found_with_its_arena(string run)
    {
        using HeapProgram program = HeapRuns.Get(run).Start();
        AssertThreads(program.Pid);
    }

    // What threads that have ended left on the stacks that others got differs from run to run.
    [Fact]
    public void Remains_of_ended_threads_are_no_caches()
    {
        for (int i = 0; i < 8; i++)
        {
            using HeapProgram program = HeapRuns.Get("heap ended").Start();
            AssertThreads(program.Pid);
        }
    }

    [Fact]
    public void Threads_of_another_pid_namespace_have_our_numbers()
    {
        Skips.Unless(Launch.IsRoot, "needs root");
        using HeapProgram program = HeapProgram.Start("unshare", ["-pf", TargetProgram.PathOf("heap"), "arenas", "3"]);
        string child = File.ReadAllText($"/proc/{program.Pid}/task/{program.Pid}/children").Trim();
        Assert.Contains("\t1\n", File.ReadLines($"/proc/{child}/status").First(line => line.StartsWith("NSpid:", StringComparison.Ordinal)) + "\n", StringComparison.Ordinal);
        AssertThreads(int.Parse(child, CultureInfo.InvariantCulture));
    }

    private static void AssertThreads(int pid)
    {
        CommandResult result = CommandRun.Run($"{pid}", "--format", "json");
        Assert.True(result.ExitCode == 0, $"{result}{result.Text}");
        using JsonDocument document = JsonDocument.Parse(result.Output);
        JsonElement heaps = document.RootElement.GetProperty("heaps");
        Assert.Empty(heaps.GetProperty("problems").EnumerateArray());
        var found = new List<int>();
        foreach (JsonElement arena in heaps.GetProperty("arenas").EnumerateArray())
        {
            int[] threads = [.. arena.GetProperty("threads").EnumerateArray().Select(t => t.GetInt32())];
            Assert.Equal(arena.GetProperty("attachedThreads").GetInt32(), threads.Length);
            found.AddRange(threads);
        }

        IEnumerable<int> kernels = Directory.EnumerateDirectories($"/proc/{pid}/task").Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture));
        Assert.Equal(kernels.Order(), found.Order());
    }
}
