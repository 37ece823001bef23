using PageAlloc.Heaps;

namespace PageAlloc.Blocks;

/// <summary>
/// Keeps the blocks of a walk, in one byte up to 56 bytes of chunk and in two up to 8 KiB, so that they can be given to other
/// sinks after the target has gone on. Memory: those bytes, and 48 for each segment.
/// </summary>
internal sealed class PackedBlocks : IPartedSink, IPackedPieces
{
    private readonly List<(byte[] Bytes, int Length)> _pieces = [];
    private readonly List<PackedSegment> _segments = [];
    private byte[] _piece = [];
    private int _length;
    private PackedSegment _open;
    private ulong _blocks;

    /// <summary>The segments, in the order of the walk.</summary>
    public IReadOnlyList<PackedSegment> Segments => _segments;

    /// <summary>The pieces; none is empty.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Pieces =>
        _pieces.Append((_piece, _length)).Where(p => p.Item2 != 0).Select(p => new ReadOnlyMemory<byte>(p.Item1, 0, p.Item2));

    /// <inheritdoc/>
    public void BeginSegment(Arena arena, Segment segment)
    {
        EndPieceUnlessRoom();
        _open = new PackedSegment(arena, segment, _pieces.Count, _length, 0);
        _blocks = 0;
    }

    /// <inheritdoc/>
    public void Add(in Block block)
    {
        EndPieceUnlessRoom();
        var state = (ulong)block.State;
        if (block.Size % 8 == 0 && block.Size >> 61 == 0 && state != BlockCode.Odd)
        {
            Write((block.Size << 1) | state);
        }
        else
        {
            Write((state << BlockCode.StateBits) | BlockCode.Odd);
            Write(block.Size);
        }

        _blocks++;
    }

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<Block> blocks)
    {
        foreach (ref readonly Block block in blocks)
        {
            Add(in block);
        }
    }

    /// <inheritdoc/>
    public void EndSegment() => _segments.Add(_open with { Blocks = _blocks });

    /// <inheritdoc/>
    public IPartedSink MakePart() => new PackedBlocks();

    /// <inheritdoc/>
    public void Append(IPartedSink part)
    {
        var next = (PackedBlocks)part;
        EndPiece();
        int pieces = _pieces.Count;
        foreach (PackedSegment segment in next._segments)
        {
            bool goesOn = _segments.Count != 0 && _segments[^1].Segment.Range.Start == segment.Segment.Range.Start;
            if (goesOn)
            {
                _segments[^1] = _segments[^1] with { Blocks = _segments[^1].Blocks + segment.Blocks };
            }
            else
            {
                _segments.Add(segment with { Piece = segment.Piece + pieces });
            }
        }

        next.EndPiece();
        _pieces.AddRange(next._pieces);
    }

    /// <inheritdoc/>
    public (byte[] Bytes, int Length) PieceAt(int number) => number < _pieces.Count ? _pieces[number] : (_piece, _length);

    /// <inheritdoc/>
    public Exception Damage(string what) => new InvalidOperationException(what);

    private void Write(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            _piece[_length++] = (byte)(value | 0x80);
        }

        _piece[_length++] = (byte)value;
    }

    private void EndPieceUnlessRoom()
    {
        if (_piece.Length - _length < BlockCode.MaxLength)
        {
            EndPiece();
            _piece = GC.AllocateUninitializedArray<byte>(BlockCode.PieceSize);
        }
    }

    private void EndPiece()
    {
        if (_length != 0)
        {
            _pieces.Add((_piece, _length));
            _piece = [];
            _length = 0;
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
