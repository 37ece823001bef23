using PageAlloc.Blocks;

namespace PageAlloc.Insight;

/// <summary>
/// The blocks in use on the page that a walk is at, and what of its free bytes falls to each. A block that goes on behind
/// the page is kept until its last page has ended, so that it counts once with all that it pins.
/// </summary>
internal sealed class PageSharers(int pageSize)
{
    // The smallest chunk has 16 bytes, on i386; and one more may begin before the page.
    private readonly PinningBlock[] _sharers = new PinningBlock[(pageSize / 16) + 1];
    private int _count;
    private PinningBlock _carried;

    /// <summary>A block in use lies on the page, as the next one in address order.</summary>
    public void Add(in Block block) => _sharers[_count++] = new PinningBlock(block.Address, block.Size, 0);

    /// <summary>The page has ended.</summary>
    /// <param name="end">Where.</param>
    /// <param name="free">The free bytes on it that these blocks pin; 0 where the page is not in RAM or has none.</param>
    /// <param name="pins">Gets the blocks that end there.</param>
    public void EndPage(ulong end, ulong free, ArenaPins pins)
    {
        if (_count == 0 || _sharers[0].Chunk != _carried.Chunk)
        {
            Flush(pins);
        }

        if (_count != 0 && (free | _carried.Bytes) != 0)
        {
            Share(end, free, pins);
        }
        else if (free != 0)
        {
            pins.AddOverhead(free);
        }

        _count = 0;
    }

    /// <summary>No page follows that the last block could go on to.</summary>
    public void Flush(ArenaPins pins)
    {
        if (_carried.Bytes != 0)
        {
            pins.Add(in _carried);
            _carried = default;
        }
    }

    private void Share(ulong end, ulong free, ArenaPins pins)
    {
        ulong share = free / (ulong)_count;
        ulong first = (free % (ulong)_count) + _carried.Bytes;
        _carried = default;
        for (int i = 0; i < _count; i++, first = 0)
        {
            ref readonly PinningBlock sharer = ref _sharers[i];
            var block = new PinningBlock(sharer.Chunk, sharer.Size, share + first);
            if (block.End > end)
            {
                _carried = block;
            }
            else if (block.Bytes != 0)
            {
                pins.Add(in block);
            }
        }
    }
}
