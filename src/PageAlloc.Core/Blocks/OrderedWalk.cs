using PageAlloc.Heaps;

namespace PageAlloc.Blocks;

/// <summary>Takes the blocks of all heaps in the order of their addresses, those among them that are mappings of their own.</summary>
public interface IOrderedBlockSink : IBlockSink
{
    /// <summary>The next block is a mapping of its own; no segment is open.</summary>
    void Add(MmappedBlock block);
}

/// <summary>What a walk saw of the heaps that was not as it should be.</summary>
/// <param name="Problems">What is wrong.</param>
/// <param name="UnknownBytes">Bytes that are not known: damaged, swapped out or unreadable.</param>
/// <param name="SwappedBytes">Bytes among them that are merely swapped out.</param>
public sealed record WalkFaults(IReadOnlyList<Problem> Problems, ulong UnknownBytes, ulong SwappedBytes)
{
    /// <summary>Whether something is wrong. Swapped out is not.</summary>
    public bool Any => Problems.Any(p => p.Kind != ProblemKind.Swapped) || UnknownBytes > SwappedBytes;
}

/// <summary>Walks all heaps of a target once, by address and not arena by arena.</summary>
public static class OrderedWalk
{
    /// <summary>Walks; the segments of all arenas and the mmapped blocks go to <paramref name="sink"/> in address order.</summary>
    /// <param name="reader">The heaps.</param>
    /// <param name="sink">Takes the blocks.</param>
    /// <param name="wants">Which segments to walk; null for all. Problems are those of their arenas.</param>
    public static WalkFaults Run(HeapReader reader, IOrderedBlockSink sink, Func<Arena, Segment, bool>? wants = null)
    {
        HeapWalk.Prepare(reader);
        HeapSet heaps = reader.Heaps;
        List<(Arena Arena, Segment Segment)> segments =
            [.. heaps.Arenas.SelectMany(a => a.Segments.Select(s => (a, s))).Where(p => wants?.Invoke(p.a, p.s) ?? true)];
        IEnumerable<Arena> arenas = wants is null ? heaps.Arenas : segments.Select(p => p.Arena).Distinct();
        List<Problem> problems = [.. heaps.Problems];
        var byArena = arenas.ToDictionary(a => a.Address, a => new ArenaProgress(a));
        var walk = new ChunkWalk(reader.Memory, reader.Cache, heaps.Lists, sink);
        ulong swapped = 0;
        InOrder(heaps.Mmapped, segments, p => p.Segment, sink, p => walk.Run(byArena[p.Arena.Address], new SegmentPart(p.Arena, p.Segment)));
        IReadOnlySet<ulong> changed = reader.FindChanged();
        ulong unknown = 0;
        problems = [.. SecondLook.WithoutChanged(heaps, problems, changed)];
        foreach (ArenaProgress progress in byArena.Values)
        {
            // With a part of an arena only, what the others hold is no fault.
            ArenaTotals totals = wants is null ? progress.End() : progress.Totals;
            problems.AddRange(HeapWalk.FindChange(totals, changed) is { } change ? [change] : totals.Problems);
            unknown += totals.Bytes(BlockState.Unknown);
            swapped += totals.SwappedBytes;
        }

        if (SecondLook.Confirm(reader, problems) is { } confirmed)
        {
            problems = [.. SecondLook.Keep(problems, confirmed, 0)];
        }

        return new WalkFaults(problems, unknown, swapped);
    }

    /// <summary>Walks segments by address, and gives the mmapped blocks between them to <paramref name="sink"/>.</summary>
    internal static void InOrder<T>(
        IReadOnlyList<MmappedBlock> mmapped, IEnumerable<T> segments, Func<T, Segment> segmentOf, IOrderedBlockSink sink, Action<T> walk)
    {
        var mappings = new Queue<MmappedBlock>(mmapped.OrderBy(m => m.Range.Start));
        foreach (T segment in segments.OrderBy(s => segmentOf(s).Range.Start))
        {
            AddMmapped(segmentOf(segment).Range.Start);
            walk(segment);
        }

        AddMmapped(ulong.MaxValue);

        void AddMmapped(ulong before)
        {
            while (mappings.TryPeek(out MmappedBlock next) && next.Range.Start < before)
            {
                sink.Add(mappings.Dequeue());
            }
        }
    }
}
