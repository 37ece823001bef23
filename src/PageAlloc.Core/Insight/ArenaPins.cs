namespace PageAlloc.Insight;

/// <summary>A block in use that keeps free memory in RAM.</summary>
/// <param name="Chunk">Where it begins: its header, not what malloc returned.</param>
/// <param name="Size">Its bytes, header included.</param>
/// <param name="Bytes">The free bytes that it pins: its share of those on the pages that it lies on.</param>
public readonly record struct PinningBlock(ulong Chunk, ulong Size, ulong Bytes)
{
    /// <summary>The first address behind it.</summary>
    public ulong End => Chunk + Size;
}

/// <summary>The blocks in use of about one size that pin free memory.</summary>
/// <param name="MinSize">The smallest size of the class in bytes, header included.</param>
/// <param name="MaxSize">The largest.</param>
/// <param name="Blocks">How many blocks pin something.</param>
/// <param name="Bytes">The free bytes that they pin.</param>
/// <param name="Largest">The one that pins most, the first of several.</param>
public readonly record struct PinningSize(ulong MinSize, ulong MaxSize, ulong Blocks, ulong Bytes, PinningBlock Largest)
{
    /// <summary>The size in words: <c>64 bytes</c>, or between which powers of two.</summary>
    public string Name => SizeClass.Name(MinSize, MaxSize);
}

/// <summary>
/// What pins free memory of an arena: the free bytes on resident pages that blocks in use lie on as well. Nothing can give
/// such a page back. Its free bytes are shared equally among the blocks in use on it, and the remainder goes to the first; so
/// all shares together are the free bytes on mixed pages, and none counts twice. Sizes are those of chunks, exact up to
/// 1 KiB and by powers of two above, so that it takes the same memory for any number of blocks.
/// </summary>
public sealed class ArenaPins
{
    /// <summary>How many single blocks are kept.</summary>
    public const int MostBlocks = 10;

    // Where the sums of a size are, one more; 0 where there are none. A program may have thousands of arenas with few sizes each.
    private readonly byte[] _places = new byte[SizeClass.Count];
    private Sums[] _sums = [];
    private int _count;
    private readonly PinningBlock[] _top = new PinningBlock[MostBlocks];

    /// <summary>The free bytes that are pinned: of all sizes, and <see cref="OverheadBytes"/>.</summary>
    public ulong TotalBytes { get; private set; }

    /// <summary>The free bytes on mixed pages in RAM that no block in use lies on, only malloc's own structures and gaps.</summary>
    public ulong OverheadBytes { get; private set; }

    /// <summary>Pages in RAM without a used byte that tcaches keep: <c>malloc_trim</c> leaves them, as their blocks count as used. In bytes.</summary>
    public ulong TcacheBytes { get; internal set; }

    /// <summary>The sizes of which a block pins something, in ascending order.</summary>
    public IEnumerable<PinningSize> Sizes
    {
        get
        {
            for (int i = 0; i < SizeClass.Count; i++)
            {
                if (_places[i] != 0)
                {
                    Sums sums = _sums[_places[i] - 1];
                    yield return new PinningSize(SizeClass.MinSize(i), SizeClass.MaxSize(i), sums.Blocks, sums.Bytes, sums.Largest);
                }
            }
        }
    }

    /// <summary>The blocks that pin most, at most <see cref="MostBlocks"/>; of those that pin alike, the first.</summary>
    public IEnumerable<PinningBlock> Blocks => _top.TakeWhile(block => block.Bytes != 0);

    internal void Add(in PinningBlock block)
    {
        SumsOf(SizeClass.Of(block.Size)).Add(1, block.Bytes, block);
        TotalBytes += block.Bytes;
        Keep(in block);
    }

    internal void AddOverhead(ulong bytes)
    {
        TotalBytes += bytes;
        OverheadBytes += bytes;
    }

    /// <summary>Adds what another walk of the same arena saw, of blocks behind those here.</summary>
    internal void Append(ArenaPins next)
    {
        for (int i = 0; i < SizeClass.Count; i++)
        {
            if (next._places[i] != 0)
            {
                Sums sums = next._sums[next._places[i] - 1];
                SumsOf(i).Add(sums.Blocks, sums.Bytes, sums.Largest);
            }
        }

        foreach (PinningBlock block in next.Blocks)
        {
            Keep(in block);
        }

        TotalBytes += next.TotalBytes;
        OverheadBytes += next.OverheadBytes;
        TcacheBytes += next.TcacheBytes;
    }

    private ref Sums SumsOf(int size)
    {
        if (_places[size] == 0)
        {
            if (_count == _sums.Length)
            {
                Array.Resize(ref _sums, Math.Max(8, 2 * _count));
            }

            _places[size] = (byte)++_count;
        }

        return ref _sums[_places[size] - 1];
    }

    private void Keep(in PinningBlock block)
    {
        if (block.Bytes > _top[^1].Bytes)
        {
            Insert(block);
        }
    }

    private void Insert(in PinningBlock block)
    {
        int at = MostBlocks - 1;
        for (; at > 0 && _top[at - 1].Bytes < block.Bytes; at--)
        {
            _top[at] = _top[at - 1];
        }

        _top[at] = block;
    }

    private struct Sums
    {
        public ulong Blocks;
        public ulong Bytes;
        public PinningBlock Largest;

        public void Add(ulong blocks, ulong bytes, in PinningBlock largest)
        {
            Blocks += blocks;
            Bytes += bytes;
            Largest = largest.Bytes > Largest.Bytes ? largest : Largest;
        }
    }
}
