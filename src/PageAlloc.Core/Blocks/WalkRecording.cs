using PageAlloc.Heaps;
using PageAlloc.Targets;

namespace PageAlloc.Blocks;

/// <summary>
/// A walk of all heaps that can be given to sinks later, as often as wanted. It is taken while the target stands still, which
/// may then go on, and takes one to two bytes a block; or it stands in a snapshot, and then memory does not follow its length.
/// </summary>
public sealed class WalkRecording : IHeapBlocks
{
    private readonly IReadOnlyList<PackedSegment> _segments;
    private readonly IPackedPieces _pieces;

    private WalkRecording(
        HeapSet heaps, IReadOnlyList<HeapThread> threads, IReadOnlyList<ArenaTotals> totals, IReadOnlyList<PackedSegment> segments, IPackedPieces pieces)
    {
        Heaps = heaps;
        Threads = threads;
        Totals = totals;
        _segments = segments;
        _pieces = pieces;
    }

    /// <inheritdoc/>
    public HeapSet Heaps { get; }

    /// <inheritdoc/>
    public IReadOnlyList<HeapThread> Threads { get; }

    /// <summary>The sums of each arena, in the order of <see cref="HeapSet.Arenas"/>.</summary>
    public IReadOnlyList<ArenaTotals> Totals { get; }

    /// <summary>The segments, in the order of the walk.</summary>
    internal IReadOnlyList<PackedSegment> Segments => _segments;

    /// <summary>Their blocks.</summary>
    internal IPackedPieces Pieces => _pieces;

    /// <summary>Writes it to a snapshot.</summary>
    internal void Write(MomentWriter moment)
    {
        HeapSection.Write(moment, Heaps, Threads);
        if (_pieces is not PackedBlocks blocks)
        {
            blocks = new PackedBlocks();
            _ = Run(blocks);
        }

        WalkSections.Write(moment, Heaps, Totals, blocks);
    }

    /// <summary>The walk in a snapshot.</summary>
    /// <exception cref="TargetException">The heaps could not be read when the snapshot was taken, or it is damaged.</exception>
    internal static WalkRecording Read(ISections sections)
    {
        HeapSet heaps = HeapSection.Read(sections, out IReadOnlyList<HeapThread> threads);
        var walk = WalkSections.Read(sections, heaps);
        return new WalkRecording(heaps, threads, walk.Totals, walk.Segments, walk.Pieces);
    }

    /// <summary>Keeps the blocks of any source in memory, so that the source may go: heaps that change meanwhile are walked again.</summary>
    /// <param name="blocks">The blocks.</param>
    public static WalkRecording Of(IHeapBlocks blocks)
    {
        if (blocks is WalkRecording { _pieces: PackedBlocks } kept)
        {
            return kept;
        }

        IReadOnlyList<ArenaTotals> totals = blocks.Sum(() => new PackedBlocks(), out PackedBlocks packed);
        return new WalkRecording(blocks.Heaps, blocks.Threads, totals, packed.Segments, packed);
    }

    /// <inheritdoc/>
    public IReadOnlyList<ArenaTotals> Run(IBlockSink sink)
    {
        foreach (PackedSegment segment in _segments)
        {
            BlockCode.Replay(_pieces, segment, sink);
        }

        return Totals;
    }

    /// <inheritdoc/>
    public IReadOnlyList<ArenaTotals> Sum<T>(Func<T> makeSink, out T sink) where T : IBlockSink => Run(sink = makeSink());

    /// <inheritdoc/>
    public WalkFaults RunInOrder(IOrderedBlockSink sink, Func<Arena, Segment, bool>? wants = null)
    {
        PackedSegment[] segments = [.. _segments.Where(s => wants?.Invoke(s.Arena, s.Segment) ?? true)];
        OrderedWalk.InOrder(Heaps.Mmapped, segments, s => s.Segment, sink, segment => BlockCode.Replay(_pieces, segment, sink));
        ILookup<ulong, Segment> walked = segments.ToLookup(s => s.Arena.Address, s => s.Segment);
        ArenaTotals[] totals = [.. Totals.Where(t => wants is null || walked.Contains(t.Arena.Address))];
        return new WalkFaults(
            [.. Heaps.Problems, .. totals.SelectMany(t => t.Problems.Where(p => wants is null || IsOf(p, t.Arena, walked[t.Arena.Address])))],
            totals.Aggregate(0UL, (sum, t) => sum + t.Bytes(BlockState.Unknown)),
            totals.Aggregate(0UL, (sum, t) => sum + t.SwappedBytes));
    }

    // With a part of an arena only, what was found wrong in others is no fault.
    private static bool IsOf(Problem problem, Arena arena, IEnumerable<Segment> segments) =>
        arena.Problems.Contains(problem) || segments.Any(s => s.Range.Contains(problem.Address));
}
