using PageAlloc.Heaps;

namespace PageAlloc.Blocks;

/// <summary>The blocks of all heaps of a target, wherever they come from: the target itself, or a walk that was kept.</summary>
public interface IHeapBlocks
{
    /// <summary>The heaps, as they were when last looked for.</summary>
    HeapSet Heaps { get; }

    /// <summary>The threads that are found in memory, of a process whose heaps are not glibc's too.</summary>
    IReadOnlyList<HeapThread> Threads { get; }

    /// <summary>Gives the blocks of each segment, arena by arena, to <paramref name="sink"/>, in address order.</summary>
    /// <returns>The sums of each arena, in the order of <see cref="HeapSet.Arenas"/>, with a problem when it changed meanwhile.</returns>
    IReadOnlyList<ArenaTotals> Run(IBlockSink sink);

    /// <summary>The same; heaps that change meanwhile are read again, with another sink.</summary>
    /// <param name="makeSink">Makes a sink.</param>
    /// <param name="sink">The sink that got the blocks which the sums are of.</param>
    IReadOnlyList<ArenaTotals> Sum<T>(Func<T> makeSink, out T sink) where T : IBlockSink;

    /// <summary>Gives the segments of all arenas and the mmapped blocks to <paramref name="sink"/> in address order.</summary>
    /// <param name="sink">Takes the blocks.</param>
    /// <param name="wants">Which segments to give; null for all. Problems are those of their arenas.</param>
    WalkFaults RunInOrder(IOrderedBlockSink sink, Func<Arena, Segment, bool>? wants = null);
}
