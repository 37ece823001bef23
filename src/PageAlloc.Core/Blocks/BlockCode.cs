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

    /// <summary>Gives the blocks of a segment to a sink.</summary>
    /// <param name="pieces">The bytes, which are not believed.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="sink">Gets the blocks.</param>
    public static void Replay(IPackedPieces pieces, PackedSegment segment, IBlockSink sink)
    {
        sink.BeginSegment(segment.Arena, segment.Segment);
        var reader = new BlockReader(pieces, segment);
        var batch = new BlockBatch(sink);
        while (reader.TryRead(out Block block))
        {
            batch.Add(in block);
        }

        batch.Flush();
        sink.EndSegment();
    }
}
