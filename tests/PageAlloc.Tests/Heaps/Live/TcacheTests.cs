namespace PageAlloc.Tests.Heaps.Live;

/// <summary>What threads keep in their caches, against gdb's reading of each thread's own variable.</summary>
[Trait("Category", "Live")]
public sealed class TcacheTests
{
    public static TheoryData<string> Runs => new(
        "heap one", "heap fastbins", "heap tcache-full", "heap tcaches", "heap arenas", "heap ownStacks", "heap sharedArena", "heap ended",
        "heap churn alone", "heap churn 16 threads", "heap churn tcache_count=0", "heap churn tcache_count=100", "heap churn arena_max=1");

    [Theory]
    [MemberData(nameof(Runs))]
    public void Cached_blocks_are_what_gdb_finds(string run)
    {
        using HeapProgram program = HeapRuns.Get(run).Start();
        ILookup<int, ulong> found = Gdb.CachedBlocks(program.Pid);
        AssertCached(found.SelectMany(thread => thread), program.Pid);
    }

    // The parent stands where it stood at the fork; its other threads do not exist in the child, but their caches do.
    [Fact]
    public void Caches_of_threads_that_a_fork_left_behind_are_found()
    {
        using HeapProgram program = HeapRuns.Get("heap forked").Start();
        IEnumerable<ulong> orphans = Gdb.CachedBlocks(program.ProgramPid).Where(thread => thread.Key != program.ProgramPid).SelectMany(thread => thread);
        IEnumerable<ulong> own = Gdb.CachedBlocks(program.Pid).SelectMany(thread => thread);
        Assert.NotEmpty(orphans);
        AssertCached(orphans.Concat(own), program.Pid);
    }

    private static void AssertCached(IEnumerable<ulong> expected, int pid)
    {
        IEnumerable<ulong> shown = ShownBlocks.Of(pid).Where(row => row.State == "tcache").Select(row => row.Address);
        Assert.Equal(expected.Order(), shown.Order());
    }
}
