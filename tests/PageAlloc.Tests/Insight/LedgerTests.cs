using System.Globalization;
using PageAlloc.Tests.Heaps.Live;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Insight;

/// <summary>The ledger against the kernel's sums, and its lines against what programs know of themselves.</summary>
[Collection(SystemStateCollection.Name)]
[Trait("Category", "Live")]
public sealed class LedgerTests
{
    // A page holds data where it can: what a run finds mapped around depends on what the one before read.
    private const string MorePages = "64";

    private static readonly string[] s_heaps =
        ["one", "arenas", "heaps", "noBreak", "foreign", "mmapped", "forked", "sharedArena", "churn 4 threads", "churn hugetlb=1"];

    private static readonly string[] s_situations =
    [
        "small", "huge", "shared", "memfd", "names", "forked", "threads", "stack", "secret", "pages32", "hugetlb", "swapped", "swappedShared",
        "hugeSwapped", "ksm", "guard",
    ];

    public static TheoryData<string> Programs => new(RealPrograms.Names);

    public static TheoryData<string> PageSituations => new(s_situations.Where(Situations.Names.Contains));

    public static TheoryData<string> HeapNames => new(
        HeapRuns.Names.Where(name => s_heaps.Any(heap => name.EndsWith(" " + heap, StringComparison.Ordinal))));

    [Theory]
    [MemberData(nameof(Programs))]
    public void It_adds_up_for_a_real_program(string name)
    {
        using RealProgram program = RealPrograms.Start(name);
        Assert.All(program.Pids, pid =>
        {
            ShownSummary shown = ShownSummary.Of(pid);
            shown.AssertAddsUp();
            AssertMappings(shown);
        });
    }

    [Theory]
    [MemberData(nameof(PageSituations))]
    public void It_adds_up_in_every_state_of_pages(string situation)
    {
        using StandingSituation standing = Situations.Get(situation).Start();
        ShownSummary shown = ShownSummary.Of(standing.Pid);
        shown.AssertAddsUp();
        AssertMappings(shown);
    }

    [Theory]
    [MemberData(nameof(HeapNames))]
    public void It_adds_up_for_a_heap(string run)
    {
        using HeapProgram program = HeapRuns.Get(run).Start();
        ShownSummary shown = ShownSummary.Of(program.Pid);
        shown.AssertAddsUp();
        AssertMappings(shown);
        Assert.Equal(0UL, shown.Resident("heapUnknown"));
        Assert.Equal(shown.OverArenas(a => a.GetProperty("trimmableBytes").GetUInt64()), shown.Resident("heapTrimmable"));
        Assert.Equal(
            shown.OverArenas(a => a.GetProperty("residentFreeBytes").GetUInt64()),
            shown.Resident("heapTrimmable") + shown.Resident("heapPinned") + shown.Resident("heapTop") + shown.Resident("heapTcache"));
    }

    // Blocks are held against gdb and glibc elsewhere; here, where they lie against pagemap.
    [Theory]
    [MemberData(nameof(HeapNames))]
    public void The_lines_of_heaps_are_blocks_on_pages_in_RAM(string run)
    {
        Skips.Unless(Launch.IsRoot, "needs root");
        using HeapProgram program = HeapRuns.Get(run).Start();
        ShownSummary shown = ShownSummary.Of(program.Pid);
        ulong header = HeapRuns.Get(run).Program is "heap-i386" or "heap32" ? 8UL : 16UL;
        ILookup<string, ShownBlock> blocks = ShownBlocks.Of(program.Pid).ToLookup(b => b.State);
        using var pagemap = new Pagemap(program.Pid);
        ulong Resident(params string[] states) => states.SelectMany(state => blocks[state])
            .Aggregate(0UL, (sum, b) => sum + pagemap.ResidentBytes(b.Address - header, b.Address - header + b.Size));
        Assert.Equal(Resident("used"), shown.Resident("heapUsed"));
        Assert.Equal(Resident("tcache"), shown.Resident("heapTcache"));
        Assert.Equal(
            Resident("fast", "unsorted", "small", "large", "top"),
            shown.Resident("heapTrimmable") + shown.Resident("heapPinned") + shown.Resident("heapTop"));
    }

    [Fact]
    public void Each_line_grows_by_what_the_program_touched()
    {
        using (HeapProgram.Start(TargetProgram.PathOf("ledger"), [MorePages]))
        {
            // All of its file is in the page cache now.
        }

        using HeapProgram few = HeapProgram.Start(TargetProgram.PathOf("ledger"), ["0"]);
        using HeapProgram more = HeapProgram.Start(TargetProgram.PathOf("ledger"), [MorePages]);
        ShownSummary before = ShownSummary.Of(few.Pid);
        ShownSummary after = ShownSummary.Of(more.Pid);
        before.AssertAddsUp();
        after.AssertAddsUp();
        (string Line, ulong Bytes)[] told =
        [
            .. more.Lines.Select(line => line.Split(' ')).Where(words => words[0] == "adds")
                .Select(words => (words[1], ulong.Parse(words[2], CultureInfo.InvariantCulture))),
        ];
        Assert.Equal(6, told.Length);
        Assert.Equal(told, told.Select(t => (t.Line, after.Resident(t.Line) - before.Resident(t.Line))));
        Assert.Equal(before.Resident("heapUsed"), after.Resident("heapUsed"));
    }

    [Fact]
    public void What_is_swapped_of_a_heap_is_in_its_lines()
    {
        using SystemState swap = SystemState.Swap();
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), ["swapped"]);
        ShownSummary shown = ShownSummary.Of(program.Pid, exitCode: null);
        shown.AssertAddsUp();
        ulong swapped = shown.Ledger.GetProperty("lines").EnumerateArray()
            .Where(line => line.GetProperty("id").GetString()!.StartsWith("heap", StringComparison.Ordinal))
            .Aggregate(0UL, (sum, line) => sum + line.GetProperty("swappedBytes").GetUInt64());
        Assert.NotEqual(0UL, swapped);

        // No other memory of the program was sent to swap.
        Assert.Equal(
            shown.Smaps.Mappings.Where(m => m.Name == "[heap]" || m.Name.Length == 0).Aggregate(0UL, (sum, m) => sum + m.Bytes("Swap")),
            swapped + shown.Swapped("anonymous") + shown.Swapped("threadStacks") + shown.Swapped("data"));
    }

    [Fact]
    public void A_heap_that_cannot_be_told_is_not_known_and_still_adds_up()
    {
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), ["damage", "sizeHuge"]);
        ShownSummary shown = ShownSummary.Of(program.Pid, exitCode: 4);
        shown.AssertAddsUp();
        Assert.NotEqual(0UL, shown.Resident("heapUnknown"));
    }

    // By mapping, as pmap would; what has several uses in one mapping is left to other tests.
    private static void AssertMappings(ShownSummary shown)
    {
        Assert.Equal(Rss(shown, m => m.Name == "[stack]"), shown.Resident("mainStack"));
        Assert.Equal(Rss(shown, m => IsInstalled(m) && m.Permissions[2] == 'x'), shown.Resident("code"));
        Assert.Equal(Rss(shown, m => m.Name is "[vdso]" or "[uprobes]"), shown.Resident("kernel"));

        // RssShmem has executable pages too, and VmSwap no shared memory.
        ulong shared = shown.Status.GetValueOrDefault("RssShmem");
        ulong executable = Rss(shown, m => m.Permissions[2] == 'x');
        Assert.InRange(shown.Resident("sharedMemory"), shared - Math.Min(shared, executable), shared);
        Assert.Equal(shown.Status["VmSwap"], shown.Member("swappedBytes") - shown.Member("swappedSharedBytes"));
    }

    private static bool IsInstalled(SmapsMapping m) =>
        m.Name.StartsWith('/') && !m.Name.StartsWith("/memfd:", StringComparison.Ordinal) && !m.Name.StartsWith("/SYSV", StringComparison.Ordinal)
        && !m.Name.StartsWith("/dev/zero", StringComparison.Ordinal);

    private static ulong Rss(ShownSummary shown, Func<SmapsMapping, bool> of) =>
        shown.Smaps.Mappings.Where(m => !m.IsHugetlb && of(m)).Aggregate(0UL, (sum, m) => sum + m.Bytes("Rss"));
}
