using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Heaps.Glibc;
using PageAlloc.Mappings;

namespace PageAlloc.Insight;

/// <summary>
/// What <c>malloc_trim(0)</c> would give back, without calling it. It merges what fastbins hold with free neighbours, drops
/// the whole pages inside each free chunk, and lowers the break by whole pages of the main arena's top. Chunks in tcaches
/// keep their pages, and so do the tops of thread arenas. source: malloc/malloc.c, mtrim and systrim
/// </summary>
internal sealed class TrimPrediction(PageCursor cursor, IReadOnlyList<Mapping> mappings, int pageSize)
{
    private readonly ulong _pageSize = (ulong)pageSize;
    private Arena _arena = null!;
    private GlibcLayout _layout = null!;

    // Free chunks that follow each other and would be one.
    private ulong _start;
    private ulong _end;

    /// <summary>Begins a segment.</summary>
    public void Begin(Arena arena, Segment segment)
    {
        _arena = arena;
        _layout = arena.Layout;
        _start = _end = segment.Range.Start;
    }

    /// <summary>Takes the next block; gives the bytes of RAM that what ended before it would give back, and of a top chunk.</summary>
    public ulong Add(Block block)
    {
        switch (block.State)
        {
            case BlockState.Fast or BlockState.Unsorted or BlockState.Small or BlockState.Large:
                _start = _end == block.Address ? _start : block.Address;
                _end = block.End;
                return 0;
            case BlockState.Top:
                ulong top = _end == block.Address && _end > _start ? _start : block.Address;
                _start = _end = block.End;
                return _arena.IsMain ? OfTop(top, block.End) : 0;
            default:
                ulong bytes = End();
                _start = _end = block.End;
                return bytes;
        }
    }

    /// <summary>Gives the bytes of RAM that the free chunk begun would give back.</summary>
    public ulong End()
    {
        ulong size = _end - _start;
        ulong header = 6 * (ulong)_layout.PointerSize;
        if (size <= _pageSize - 1 + header)
        {
            return 0;
        }

        ulong first = (_start + header + _pageSize - 1) & ~(_pageSize - 1);
        ulong last = _end & ~(_pageSize - 1);
        return last > first ? Resident(first, last) : 0;
    }

    // Only when the break is where top ends: otherwise malloc leaves it.
    private ulong OfTop(ulong top, ulong end)
    {
        bool endsAtBreak = mappings.Any(m => m.Range.End == end && m.Name.Span.SequenceEqual("[heap]"u8));
        ulong rest = end - top - Math.Min(end - top, _layout.MinimumSize + 1);
        ulong extra = rest & ~(_pageSize - 1);
        return endsAtBreak && extra != 0 ? Resident(end - extra, end) : 0;
    }

    private ulong Resident(ulong start, ulong end)
    {
        ulong bytes = 0;
        while (start < end)
        {
            bool isResident = cursor.At(start, out ulong stateEnd).IsResident;
            ulong next = Math.Min(stateEnd, end);
            bytes += isResident ? next - start : 0;
            start = next;
        }

        return bytes;
    }
}
