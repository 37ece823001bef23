using PageAlloc.Heaps;

namespace PageAlloc.Blocks;

/// <summary>Walks all heaps of a target once, block by block.</summary>
public static class HeapWalk
{
    private const int Attempts = 3;

    /// <summary>
    /// Sums up every arena. A heap that changes meanwhile is read again; when it never stands still, the last sums come
    /// with a problem that says so.
    /// </summary>
    /// <param name="reader">The heaps.</param>
    /// <returns>The sums, in the order of <see cref="HeapSet.Arenas"/>.</returns>
    public static IReadOnlyList<ArenaTotals> Sum(HeapReader reader)
    {
        for (int attempt = 1; ; attempt++)
        {
            IReadOnlyList<ArenaTotals> totals = Run(reader, NoSink.Instance);
            if (attempt == Attempts || totals.All(t => t.Problems.All(p => p.Kind != ProblemKind.Changing)))
            {
                return totals;
            }

            reader.Refresh();
        }
    }

    /// <summary>Walks every arena once; the blocks of each segment go to <paramref name="sink"/> in address order.</summary>
    /// <param name="reader">The heaps.</param>
    /// <param name="sink">Takes the blocks.</param>
    /// <returns>The sums of each arena, in the order of <see cref="HeapSet.Arenas"/>, with a problem when it changed meanwhile.</returns>
    public static IReadOnlyList<ArenaTotals> Run(HeapReader reader, IBlockSink sink)
    {
        if (reader.WasForked && reader.Heaps.OrphanTcaches.Count == 0)
        {
            reader.Add(OrphanSearch.Find(reader));
        }

        IReadOnlyList<ArenaTotals> totals = WalkAll(reader, sink);
        if (!reader.IsUnchanged())
        {
            foreach (ArenaTotals arena in totals)
            {
                arena.Add(new Problem(
                    ProblemKind.Changing, arena.Arena.Address, arena.Arena.Address, "the heap changed while it was read: these numbers are of more than one moment"));
            }
        }

        return totals;
    }

    /// <summary>Walks every arena, without a look at whether it changes.</summary>
    internal static IReadOnlyList<ArenaTotals> WalkAll(HeapReader reader, IBlockSink sink)
    {
        var walk = new ChunkWalk(reader.Memory, reader.Cache, reader.Heaps.Lists, sink);
        return [.. reader.Heaps.Arenas.Select(walk.Run)];
    }

    private sealed class NoSink : IBlockSink
    {
        public static NoSink Instance { get; } = new();

        public void BeginSegment(Arena arena, Segment segment)
        {
        }

        public void Add(Block block)
        {
        }

        public void EndSegment()
        {
        }
    }
}
