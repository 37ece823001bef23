using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PageAlloc.Heaps;
using PageAlloc.Heaps.Glibc;

namespace PageAlloc.Blocks;

/// <summary>The chunk whose state the next header tells.</summary>
internal struct PendingChunk
{
    /// <summary>Where its header is.</summary>
    public ulong Address;

    /// <summary>Its bytes; 0 when there is none.</summary>
    public ulong Size;

    /// <summary>Its first word, and its second: the links, if it is free.</summary>
    public ulong Forward, Back;
}

/// <summary>
/// The quick part of a walk: chunks whose headers are as they should be, which no list holds and behind which another
/// follows. That is nearly all of them; what needs a closer look is left to <see cref="ChunkWalk"/>.
/// </summary>
internal readonly struct SoundChunks
{
    private readonly ulong _minimumSize;
    private readonly ulong _largeSize;
    private readonly ulong _oddBits;
    private readonly int _pointerSize;

    /// <summary>For the chunks of an arena.</summary>
    public SoundChunks(Arena arena)
    {
        GlibcLayout layout = arena.Layout;
        _minimumSize = layout.MinimumSize;
        _largeSize = layout.LargeSize;
        _pointerSize = layout.PointerSize;
        _oddBits = ChunkBits.Mmapped | (arena.IsMain ? ChunkBits.NonMainArena : 0) | ((ulong)(layout.Alignment - 1) & ChunkBits.SizeMask);
    }

    /// <summary>Takes chunks as long as they are sound; each is given out when the header behind it was read.</summary>
    /// <param name="bytes">Memory from the pending chunk on.</param>
    /// <param name="pending">The chunk to settle first, then the one to settle next. It has a size.</param>
    /// <param name="stop">No chunk is taken from there on.</param>
    /// <param name="limit">The end of the segment: no chunk ends behind it.</param>
    /// <param name="progress">Gets the sums and the links.</param>
    /// <param name="batch">Gets the blocks.</param>
    /// <returns>The first chunk that was not taken.</returns>
    public ulong Take(ReadOnlySpan<byte> bytes, ref PendingChunk pending, ulong stop, ulong limit, ArenaProgress progress, BlockBatch batch) =>
        _pointerSize == 8
            ? Take<ulong>(bytes, ref pending, stop, limit, progress, batch)
            : Take<uint>(bytes, ref pending, stop, limit, progress, batch);

    private ulong Take<TWord>(
        ReadOnlySpan<byte> bytes, ref PendingChunk pending, ulong stop, ulong limit, ArenaProgress progress, BlockBatch batch)
        where TWord : unmanaged
    {
        ref byte first = ref MemoryMarshal.GetReference(bytes);
        nuint word = (nuint)Unsafe.SizeOf<TWord>();
        ulong start = pending.Address;
        ulong most = limit - start;
        ulong offset = pending.Size;

        // The whole header of each chunk that is taken, links included, is in the bytes.
        ulong end = Math.Min(stop - start, (ulong)Math.Max(0, bytes.Length - (4 * (int)word) + 1));
        if (stop <= start || offset >= end || most < _minimumSize)
        {
            return start + offset;
        }

        ulong pendingOffset = 0;
        ulong pendingSize = pending.Size;
        ulong range = most - _minimumSize;
        ulong smallBlocks = 0, smallBytes = 0, largeBlocks = 0, largeBytes = 0, blocks = 0;
        BinLinks links = progress.Links;
        while (offset < end)
        {
            Span<Block> room = batch.Room;
            int count = 0;
            for (; count < room.Length && offset < end; count++)
            {
                ulong field = Read<TWord>(ref first, (nuint)offset + word);
                ulong size = field & ChunkBits.SizeMask;

                // Too small wraps round to too large.
                if (size - _minimumSize > range || size > most - offset || (field & _oddBits) != 0)
                {
                    end = 0;
                    break;
                }

                BlockState state = BlockState.Used;
                if ((field & ChunkBits.PreviousInUse) == 0)
                {
                    if (Read<TWord>(ref first, (nuint)offset) != pendingSize)
                    {
                        end = 0;
                        break;
                    }

                    nuint at = (nuint)pendingOffset + (2 * word);
                    links.Add(start + pendingOffset, Read<TWord>(ref first, at), Read<TWord>(ref first, at + word));
                    bool isLarge = pendingSize >= _largeSize;
                    state = isLarge ? BlockState.Large : BlockState.Small;
                    (isLarge ? ref largeBlocks : ref smallBlocks)++;
                    (isLarge ? ref largeBytes : ref smallBytes) += pendingSize;
                }

                room[count] = new Block(start + pendingOffset, pendingSize, state);
                pendingOffset = offset;
                pendingSize = size;
                offset += size;
            }

            batch.Advance(count);
            blocks += (ulong)count;
        }

        progress.Links = links;
        progress.Totals.Add(BlockState.Small, smallBlocks, smallBytes);
        progress.Totals.Add(BlockState.Large, largeBlocks, largeBytes);

        // What was given out lies between where it began and the chunk now pending, without a gap.
        progress.Totals.Add(BlockState.Used, blocks - smallBlocks - largeBlocks, pendingOffset - smallBytes - largeBytes);
        pending = new PendingChunk
        {
            Address = start + pendingOffset,
            Size = pendingSize,
            Forward = Read<TWord>(ref first, (nuint)pendingOffset + (2 * word)),
            Back = Read<TWord>(ref first, (nuint)pendingOffset + (3 * word)),
        };
        return start + offset;
    }

    // Within the bytes: the caller's offsets are below the end that was set above. Bounds checks cost a fifth of the loop.
    private static ulong Read<TWord>(ref byte first, nuint offset) where TWord : unmanaged
    {
        ref byte at = ref Unsafe.AddByteOffset(ref first, offset);
        return typeof(TWord) == typeof(ulong) ? Unsafe.ReadUnaligned<ulong>(ref at) : Unsafe.ReadUnaligned<uint>(ref at);
    }
}
