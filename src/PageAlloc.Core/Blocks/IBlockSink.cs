using PageAlloc.Heaps;

namespace PageAlloc.Blocks;

/// <summary>Takes the blocks of a heap one after another: of an arena's segment in address order, with no gap between them.</summary>
public interface IBlockSink
{
    /// <summary>A segment begins.</summary>
    void BeginSegment(Arena arena, Segment segment);

    /// <summary>The next block of the segment. By reference: a copy would wait for the fields that were just written.</summary>
    void Add(in Block block);

    /// <summary>The next blocks of the segment, in the same order: a walk gives them many at a time.</summary>
    void Add(ReadOnlySpan<Block> blocks)
    {
        foreach (ref readonly Block block in blocks)
        {
            Add(in block);
        }
    }

    /// <summary>The segment has ended.</summary>
    void EndSegment();
}
