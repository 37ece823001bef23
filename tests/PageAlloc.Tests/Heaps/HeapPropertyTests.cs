using CsCheck;
using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Heaps.Glibc;
using PageAlloc.Tests.Heaps.Synthetic;

namespace PageAlloc.Tests.Heaps;

/// <summary>Whatever heaps a process has, of whatever release: each block is found, and is what it is. These releases need not run here.</summary>
public sealed class HeapPropertyTests
{
    private const int Heaps = 60;

    public static TheoryData<int> Forms => [.. Enumerable.Range(0, GlibcForm.All.Count)];

    [Theory]
    [MemberData(nameof(Forms))]
    public void The_reference_and_the_layouts_agree(int form) =>
        Assert.Equal(GlibcForm.All[form].StateSize, GlibcForm.All[form].Layout.StateSize);

    [Theory]
    [MemberData(nameof(Forms))]
    public void Every_block_is_found_and_is_what_it_is(int form) => HeapPlan.Of(GlibcForm.All[form]).Sample(
        plan =>
        {
            using var process = new SyntheticProcess(plan);
            using HeapReader reader = process.Open();
            AssertFound(process, reader.Heaps, plan);
            AssertBlocks(process, reader);
            AssertLongLists(reader);
            AssertRecording(reader);
            AssertSums(process, HeapWalk.Sum(reader));
        },
        iter: Heaps,
        threads: 1,
        print: plan => plan.ToString());

    private static void AssertFound(SyntheticProcess process, HeapSet heaps, HeapPlan plan)
    {
        Assert.Empty(heaps.Problems);
        Assert.All(heaps.Arenas, arena => Assert.Empty(arena.Problems));
        Assert.Equal(process.Arenas.Select(a => a.Address), heaps.Arenas.Select(a => a.Address));
        Assert.Equal(process.Mmapped, heaps.Mmapped);
        Assert.Equal(process.Parameters, Assert.Single(heaps.Parameters).Address);
        Assert.Equal(process.Tcaches.Order(), heaps.Tcaches.Select(t => t.Address).Order());
        Assert.All(heaps.Arenas, arena => Assert.Equal(plan.Form.Layout with { SafeLinking = arena.Layout.SafeLinking }, arena.Layout));
        Assert.Equal(process.ThreadCount, heaps.Arenas.Sum(a => a.Threads.Count));
    }

    private static void AssertBlocks(SyntheticProcess process, HeapReader reader)
    {
        var log = new BlockLog();
        WalkFaults faults = OrderedWalk.Run(reader, log);
        Assert.Empty(faults.Problems);
        Assert.Equal(0UL, faults.UnknownBytes);
        Assert.Equal(process.Arenas.SelectMany(a => a.Blocks).OrderBy(b => b.Address), log.Blocks);
        Assert.Equal(process.Mmapped, log.Mmapped);
    }

    // What was kept of a walk is the walk.
    private static void AssertRecording(HeapReader reader)
    {
        var walked = new BlockLog();
        OrderedWalk.Run(reader, walked);
        var recording = WalkRecording.Of(new LiveBlocks(reader));
        var replayed = new BlockLog();
        recording.RunInOrder(replayed);
        Assert.Equal(walked.Blocks, replayed.Blocks);
        Assert.Equal(walked.Mmapped, replayed.Mmapped);
    }

    // Followed in a table of all links, the lists are what they are in memory.
    private static void AssertLongLists(HeapReader reader)
    {
        HeapSet heaps = reader.Heaps;
        var problems = new List<Problem>();
        var lists = new FreeLists();
        heaps.Tcaches.ToList().ForEach(lists.Add);
        foreach (Arena arena in heaps.Arenas.Where(a => a.Segments.Count != 0))
        {
            lists.Add(reader.Cache, arena.State, arena.Layout, problems, LongLists.Collect(reader, arena));
        }

        lists.Complete(problems);
        Assert.Empty(problems);
        Assert.Equal(Enumerable.Range(0, heaps.Lists.Count).Select(i => heaps.Lists[i]), Enumerable.Range(0, lists.Count).Select(i => lists[i]));
    }

    private static void AssertSums(SyntheticProcess process, IReadOnlyList<ArenaTotals> totals)
    {
        Assert.Equal(process.Arenas.Count, totals.Count);
        foreach ((ArenaImage truth, ArenaTotals sums) in process.Arenas.Zip(totals))
        {
            Assert.Empty(sums.Problems);
            Assert.Equal(truth.SystemBytes, sums.Arena.State.SystemBytes);
            foreach (BlockState state in Enum.GetValues<BlockState>())
            {
                Block[] blocks = [.. truth.Blocks.Where(b => b.State == state)];
                Assert.Equal((state, (ulong)blocks.Length), (state, sums.Blocks(state)));
                Assert.Equal((state, blocks.Aggregate(0UL, (sum, b) => sum + b.Size)), (state, sums.Bytes(state)));
            }

            Assert.Equal(truth.SystemBytes, Enum.GetValues<BlockState>().Aggregate(0UL, (sum, state) => sum + sums.Bytes(state)));
        }
    }
}
