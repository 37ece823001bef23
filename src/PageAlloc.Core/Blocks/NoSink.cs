using PageAlloc.Heaps;

namespace PageAlloc.Blocks;

/// <summary>Takes blocks for a walk of which only the sums are wanted.</summary>
internal sealed class NoSink : IPartedSink
{
    /// <summary>It has no state: one is enough.</summary>
    public static NoSink Instance { get; } = new();

    public void BeginSegment(Arena arena, Segment segment)
    {
    }

    public void Add(in Block block)
    {
    }

    public void Add(ReadOnlySpan<Block> blocks)
    {
    }

    public void EndSegment()
    {
    }

    public IPartedSink MakePart() => this;

    public void Append(IPartedSink part)
    {
    }
}
