namespace PageAlloc.Blocks;

/// <summary>Gathers the blocks of a walk, so that a sink takes many at a call.</summary>
/// <param name="sink">The sink.</param>
internal sealed class BlockBatch(IBlockSink sink)
{
    // 24 KiB: it stays in the first cache beside what the sink works on.
    private readonly Block[] _blocks = new Block[1024];
    private int _count;

    /// <summary>Room for more, at least one: what is written there counts when <see cref="Advance"/> says so.</summary>
    public Span<Block> Room
    {
        get
        {
            if (_count == _blocks.Length)
            {
                Flush();
            }

            return _blocks.AsSpan(_count);
        }
    }

    /// <summary>The first blocks of <see cref="Room"/> were written.</summary>
    public void Advance(int count) => _count += count;

    /// <summary>Adds a block.</summary>
    public void Add(in Block block)
    {
        Room[0] = block;
        _count++;
    }

    /// <summary>Gives the sink what it has not got yet.</summary>
    public void Flush()
    {
        sink.Add(_blocks.AsSpan(0, _count));
        _count = 0;
    }
}
