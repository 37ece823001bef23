using PageAlloc.Heaps;

namespace PageAlloc.Blocks;

/// <summary>The blocks of a target, walked each time they are asked for.</summary>
/// <param name="reader">The heaps; not owned.</param>
public sealed class LiveBlocks(HeapReader reader) : IHeapBlocks
{
    /// <inheritdoc/>
    public HeapSet Heaps => reader.Heaps;

    /// <inheritdoc/>
    public IReadOnlyList<HeapThread> Threads => reader.FindThreads();

    /// <inheritdoc/>
    public IReadOnlyList<ArenaTotals> Run(IBlockSink sink) => HeapWalk.Run(reader, sink);

    /// <inheritdoc/>
    public IReadOnlyList<ArenaTotals> Sum<T>(Func<T> makeSink, out T sink) where T : IBlockSink => HeapWalk.Sum(reader, makeSink, out sink);

    /// <inheritdoc/>
    public WalkFaults RunInOrder(IOrderedBlockSink sink, Func<Arena, Segment, bool>? wants = null) => OrderedWalk.Run(reader, sink, wants);
}
