using PageAlloc.Heaps;
using PageAlloc.Targets;

namespace PageAlloc.Blocks;

/// <summary>
/// Walks heaps in parts, a thread for each. What it gives is what a walk in one row gives: wherever something is wrong, or a
/// part does not end where the next begins, that is left to one.
/// </summary>
internal static class PartedWalk
{
    private const int MostThreads = 4;

    // Below, a second thread is not worth its start.
    private const ulong LeastBytes = 16 << 20;

    /// <summary>Walks all heaps.</summary>
    /// <param name="reader">The heaps.</param>
    /// <param name="sink">Gets the blocks; untouched when null is given.</param>
    /// <returns>The sums, in the order of the arenas; null when the heaps must be walked in one row.</returns>
    public static IReadOnlyList<ArenaTotals>? TryWalk(HeapReader reader, IPartedSink sink)
    {
        ulong bytes = reader.Heaps.Arenas.SelectMany(a => a.Segments).Aggregate(0UL, (sum, s) => sum + s.Range.Length);
        return TryWalk(reader, sink, (int)Math.Min((ulong)Math.Min(Environment.ProcessorCount, MostThreads), bytes / LeastBytes));
    }

    /// <summary>The same, in at most <paramref name="count"/> parts.</summary>
    internal static IReadOnlyList<ArenaTotals>? TryWalk(HeapReader reader, IPartedSink sink, int count)
    {
        IReadOnlyList<Arena> arenas = reader.Heaps.Arenas;
        if (count < 2 || arenas.Any(HasProblems) || sink.MakePart() is not { } first || reader.Memory.Again() is not { } again)
        {
            return null;
        }

        again.Dispose();
        List<List<SegmentPart>> cuts = new HeapCuts(reader.Cache, reader.Heaps.Lists).Cut(arenas, count);
        if (cuts.Count < 2)
        {
            return null;
        }

        // As soon as something is wrong, all of them stop.
        using var wrong = new CancellationTokenSource();
        Part[] parts = [.. cuts.Select((segments, i) => new Part(
            segments, i == 0 ? first : sink.MakePart()!, i > 0 && cuts[i - 1][^1].Arena.Address == segments[0].Arena.Address, wrong))];
        SideThread[] threads = [.. parts.Skip(1).Select(part => SideThread.Start(() => part.Run(reader)))];
        try
        {
            parts[0].Run(reader);
        }
        finally
        {
            SideThread.JoinAll(threads);
        }

        if (wrong.IsCancellationRequested)
        {
            return null;
        }

        foreach (Part part in parts)
        {
            sink.Append(part.Sink);
        }

        return Join(arenas, parts);
    }

    private static ArenaTotals[] Join(IReadOnlyList<Arena> arenas, Part[] parts)
    {
        var byArena = new Dictionary<ulong, ArenaProgress>();
        foreach (ArenaProgress progress in parts.SelectMany(p => p.Progress))
        {
            if (!byArena.TryAdd(progress.Arena.Address, progress))
            {
                byArena[progress.Arena.Address].Append(progress);
            }
        }

        return [.. arenas.Select(arena => byArena.GetValueOrDefault(arena.Address, new ArenaProgress(arena)).End())];
    }

    // Those that are merely swapped out are no reason: nothing more is found of them in one row.
    private static bool HasProblems(Arena arena) => arena.Problems.Any(p => p.Kind != ProblemKind.Swapped);

    private sealed class Part(List<SegmentPart> segments, IPartedSink sink, bool continues, CancellationTokenSource wrong)
    {
        public IPartedSink Sink => sink;

        public List<ArenaProgress> Progress { get; } = [];

        public void Run(HeapReader reader)
        {
            using IMemory memory = reader.Memory.Again()!;
            using var cache = new MemoryCache(memory, reader.Cache.PointerSize);
            var walk = new ChunkWalk(memory, cache, reader.Heaps.Lists, sink) { Wrong = wrong };
            foreach (SegmentPart segment in segments)
            {
                if (Progress.Count == 0 || Progress[^1].Arena.Address != segment.Arena.Address)
                {
                    Progress.Add(new ArenaProgress(segment.Arena, continues && Progress.Count == 0));
                }

                if (!walk.Run(Progress[^1], segment))
                {
                    wrong.Cancel();
                    return;
                }
            }
        }
    }
}
