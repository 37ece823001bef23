using System.Globalization;
using System.Text.Json;
using PageAlloc.Tests.Heaps.Live;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Insight;

/// <summary>Threads with their names, stacks and caches: against the kernel, gdb, and what threads say of themselves.</summary>
[Trait("Category", "Live")]
public sealed class ThreadFiguresTests
{
    public static TheoryData<string> Runs => new(
        ["heap one", "heap arenas", "heap ended", "heap sharedArena", "heap forked", "heap churn 16 threads",
            .. GlibcRelease.Unpacked.SelectMany(r => new[] { $"{r.Name} arenas", $"{r.Name} ended" })]);

    [Theory]
    [MemberData(nameof(Runs))]
    public void Every_thread_of_the_kernel_is_there_with_its_name(string run)
    {
        using HeapProgram program = HeapRuns.Get(run).Start();
        ShownSummary shown = ShownSummary.Of(program.Pid);
        (int, string?)[] kernels =
        [
            .. Directory.EnumerateDirectories($"/proc/{program.Pid}/task")
                .Select(path => (int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture), (string?)File.ReadAllText($"{path}/comm").TrimEnd('\n')))
                .Order(),
        ];
        Assert.Equal(kernels, shown.Threads.Select(t => (t.GetProperty("tid").GetInt32(), t.GetProperty("name").GetString())));
        Assert.DoesNotContain(shown.Threads, t => t.GetProperty("stack").ValueKind == JsonValueKind.Null);

        // The stacks of all threads are the two lines of the ledger, but for stacks that threads left behind.
        ulong stacks = shown.Threads.Aggregate(0UL, (sum, t) => sum + t.GetProperty("stack").GetProperty("residentBytes").GetUInt64());
        Assert.Equal(stacks, shown.Resident("mainStack") + shown.Resident("threadStacks"));
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void The_caches_of_the_threads_are_those_of_the_arenas(string run)
    {
        using HeapProgram program = HeapRuns.Get(run).Start();
        ShownSummary shown = ShownSummary.Of(program.Pid);
        if (run != "heap forked")
        {
            // Each cached block is of some arena; a fork leaves caches without a thread.
            Assert.Equal(shown.OverArenas(a => Cached(a, "blocks")), Sum(shown.Threads, t => Cached(t, "blocks")));
            Assert.Equal(shown.OverArenas(a => Cached(a, "bytes")), Sum(shown.Threads, t => Cached(t, "bytes")));
        }

        // Each thread is with the arena that names it.
        foreach (JsonElement arena in shown.Arenas)
        {
            IEnumerable<int> users = arena.GetProperty("threads").EnumerateArray().Select(t => t.GetInt32());
            Assert.Equal(users, shown.Threads.Where(t => t.GetProperty("arena").GetString() == arena.GetProperty("address").GetString()).Select(t => t.GetProperty("tid").GetInt32()));
        }
    }

    [Theory]
    [InlineData("heap arenas")]
    [InlineData("heap churn 16 threads")]
    public void The_cache_of_each_thread_is_what_gdb_finds(string run)
    {
        using HeapProgram program = HeapRuns.Get(run).Start();
        IEnumerable<ulong> found = Gdb.CachedBlocks(program.Pid).Select(thread => (ulong)thread.Count());
        IEnumerable<ulong> shown = ShownSummary.Of(program.Pid).Threads.Select(t => Cached(t, "blocks")).Where(blocks => blocks != 0);
        Assert.Equal(found.Order(), shown.Order());
    }

    [Fact]
    public void Stacks_are_where_threads_say()
    {
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("ledger"), ["8"]);
        JsonElement[] threads = ShownSummary.Of(program.Pid).Threads;
        string[] told = [.. program.Lines.Where(line => line.StartsWith("thread ", StringComparison.Ordinal))];
        Assert.Equal(2, told.Length);
        foreach (string line in told)
        {
            // The name may have a blank in it.
            string[] words = line.Split(' ');
            JsonElement thread = threads.Single(t => t.GetProperty("tid").GetInt32() == int.Parse(words[1], CultureInfo.InvariantCulture));
            Assert.Equal(string.Join(' ', words[2..^2]), thread.GetProperty("name").GetString());
            JsonElement stack = thread.GetProperty("stack");
            Assert.Equal((words[^2], words[^1]), (stack.GetProperty("start").GetString(), stack.GetProperty("end").GetString()));
        }
    }

    [Fact]
    public void Arenas_whose_threads_have_ended_are_named()
    {
        using HeapProgram program = HeapRuns.Get("heap ended").Start();
        ShownSummary shown = ShownSummary.Of(program.Pid);
        IEnumerable<string?> unused = shown.Arenas
            .Where(a => !a.GetProperty("main").GetBoolean() && a.GetProperty("attachedThreads").GetInt32() == 0).Select(a => a.GetProperty("address").GetString());
        Assert.NotEmpty(unused);
        Assert.Equal(unused, shown.Root.GetProperty("arenasWithoutThreads").EnumerateArray().Select(a => a.GetString()));
    }

    // The same work in one arena instead of many: the RAM saved is no more than the bound.
    [Theory]
    [InlineData("churn 2 4 20000")]
    [InlineData("churn 3 16 6000")]
    [InlineData("churn 7 16 20000")]
    public void Fewer_arenas_save_no_more_than_the_bound(string work)
    {
        using HeapProgram many = HeapProgram.Start(TargetProgram.PathOf("heap"), work.Split(' '));
        using HeapProgram one = HeapProgram.Start(
            TargetProgram.PathOf("heap"), work.Split(' '), new Dictionary<string, string> { ["GLIBC_TUNABLES"] = "glibc.malloc.arena_max=1" });
        ShownSummary shown = ShownSummary.Of(many.Pid);
        Assert.Single(ShownSummary.Of(one.Pid).Arenas);
        JsonElement bound = shown.Root.GetProperty("fewerArenas")[0];
        Assert.Equal(1, bound.GetProperty("arenas").GetInt32());
        long saved = (long)shown.Smaps.Sum("Rss") - (long)Smaps.Read(one.Pid).Sum("Rss");
        Assert.InRange(saved, long.MinValue, bound.GetProperty("atMostBytes").GetInt64());
    }

    private static ulong Cached(JsonElement of, string member) => of.GetProperty("tcache").GetProperty(member).GetUInt64();

    private static ulong Sum(JsonElement[] threads, Func<JsonElement, ulong> of) => threads.Aggregate(0UL, (sum, t) => sum + of(t));
}
