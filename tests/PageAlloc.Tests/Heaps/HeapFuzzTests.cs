using System.Globalization;
using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Heaps.Glibc;
using PageAlloc.Targets;
using PageAlloc.Tests.Heaps.Synthetic;

namespace PageAlloc.Tests.Heaps;

/// <summary>
/// Damaged processes: whatever stands in memory, nothing but a TargetException comes of it, soon, and what is shown keeps its
/// promises. $PAGEALLOC_FUZZ_CASES says how many; the usual number is what fits into a quick run of all tests.
/// </summary>
public sealed class HeapFuzzTests
{
    private const int UsualCases = 2200;
    private const int CasesOfOne = 40;

    // Every page of the heaps is read to find them, to walk them and to look again, in three attempts when they look as if
    // they were changing; lists that wander read none again. A heap may have grown by 64 MiB since the mappings were read:
    // these 16,384 pages are looked at in each of six walks at most, though nothing is there.
    private const int ReadsOfPage = 100;
    private const int MoreReads = 6 * 16_384;

    [Fact]
    public void Whatever_is_damaged_the_walk_ends_and_keeps_its_promises()
    {
        int cases = int.Parse(Environment.GetEnvironmentVariable("PAGEALLOC_FUZZ_CASES") ?? $"{UsualCases}", CultureInfo.InvariantCulture);
        for (int seed = 0; seed < cases / CasesOfOne; seed++)
        {
            RunOne(seed);
        }
    }

    private static void RunOne(int seed)
    {
        var random = new Random(seed);
        GlibcForm form = GlibcForm.All[seed % GlibcForm.All.Count];
        HeapPlan plan = Plan(form, random);
        using SyntheticProcess process = random.Next(4) == 0 ? new ForkedProcess(plan) : new SyntheticProcess(plan);
        process.Memory.Elsewhere = random.Next(2) == 0 ? PageAccess.Absent : PageAccess.Unreadable;
        process.Memory.Keep();
        var damage = new Damage(process, form, random);
        ulong pages = process.Mappings.Aggregate(0UL, (sum, m) => sum + (m.Range.Length / 4096));
        for (int i = 0; i < CasesOfOne; i++)
        {
            damage.Do();
            try
            {
                Check(process, (long)pages);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}, case {i}, {form}: {string.Join("; ", damage.Done)}: {e.Message}", e);
            }

            process.Memory.Restore();
        }
    }

    private static void Check(SyntheticProcess process, long pages)
    {
        try
        {
            using HeapReader reader = process.Open();
            foreach (ArenaTotals totals in HeapWalk.Sum(reader))
            {
                ulong parts = Enum.GetValues<BlockState>().Aggregate(0UL, (sum, state) => sum + totals.Bytes(state));
                ulong found = totals.Arena.Segments.Aggregate(0UL, (sum, s) => sum + s.Range.Length);
                Assert.Equal(Math.Max(found, totals.Arena.State.SystemBytes), parts);
                Assert.InRange(totals.Problems.Count, 0, 140);
            }

            OrderedWalk.Run(reader, new BlockLog());
            WalkRecording.Of(new LiveBlocks(reader)).RunInOrder(new BlockLog());
            foreach (Arena arena in reader.Heaps.Arenas.Where(a => a.Segments.Count != 0))
            {
                var lists = new FreeLists();
                lists.Add(reader.Cache, arena.State, arena.Layout, [], LongLists.Collect(reader, arena));
                Assert.InRange(lists.Count, 0, 12 * (int)pages * 256);
            }

            Assert.InRange(reader.Heaps.Problems.Count, 0, 200 + (80 * process.ThreadCount));
            Assert.InRange(reader.Heaps.Lists.Count, 0, 100 * (int)pages);
        }
        catch (TargetException)
        {
        }

        Assert.InRange(process.Memory.PagesRead, 1, (pages * ReadsOfPage) + MoreReads);
    }

    private static HeapPlan Plan(GlibcForm form, Random random)
    {
        ChunkPlan[] Chunks() => [.. Enumerable.Range(0, random.Next(20, 60)).Select(_ => new ChunkPlan(
            (ChunkKind)random.Next(5), random.Next(random.Next(2) == 0 ? 4 : random.Next(4) == 0 ? 400 : 62)))];
        ChunkPlan[][] Pieces() => [.. Enumerable.Range(0, random.Next(1, 3)).Select(_ => Chunks())];
        return new HeapPlan(
            form,
            (MainKind)random.Next(3),
            random.Next(300),
            Pieces(),
            [.. Enumerable.Range(0, random.Next(3)).Select(_ => Pieces())],
            random.Next(2),
            [.. Enumerable.Range(0, random.Next(4)).Select(_ => (random.Next(1, 5), random.Next(2) == 0 ? 0 : random.Next(5, 14)))]);
    }
}
