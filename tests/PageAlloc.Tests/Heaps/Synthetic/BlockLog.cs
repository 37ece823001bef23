using PageAlloc.Blocks;
using PageAlloc.Heaps;

namespace PageAlloc.Tests.Heaps.Synthetic;

/// <summary>Keeps what a walk gives, and holds it against its promise: the blocks of a segment follow each other and fill it.</summary>
internal sealed class BlockLog : IOrderedBlockSink
{
    private ulong _next;
    private ulong _end;

    public List<Block> Blocks { get; } = [];

    public List<MmappedBlock> Mmapped { get; } = [];

    public void BeginSegment(Arena arena, Segment segment) => (_next, _end) = (segment.Range.Start, segment.Range.End);

    public void Add(in Block block)
    {
        Assert.Equal(_next, block.Address);
        Assert.NotEqual(0UL, block.Size);
        _next = block.End;
        Blocks.Add(block);
    }

    public void Add(MmappedBlock block) => Mmapped.Add(block);

    public void EndSegment() => Assert.Equal(_end, _next);
}
