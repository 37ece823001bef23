using System.Buffers;
using PageAlloc.Blocks;
using PageAlloc.Heaps;

namespace PageAlloc.Views;

/// <summary>What is wrong with the heaps, or not known of them, in words.</summary>
public static class HeapProblemsView
{
    private const int MostProblems = 20;

    /// <summary>Whether what is shown of the heaps is incomplete: they are damaged, changing or not readable. Swapped out does not count.</summary>
    /// <param name="heaps">The heaps.</param>
    /// <param name="arenas">The sums of their arenas.</param>
    public static bool IsIncomplete(HeapSet heaps, IReadOnlyList<ArenaTotals> arenas) =>
        heaps.Problems.Count != 0 || arenas.Any(a => a.Problems.Count != 0 || a.Bytes(BlockState.Unknown) > a.SwappedBytes);

    /// <summary>Writes the problems, a line each; nothing when there are none.</summary>
    /// <param name="heaps">The heaps.</param>
    /// <param name="arenas">The sums of the arenas to speak of.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void Write(HeapSet heaps, IReadOnlyList<ArenaTotals> arenas, IBufferWriter<byte> output)
    {
        var sink = new TextSink(output);
        int orphans = heaps.OrphanTcaches.Sum(t => t.Chunks.Count);
        if (orphans != 0)
        {
            sink.Write($"  {TextSink.Count((ulong)orphans)} blocks of the tcaches are in those of threads that a fork left behind: nothing can use them").EndLine();
        }

        ulong swapped = arenas.Aggregate(0UL, (sum, arena) => sum + arena.SwappedBytes);
        if (swapped != 0)
        {
            sink.Write($"  {TextSink.Size(swapped)} are not known, as they are swapped out (--swap-in reads them)").EndLine();
        }

        Problem[] problems = [.. heaps.Problems, .. arenas.SelectMany(a => a.Problems)];
        foreach (Problem problem in problems.Take(MostProblems))
        {
            sink.Write(problem.Arena == 0 ? "  problem: " : $"  problem in arena @0x{problem.Arena:x}: ").Write(problem.Text).EndLine();
        }

        if (problems.Length > MostProblems)
        {
            sink.Write($"  and {TextSink.Count((ulong)(problems.Length - MostProblems))} problems more (--format json lists up to 100 of each arena)").EndLine();
        }
    }
}
