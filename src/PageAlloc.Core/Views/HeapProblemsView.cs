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
        heaps.Problems.Any(IsFault) || arenas.Any(a => a.Problems.Any(IsFault) || a.Bytes(BlockState.Unknown) > a.SwappedBytes);

    private static bool IsFault(Problem problem) => problem.Kind != ProblemKind.Swapped;

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

        foreach (string line in Describe([.. heaps.Problems, .. arenas.SelectMany(a => a.Problems)]))
        {
            sink.Write("  "u8).Write(line).EndLine();
        }
    }

    /// <summary>Problems in words, a line each, 20 at most; arenas that have the same one share a line.</summary>
    /// <param name="problems">The problems.</param>
    public static IEnumerable<string> Describe(IReadOnlyList<Problem> problems)
    {
        IGrouping<string, Problem>[] groups = [.. problems.GroupBy(p => p.Text, StringComparer.Ordinal)];
        foreach (IGrouping<string, Problem> group in groups.Take(MostProblems))
        {
            ulong[] arenas = [.. group.Select(p => p.Arena).Where(a => a != 0).Distinct()];
            string where = arenas.Length switch
            {
                0 => "problem",
                1 => $"problem in arena @0x{arenas[0]:x}",
                _ => $"problem in {TextSink.Count((ulong)arenas.Length)} arenas, the first @0x{arenas[0]:x}",
            };
            yield return $"{where}: {group.Key}";
        }

        if (groups.Length > MostProblems)
        {
            yield return $"and {TextSink.Count((ulong)(groups.Length - MostProblems))} problems more (--format json lists up to 100 of each arena)";
        }
    }
}
