using PageAlloc.Heaps;

namespace PageAlloc.Blocks;

/// <summary>Walks all heaps of a target once, block by block.</summary>
public static class HeapWalk
{
    /// <summary>Walks every arena; the blocks of each segment go to <paramref name="sink"/> in address order.</summary>
    /// <param name="reader">The heaps.</param>
    /// <param name="sink">Takes the blocks; null when only the sums are wanted.</param>
    /// <returns>The sums of each arena, in the order of <see cref="HeapSet.Arenas"/>.</returns>
    public static IReadOnlyList<ArenaTotals> Run(HeapReader reader, IBlockSink? sink = null)
    {
        var walk = new ChunkWalk(reader.Memory, reader.Cache, reader.Heaps.Lists, sink ?? NoSink.Instance);
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
