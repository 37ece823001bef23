using PageAlloc.Heaps;

namespace PageAlloc.Blocks;

/// <summary>
/// A walk of all heaps that can be given to sinks later, as often as wanted: it is taken while the target stands still, which
/// may then go on. It takes one to two bytes a block.
/// </summary>
public sealed class WalkRecording : IHeapBlocks
{
    private readonly PackedBlocks _blocks = new();

    private WalkRecording(HeapReader reader)
    {
        Totals = HeapWalk.Run(reader, _blocks);
        Heaps = reader.Heaps;
    }

    /// <inheritdoc/>
    public HeapSet Heaps { get; }

    /// <summary>The sums of each arena, in the order of <see cref="HeapSet.Arenas"/>.</summary>
    public IReadOnlyList<ArenaTotals> Totals { get; }

    /// <summary>Walks the heaps.</summary>
    /// <param name="reader">The heaps.</param>
    public static WalkRecording Take(HeapReader reader) => new(reader);

    /// <inheritdoc/>
    public IReadOnlyList<ArenaTotals> Run(IBlockSink sink)
    {
        foreach (PackedSegment segment in _blocks.Segments)
        {
            _blocks.Replay(segment, sink);
        }

        return Totals;
    }

    /// <inheritdoc/>
    public IReadOnlyList<ArenaTotals> Sum<T>(Func<T> makeSink, out T sink) where T : IBlockSink => Run(sink = makeSink());

    /// <inheritdoc/>
    public WalkFaults RunInOrder(IOrderedBlockSink sink, ulong? arena = null)
    {
        IEnumerable<PackedSegment> segments = _blocks.Segments.Where(s => arena is null || s.Arena.Address == arena);
        OrderedWalk.InOrder(Heaps.Mmapped, segments, s => s.Segment, sink, segment => _blocks.Replay(segment, sink));
        ArenaTotals[] totals = [.. Totals.Where(t => arena is null || t.Arena.Address == arena)];
        return new WalkFaults(
            [.. Heaps.Problems, .. totals.SelectMany(t => t.Problems)],
            totals.Aggregate(0UL, (sum, t) => sum + t.Bytes(BlockState.Unknown)),
            totals.Aggregate(0UL, (sum, t) => sum + t.SwappedBytes));
    }
}
