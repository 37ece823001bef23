namespace PageAlloc.Tests.Heaps.Live;

/// <summary>Heaps without a list of blocks: none at all, and one of too many to list.</summary>
[Trait("Category", "Live")]
public sealed class UntoldHeapTests
{
    private const ulong Bytes = 256 << 20, Blocks = 1_250_000;

    public static TheoryData<string> Programs =>
        new(["", .. GlibcRelease.Unpacked.Select(release => release.Name)]);

    [Theory]
    [MemberData(nameof(Programs))]
    public void A_program_that_never_calls_malloc_has_an_empty_glibc_heap(string release)
    {
        using HeapProgram program = Run("idle", release).Start();
        ShownHeaps heaps = ShownHeaps.Of(program.Pid);
        Assert.Equal(0, heaps.Result.ExitCode);
        Assert.Equal("glibc", heaps.Allocator);
        Assert.Empty(heaps.AllProblems);
        Assert.Equal(0UL, heaps.Sum(arena => arena.SystemBytes));
        Assert.Equal(default, heaps.Mmapped);
        Assert.DoesNotContain(ShownBlocks.Of(program.Pid), row => row.Size != 0);
    }

    [Fact]
    public void A_million_blocks_add_up()
    {
        using HeapProgram program = Run("big", "", $"{Bytes}", $"{Blocks}").Start();
        IReadOnlyDictionary<string, ulong> totals = HeapTruth.Parse(program.Lines).Totals;
        ShownHeaps heaps = ShownHeaps.Of(program.Pid);
        Assert.Equal(0, heaps.Result.ExitCode);
        Assert.Equal(totals["arena"], heaps.Sum(a => a.SystemBytes));
        Assert.Equal(totals["ordblks"], heaps.Sum(a => 1 + a.Blocks("unsorted", "small", "large")));
        Assert.Equal(totals["fordblks"], heaps.Sum(a => a.Bytes("fast", "unsorted", "small", "large") + a.TopBytes));
        Assert.Equal(totals["uordblks"], heaps.Sum(a => a.Bytes("used", "tcache") + a.OverheadBytes));
        Assert.InRange(heaps.Sum(a => a.Blocks("used")), Blocks / 2, Blocks * 7 / 10);
    }

    private static HeapRun Run(string situation, string release, params string[] arguments)
    {
        GlibcRelease? found = GlibcRelease.Unpacked.SingleOrDefault(r => r.Name == release);
        string program = found is null ? "heap" : $"heap-{found.Architecture}";
        return new HeapRun(situation, program, new HeapVariant(situation, [situation, .. arguments]), found);
    }
}
