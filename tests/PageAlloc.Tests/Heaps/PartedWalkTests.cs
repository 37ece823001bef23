using CsCheck;
using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Heaps.Glibc;
using PageAlloc.Tests.Heaps.Synthetic;

namespace PageAlloc.Tests.Heaps;

/// <summary>Heaps walked in parts, each on its own thread, are what they are in one row.</summary>
public sealed class PartedWalkTests
{
    private const int Heaps = 12;

    public static TheoryData<int> Forms => [.. Enumerable.Range(0, GlibcForm.All.Count)];

    [Theory]
    [MemberData(nameof(Forms))]
    public void Parts_are_the_whole(int form)
    {
        int walked = 0;

        // A heap of a thread has no room for so many in 32 bits.
        int mostChunks = GlibcForm.All[form].Word == 8 ? 1500 : 60;
        Gen.Select(HeapPlan.Of(GlibcForm.All[form], mostChunks), Gen.Int[2, 5]).Sample(
            (plan, count) =>
            {
                using var process = new SyntheticProcess(plan);
                using HeapReader reader = process.Open();
                HeapWalk.Prepare(reader);
                walked += AssertSame(reader, count) ? 1 : 0;
            },
            iter: Heaps,
            threads: 1,
            print: p => $"{p.Item2} parts of {p.Item1}");
        Assert.NotEqual(0, walked);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Damaged_heaps_are_left_to_a_walk_in_one_row_or_walked_alike(int form) => Gen.Select(
        HeapPlan.Of(GlibcForm.All[form], mostChunks: GlibcForm.All[form].Word == 8 ? 600 : 60), Gen.Int[2, 4], Gen.Select(Gen.Double[0, 1], Gen.ULong).Array[1, 4]).Sample(
        (plan, count, writes) =>
        {
            using var process = new SyntheticProcess(plan);
            using HeapReader reader = process.Open();
            foreach ((double place, ulong word) in writes)
            {
                IEnumerable<Block> blocks = process.Arenas.SelectMany(a => a.Blocks);
                Block block = blocks.ElementAt((int)(place * (blocks.Count() - 1)));
                process.Memory.Put(block.Address + (ulong)plan.Form.Layout.PointerSize, word);
            }

            HeapWalk.Prepare(reader);
            AssertSame(reader, count);
        },
        iter: Heaps,
        threads: 1);

    // What a list holds must be a chunk, also in the last block before a cut.
    [Theory]
    [MemberData(nameof(Forms))]
    public void Lists_that_lead_astray_do_so_in_parts_too(int form) => Gen.Select(
        HeapPlan.Of(GlibcForm.All[form], mostChunks: GlibcForm.All[form].Word == 8 ? 600 : 60), Gen.Int[2, 4], Gen.Double[0, 1].Array[1, 8]).Sample(
        (plan, count, places) =>
        {
            using var process = new SyntheticProcess(plan);
            using HeapReader reader = process.Open();
            Block[] blocks = [.. process.Arenas.SelectMany(a => a.Blocks).Where(b => b.State == BlockState.Used && b.Size > 64)];
            if (blocks.Length == 0 || reader.Heaps.Tcaches is not [Tcache cache, ..])
            {
                return;
            }

            cache.Chunks.Clear();
            cache.Chunks.AddRange(places.Select(place => blocks[(int)(place * (blocks.Length - 1))].Address + 32));
            reader.Heaps.Lists.Add(cache);
            reader.Heaps.Lists.Complete([]);
            HeapWalk.Prepare(reader);
            AssertSame(reader, count);
        },
        iter: Heaps,
        threads: 1);

    private static bool AssertSame(HeapReader reader, int count)
    {
        var blocks = new PackedBlocks();
        if (PartedWalk.TryWalk(reader, blocks, count) is not { } totals)
        {
            Assert.Empty(blocks.Segments);
            return false;
        }

        var log = new BlockLog();
        IReadOnlyList<ArenaTotals> whole = HeapWalk.WalkInOneRow(reader, log);
        var replayed = new BlockLog();
        foreach (PackedSegment segment in blocks.Segments)
        {
            BlockCode.Replay(blocks, segment, replayed);
        }

        Assert.Equal(log.Blocks, replayed.Blocks);
        Assert.Equal(whole.Select(Text), totals.Select(Text));
        return true;
    }

    private static string Text(ArenaTotals totals) => string.Join(
        ' ',
        [
            $"{totals.Arena.Address:x}",
            .. Enum.GetValues<BlockState>().Select(s => $"{s}: {totals.Blocks(s)}/{totals.Bytes(s)}"),
            $"swapped {totals.SwappedBytes}",
            .. totals.Problems.Select(p => p.Text),
        ]);
}
