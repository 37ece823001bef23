using CsCheck;
using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Tests.Heaps.Synthetic;

namespace PageAlloc.Tests.Heaps;

/// <summary>Behind a page that is swapped out, a walk goes on from a chunk, whatever the program's data looks like.</summary>
public sealed class SwappedGapTests
{
    private const int Heaps = 60;

    public static TheoryData<int> Forms => [.. Enumerable.Range(0, GlibcForm.All.Count).Where(i => GlibcForm.All[i].Word == 8)];

    // 0x5555 in each word of the data: a size of 0x5550 bytes that a thread's arena could have.
    [Theory]
    [MemberData(nameof(Forms))]
    public void Data_is_not_taken_for_chunks_of_a_main_arena(int form)
    {
        int known = 0;
        HeapPlan.Of(GlibcForm.All[form], mostChunks: 1500).Sample(
            plan =>
            {
                if (plan.MainKind == MainKind.NonContiguous)
                {
                    // Where a page of such a heap is swapped out, its other segments are not found: that is another matter.
                    return;
                }

                using var process = new SyntheticProcess(plan);
                Block[] main = [.. process.Arenas[0].Blocks];
                foreach (Block block in main.Where(b => b.State == BlockState.Used && b.Size is > 64 and < 1 << 16))
                {
                    for (ulong at = block.Address + 32; at + 8 <= block.End; at += 8)
                    {
                        process.Memory.Put(at, 0x5555);
                    }
                }

                ulong middle = main[main.Length / 2].Address & ~4095UL;
                process.Memory.PageOut(middle);
                using HeapReader reader = process.Open();
                var log = new BlockLog();
                WalkFaults faults = OrderedWalk.Run(reader, log);
                Assert.DoesNotContain(faults.Problems, p => p.Kind is ProblemKind.BrokenSize or ProblemKind.SizeMismatch);
                HashSet<(ulong, ulong)> truth = [.. process.Arenas.SelectMany(a => a.Blocks).Select(b => (b.Address, b.Size))];
                Assert.All(log.Blocks.Where(b => b.State is not (BlockState.Unknown or BlockState.Overhead)), b => Assert.Contains((b.Address, b.Size), truth));
                known += log.Blocks.Count(b => b.Address > middle && b.State == BlockState.Used);
            },
            iter: Heaps,
            threads: 1);
        Assert.NotEqual(0, known);
    }
}
