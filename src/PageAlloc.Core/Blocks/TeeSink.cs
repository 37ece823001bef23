using PageAlloc.Heaps;

namespace PageAlloc.Blocks;

/// <summary>Gives the blocks of one walk to two sinks.</summary>
/// <param name="first">Gets each first.</param>
/// <param name="second">Gets each then.</param>
public sealed class TeeSink(IBlockSink first, IBlockSink second) : IBlockSink
{
    /// <inheritdoc/>
    public void BeginSegment(Arena arena, Segment segment)
    {
        first.BeginSegment(arena, segment);
        second.BeginSegment(arena, segment);
    }

    /// <inheritdoc/>
    public void Add(in Block block)
    {
        first.Add(in block);
        second.Add(in block);
    }

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<Block> blocks)
    {
        first.Add(blocks);
        second.Add(blocks);
    }

    /// <inheritdoc/>
    public void EndSegment()
    {
        first.EndSegment();
        second.EndSegment();
    }
}
