using System.Diagnostics;
using PageAlloc.Heaps;

namespace PageAlloc.Blocks;

/// <summary>Walks all heaps of a target once, block by block.</summary>
public static class HeapWalk
{
    private const int Attempts = 3;

    // One that changed in half a second of reading changes in the next half too.
    private static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Sums up every arena. Heaps that change meanwhile are read again, unless that takes long; the sums of one that never stands
    /// still come with a problem that says so, and with no other.
    /// </summary>
    /// <param name="reader">The heaps.</param>
    /// <returns>The sums, in the order of <see cref="HeapSet.Arenas"/>.</returns>
    public static IReadOnlyList<ArenaTotals> Sum(HeapReader reader) => Sum<IBlockSink>(reader, () => NoSink.Instance, out _);

    /// <summary>Sums up every arena, and gives the blocks of the last reading to a sink.</summary>
    /// <param name="reader">The heaps.</param>
    /// <param name="makeSink">Makes a sink; called again when the heaps are read again.</param>
    /// <param name="sink">The sink that got the blocks which the sums are of.</param>
    /// <returns>The sums, in the order of <see cref="HeapSet.Arenas"/>.</returns>
    public static IReadOnlyList<ArenaTotals> Sum<T>(HeapReader reader, Func<T> makeSink, out T sink) where T : IBlockSink
    {
        long start = Stopwatch.GetTimestamp();
        for (int attempt = 1; ; attempt++)
        {
            sink = makeSink();
            IReadOnlyList<ArenaTotals> totals = Run(reader, sink);
            if (attempt == Attempts || reader.IsStopped || !IsChanging(reader.Heaps, totals) || Stopwatch.GetElapsedTime(start) > s_longest)
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
        Prepare(reader);
        IReadOnlyList<ArenaTotals> totals = WalkAll(reader, sink);
        IReadOnlySet<ulong> changed = reader.FindChanged();
        foreach (ArenaTotals arena in totals)
        {
            if (FindChange(arena, changed) is { } problem)
            {
                arena.ReplaceProblems([problem]);
            }
            else
            {
                BrokenLinks.Name(reader, arena);
            }
        }

        // Each of those arenas says that it changed.
        reader.Replace(SecondLook.WithoutChanged(reader.Heaps, reader.Heaps.Problems, changed));
        KeepConfirmed(reader, totals);
        return totals;
    }

    /// <summary>Finds what only a walk can find of what is free: long lists, and tcaches that a fork left behind.</summary>
    internal static void Prepare(HeapReader reader)
    {
        LongLists.Follow(reader);
        if (reader.WasForked && reader.Heaps.OrphanTcaches.Count == 0)
        {
            reader.Add(OrphanSearch.Find(reader));
        }
    }

    private static void KeepConfirmed(HeapReader reader, IReadOnlyList<ArenaTotals> totals)
    {
        IReadOnlyList<Problem> general = reader.Heaps.Problems;
        if (SecondLook.Confirm(reader, [.. general, .. totals.SelectMany(t => t.Problems)]) is not { } confirmed)
        {
            return;
        }

        reader.Replace(SecondLook.Keep(general, confirmed, 0));
        foreach (ArenaTotals arena in totals)
        {
            arena.ReplaceProblems(SecondLook.Keep(arena.Problems, confirmed, arena.Arena.Address));
        }
    }

    /// <summary>What to say of an arena that was changing, instead of what looked wrong meanwhile; null when it stood still.</summary>
    /// <param name="totals">What its walk gave.</param>
    /// <param name="changed">The arenas that are not what they were before.</param>
    internal static Problem? FindChange(ArenaTotals totals, IReadOnlySet<ulong> changed)
    {
        Arena arena = totals.Arena;
        string? why = changed.Contains(arena.Address) ? "it changed while it was read: these numbers are of more than one moment"
            : totals.Problems.Count != 0 && arena.State.Mutex != 0 ? "a thread is at work in it, and left it half changed"
            : null;
        return why is null ? null
            : new Problem(ProblemKind.Changing, arena.Address, arena.Address, $"{why}; try again, or with --freeze");
    }

    private static bool IsChanging(HeapSet heaps, IReadOnlyList<ArenaTotals> totals) =>
        heaps.Problems.Concat(totals.SelectMany(t => t.Problems)).Any(p => p.Kind == ProblemKind.Changing);

    /// <summary>Walks every arena on this thread.</summary>
    internal static IReadOnlyList<ArenaTotals> WalkInOneRow(HeapReader reader, IBlockSink sink)
    {
        var walk = new ChunkWalk(reader.Memory, reader.Cache, reader.Heaps.Lists, sink);
        return [.. reader.Heaps.Arenas.Select(walk.Run)];
    }

    /// <summary>Walks every arena, without a look at whether it changes.</summary>
    internal static IReadOnlyList<ArenaTotals> WalkAll(HeapReader reader, IBlockSink sink)
    {
        if (sink is IPartedSink parted && PartedWalk.TryWalk(reader, parted) is { } totals)
        {
            return totals;
        }

        return WalkInOneRow(reader, sink);
    }
}
