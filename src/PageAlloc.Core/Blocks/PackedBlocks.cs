using PageAlloc.Heaps;

namespace PageAlloc.Blocks;

/// <summary>
/// Keeps the blocks of a walk, in one byte up to 56 bytes of chunk and in two up to 8 KiB, so that they can be given to other
/// sinks after the target has gone on. Memory: those bytes, and 48 for each segment.
/// </summary>
internal sealed class PackedBlocks : IBlockSink
{
    private const int PieceSize = 1 << 18;

    // A 64-bit number takes ten bytes in groups of seven bits; a block two of them at most.
    private const int LongestBlock = 20;
    private const int StateBits = 4;
    private const ulong StateMask = (1 << StateBits) - 1;

    // Sizes are counted in eights; what is not a multiple, only overhead and unknown spans, has this in the place of a state, and then both.
    private const ulong Odd = StateMask;

    private readonly List<(byte[] Bytes, int Length)> _pieces = [];
    private readonly List<PackedSegment> _segments = [];
    private byte[] _piece = [];
    private int _length;
    private PackedSegment _open;

    /// <summary>The segments, in the order of the walk.</summary>
    public IReadOnlyList<PackedSegment> Segments => _segments;

    /// <inheritdoc/>
    public void BeginSegment(Arena arena, Segment segment)
    {
        EndPieceUnlessRoom();
        _open = new PackedSegment(arena, segment, _pieces.Count, _length, 0);
    }

    /// <inheritdoc/>
    public void Add(in Block block)
    {
        EndPieceUnlessRoom();
        var state = (ulong)block.State;
        if (block.Size % 8 == 0 && block.Size >> 61 == 0 && state != Odd)
        {
            Write((block.Size << 1) | state);
        }
        else
        {
            Write((state << StateBits) | Odd);
            Write(block.Size);
        }

        _open = _open with { Blocks = _open.Blocks + 1 };
    }

    /// <inheritdoc/>
    public void EndSegment() => _segments.Add(_open);

    /// <summary>Gives the blocks of a segment to a sink.</summary>
    public void Replay(PackedSegment segment, IBlockSink sink)
    {
        sink.BeginSegment(segment.Arena, segment.Segment);
        var reader = new Reader(this, segment);
        while (reader.TryRead(out Block block))
        {
            sink.Add(in block);
        }

        sink.EndSegment();
    }

    private void Write(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            _piece[_length++] = (byte)(value | 0x80);
        }

        _piece[_length++] = (byte)value;
    }

    private (byte[] Bytes, int Length) PieceAt(int number) => number < _pieces.Count ? _pieces[number] : (_piece, _length);

    private void EndPieceUnlessRoom()
    {
        if (_piece.Length - _length < LongestBlock)
        {
            if (_length != 0)
            {
                _pieces.Add((_piece, _length));
            }

            _piece = GC.AllocateUninitializedArray<byte>(PieceSize);
            _length = 0;
        }
    }

    /// <summary>Gives the blocks of a segment one after another.</summary>
    internal struct Reader
    {
        private readonly PackedBlocks _blocks;
        private byte[] _bytes;
        private int _length;
        private int _piece;
        private int _at;
        private ulong _left;
        private ulong _address;

        /// <summary>Begins with the first block of a segment.</summary>
        public Reader(PackedBlocks blocks, PackedSegment segment)
        {
            _blocks = blocks;
            _piece = segment.Piece;
            _at = segment.Offset;
            _left = segment.Blocks;
            _address = segment.Segment.Range.Start;
            (_bytes, _length) = blocks.PieceAt(_piece);
        }

        /// <summary>The next block; false behind the last.</summary>
        public bool TryRead(out Block block)
        {
            if (_left == 0)
            {
                block = default;
                return false;
            }

            if (_at == _length)
            {
                (_bytes, _length) = _blocks.PieceAt(++_piece);
                _at = 0;
            }

            ulong code = Next();
            bool isOdd = (code & StateMask) == Odd;
            ulong size = isOdd ? Next() : (code & ~StateMask) >> 1;
            block = new Block(_address, size, (BlockState)(isOdd ? code >> StateBits : code & StateMask));
            _address += size;
            _left--;
            return true;
        }

        private ulong Next()
        {
            ulong value = 0;
            for (int shift = 0; ; shift += 7)
            {
                byte next = _bytes[_at++];
                value |= (ulong)(next & 0x7f) << shift;
                if (next < 0x80)
                {
                    return value;
                }
            }
        }
    }
}

/// <summary>Where the blocks of a segment are.</summary>
/// <param name="Arena">The arena.</param>
/// <param name="Segment">The segment.</param>
/// <param name="Piece">The number of the piece in which they begin.</param>
/// <param name="Offset">And the byte in it.</param>
/// <param name="Blocks">How many there are.</param>
internal readonly record struct PackedSegment(Arena Arena, Segment Segment, int Piece, int Offset, ulong Blocks);
