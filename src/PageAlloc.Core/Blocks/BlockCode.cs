using PageAlloc.Targets;

namespace PageAlloc.Blocks;

/// <summary>
/// How a block is kept in a few bytes: its size in eights and its state in one number, in groups of seven bits. Where a block
/// is follows from those before it.
/// </summary>
internal static class BlockCode
{
    /// <summary>The bytes of a piece, over whose end no block goes: a chunk of a snapshot.</summary>
    public const int PieceSize = SnapshotFormat.ChunkSize;

    /// <summary>The bytes that a block takes at most: a 64-bit number takes ten, and a block two of them.</summary>
    public const int MaxLength = 20;

    /// <summary>The bits of a state.</summary>
    public const int StateBits = 4;

    /// <summary>
    /// In the place of a state: its size is no multiple of eight, as only that of overhead and unknown spans, so the state
    /// and then the size in bytes follow.
    /// </summary>
    public const ulong Odd = StateMask;

    /// <summary>The bits of a state, in their place.</summary>
    public const ulong StateMask = (1 << StateBits) - 1;

    // The smallest chunk has 16 bytes, on i386. Sinks count on it.
    private const ulong LeastChunk = 16;

    /// <summary>Gives the blocks of a segment to a sink.</summary>
    /// <param name="pieces">The bytes, which are not believed.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="sink">Gets the blocks.</param>
    public static void Replay(IPackedPieces pieces, PackedSegment segment, IBlockSink sink)
    {
        sink.BeginSegment(segment.Arena, segment.Segment);
        ulong address = segment.Segment.Range.Start;
        ulong end = segment.Segment.Range.End;
        int number = segment.Piece;
        int at = segment.Offset;
        (byte[] bytes, int length) = segment.Blocks == 0 ? ([], 0) : pieces.PieceAt(number);
        for (ulong left = segment.Blocks; left != 0; left--)
        {
            if (at == length)
            {
                (bytes, length) = pieces.PieceAt(++number);
                at = 0;
            }

            ReadOnlySpan<byte> piece = bytes.AsSpan(0, length);
            ulong code = Read(piece, ref at, pieces);
            bool isOdd = (code & StateMask) == Odd;
            ulong size = isOdd ? Read(piece, ref at, pieces) : (code & ~StateMask) >> 1;
            var block = new Block(address, size, (BlockState)(isOdd ? code >> StateBits : code & StateMask));
            if (size - 1 >= end - address || !CanBe(block))
            {
                throw pieces.Damage($"a block of {size} bytes in state {(int)block.State} at 0x{address:x}, in a segment that ends at 0x{end:x}");
            }

            sink.Add(in block);
            address += size;
        }

        if (address != end)
        {
            throw pieces.Damage($"the blocks of the segment {segment.Segment.Range} end at 0x{address:x}");
        }

        sink.EndSegment();
    }

    private static bool CanBe(in Block block) => block.State switch
    {
        BlockState.Used or BlockState.Tcache or BlockState.Fast or BlockState.Unsorted or BlockState.Small or BlockState.Large => block.Size >= LeastChunk,
        BlockState.Mmapped => false,
        _ => block.State <= BlockState.Overhead,
    };

    private static ulong Read(ReadOnlySpan<byte> bytes, ref int at, IPackedPieces pieces)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64 && (uint)at < (uint)bytes.Length; shift += 7)
        {
            byte next = bytes[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw pieces.Damage("the code of a block goes on behind its chunk");
    }
}
