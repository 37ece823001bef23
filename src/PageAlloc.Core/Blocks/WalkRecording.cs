using PageAlloc.Heaps;

namespace PageAlloc.Blocks;

/// <summary>
/// A walk of all heaps that can be given to sinks later, as often as wanted: it is taken while the target stands still, which
/// may then go on. It takes one to two bytes a block.
/// </summary>
public sealed class WalkRecording : IHeapBlocks
{
    private readonly PackedBlocks _blocks;

    private WalkRecording(HeapSet heaps, IReadOnlyList<ArenaTotals> totals, PackedBlocks blocks)
    {
        Heaps = heaps;
        Totals = totals;
        _blocks = blocks;
    }

    /// <inheritdoc/>
    public HeapSet Heaps { get; }

    /// <summary>The sums of each arena, in the order of <see cref="HeapSet.Arenas"/>.</summary>
    public IReadOnlyList<ArenaTotals> Totals { get; }

    /// <summary>The blocks.</summary>
    internal PackedBlocks Blocks => _blocks;

    /// <summary>Walks the heaps.</summary>
    /// <param name="reader">The heaps.</param>
    public static WalkRecording Take(HeapReader reader)
    {
        var blocks = new PackedBlocks();
        IReadOnlyList<ArenaTotals> totals = HeapWalk.Run(reader, blocks);
        return new WalkRecording(reader.Heaps, totals, blocks);
    }

    /// <summary>Keeps the blocks of any source, which may be gone then: heaps that change meanwhile are walked again.</summary>
    /// <param name="blocks">The blocks; a recording is given back as it is.</param>
    public static WalkRecording Of(IHeapBlocks blocks)
    {
        if (blocks is WalkRecording kept)
        {
            return kept;
        }

        IReadOnlyList<ArenaTotals> totals = blocks.Sum(() => new PackedBlocks(), out PackedBlocks packed);
        return new WalkRecording(blocks.Heaps, totals, packed);
    }

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
