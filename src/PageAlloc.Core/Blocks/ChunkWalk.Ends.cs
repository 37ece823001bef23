using PageAlloc.Heaps;
using PageAlloc.Heaps.Glibc;
using PageAlloc.Targets;

namespace PageAlloc.Blocks;

/// <summary>What ends a row of chunks: top, fenceposts, damage, and pages that can't be read. Each tells where the walk goes on.</summary>
internal sealed partial class ChunkWalk
{
    // How far before a broken header a chunk is looked for, where the one before may claim too much.
    private const ulong BlamedBytes = 64 << 10;

    private ulong WalkTop(ulong chunk, ulong size)
    {
        if (size != _limit - chunk)
        {
            Report(ProblemKind.BrokenTop, chunk, $"the top chunk at 0x{chunk:x} has the size 0x{size:x}; 0x{_limit - chunk:x} are left of the segment");
        }

        Emit(new Block(chunk, _limit - chunk, BlockState.Top));
        return _limit;
    }

    // A size of 0 ends a segment only right behind a fencepost.
    private bool IsTerminator(ulong chunk) => chunk + (ulong)(4 * _arena.Layout.PointerSize) >= _limit;

    /// <summary>Two headers end a piece. What follows in the same segment got there by a foreign sbrk, and then more chunks.</summary>
    private ulong WalkFenceposts(ulong chunk)
    {
        var header = (ulong)_arena.Layout.HeaderSize;
        for (int i = 0; i < 2 && chunk + header <= _limit; i++)
        {
            ReadOnlySpan<byte> bytes = _window.At(chunk, (int)header, _limit, out _);
            if (bytes.IsEmpty || (_window.Word(bytes[_arena.Layout.PointerSize..]) & ChunkBits.SizeMask) is var size && size != header && size != 0)
            {
                break;
            }

            Emit(new Block(chunk, header, BlockState.Fencepost));
            chunk += header;
        }

        ulong next = _arena.IsMain ? _proof.FindFrom(chunk, _limit, _arena) : _limit;
        Emit(new Block(chunk, next - chunk, _proof.IsExhausted ? BlockState.Unknown : BlockState.Overhead));
        return next;
    }

    // A header that can't be is damaged, or is none, as the chunk before claims too much or too little.
    private ulong SkipDamage(ulong chunk, ulong word)
    {
        if (_pending.Size != 0)
        {
            ulong start = Math.Max(_pending.Address + _arena.Layout.MinimumSize, chunk - Math.Min(chunk, BlamedBytes));
            if (_proof.Find(start, chunk, _limit, _arena) is var real && real < chunk)
            {
                Report(
                    ProblemKind.BrokenSize,
                    _pending.Address,
                    $"the chunk at 0x{_pending.Address:x} has the size 0x{_pending.Size:x}, but a chunk begins at 0x{real:x} and none at 0x{chunk:x}");
                _pending.Size = real - _pending.Address;
                EmitPending(BlockState.Unknown);
                _progress.SawUnknown = true;
                return real;
            }
        }

        EmitPending(BlockState.Unknown);
        Report(
            ProblemKind.BrokenSize,
            chunk,
            $"the chunk at 0x{chunk:x} has the size field 0x{word:x}: not a multiple of {_arena.Layout.Alignment} of at least {_arena.Layout.MinimumSize} within the segment");
        ulong next = _proof.FindFrom(chunk + (ulong)_arena.Layout.Alignment, _limit, _arena);
        _progress.SawUnknown = true;
        Emit(new Block(chunk, next - chunk, BlockState.Unknown));
        return next;
    }

    private ulong SkipUnreadable(ulong chunk, PageAccess access)
    {
        ulong next = _proof.FindFrom((chunk | _pageMask) + 1, _limit, _arena);
        _progress.SawUnknown = true;
        Emit(new Block(chunk, next - chunk, BlockState.Unknown));
        if (access != PageAccess.Swapped)
        {
            Report(ProblemKind.Other, chunk, $"0x{next - chunk:x} bytes from 0x{chunk:x} can't be read");
        }

        return next;
    }
}
