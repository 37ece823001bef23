using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Heaps.Live;

/// <summary>The oracles against each other, without the program under test: the target's two ways to tell its totals agree.</summary>
[Trait("Category", "Live")]
public sealed class HeapTruthTests
{
    public static TheoryData<string> Runs => new(HeapRuns.Names);

    [Theory]
    [MemberData(nameof(Runs))]
    public void Malloc_info_and_mallinfo2_agree(string run)
    {
        using HeapProgram program = HeapRuns.Get(run).Start();
        HeapTruth truth = HeapTruth.Parse(program.Lines);
        Assert.NotEmpty(truth.Blocks);
        if (truth.Libraries == 1)
        {
            ulong Sum(Func<HeapInfo, ulong> part) => truth.Infos.Aggregate(0UL, (sum, info) => sum + part(info));
            Assert.Equal(truth.Totals["arena"], Sum(i => i.SystemBytes));
            Assert.Equal(truth.Totals["ordblks"], Sum(i => i.RestBlocks));
            Assert.Equal(truth.Totals["smblks"], Sum(i => i.FastBlocks));
            Assert.Equal(truth.Totals["fsmblks"], Sum(i => i.FastBytes));
            Assert.Equal(truth.Totals["fordblks"], Sum(i => i.FastBytes + i.RestBytes - (i.RestBlocks - 1)));
        }

        Assert.Equal(truth.Totals["arena"], truth.Totals["uordblks"] + truth.Totals["fordblks"]);
        // Every block lies in one arena's bytes or is a mapping, and all of them together in what is used of both.
        ulong owned = truth.Blocks.Values.Aggregate(0UL, (sum, usable) => sum + usable);
        Assert.InRange(owned, 1UL, truth.Totals["uordblks"] + truth.Totals["hblkhd"]);
    }

    [Fact]
    public void Every_situation_that_the_heap_program_knows_is_tested()
    {
        string[] known = Launch.Run(TargetProgram.PathOf("heap"), "list").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(known.Except(["READY"]).Order(), HeapRuns.Situations.Concat(HeapRuns.Untold).Order());
    }
}
