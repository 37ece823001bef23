namespace PageAlloc.Blocks;

/// <summary>Gives the packed blocks of a segment one after another. Their bytes are not believed: they must fill the segment.</summary>
internal struct BlockReader
{
    // The smallest chunk has 16 bytes, on i386. Sinks count on it.
    private const ulong LeastChunk = 16;

    private readonly IPackedPieces _pieces;
    private readonly ulong _end;
    private byte[] _bytes = [];
    private int _length;
    private int _piece;
    private int _at;
    private ulong _left;
    private ulong _address;

    /// <summary>Begins with the first block of a segment.</summary>
    public BlockReader(IPackedPieces pieces, PackedSegment segment)
    {
        _pieces = pieces;
        _piece = segment.Piece;
        _at = segment.Offset;
        _left = segment.Blocks;
        _address = segment.Segment.Range.Start;
        _end = segment.Segment.Range.End;
        if (_left != 0)
        {
            (_bytes, _length) = pieces.PieceAt(_piece);
        }
    }

    /// <summary>The next block; false behind the last.</summary>
    public bool TryRead(out Block block)
    {
        if (_left == 0)
        {
            block = default;
            return _address == _end ? false : throw _pieces.Damage($"the blocks of the segment that ends at 0x{_end:x} end at 0x{_address:x}");
        }

        if (_at == _length)
        {
            (_bytes, _length) = _pieces.PieceAt(++_piece);
            _at = 0;
        }

        ulong code = Next();
        bool isOdd = (code & BlockCode.StateMask) == BlockCode.Odd;
        ulong size = isOdd ? Next() : (code & ~BlockCode.StateMask) >> 1;
        block = new Block(_address, size, (BlockState)(isOdd ? code >> BlockCode.StateBits : code & BlockCode.StateMask));
        if (size - 1 >= _end - _address || !CanBe(block))
        {
            throw _pieces.Damage($"a block of {size} bytes in state {(int)block.State} at 0x{_address:x}, in a segment that ends at 0x{_end:x}");
        }

        _address += size;
        _left--;
        return true;
    }

    private static bool CanBe(in Block block) => block.State switch
    {
        BlockState.Used or BlockState.Tcache or BlockState.Fast or BlockState.Unsorted or BlockState.Small or BlockState.Large => block.Size >= LeastChunk,
        BlockState.Mmapped => false,
        _ => block.State <= BlockState.Overhead,
    };

    private ulong Next()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64 && _at < _length; shift += 7)
        {
            byte next = _bytes[_at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw _pieces.Damage("the code of a block goes on behind its chunk");
    }
}
