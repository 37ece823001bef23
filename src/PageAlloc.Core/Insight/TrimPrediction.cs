using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Heaps.Glibc;

namespace PageAlloc.Insight;

/// <summary>
/// What <c>malloc_trim(0)</c> would give back, without calling it. It merges what fastbins hold with free neighbours, drops
/// the whole pages inside each free chunk, and lowers the break by whole pages of the main arena's top. Chunks in tcaches
/// keep their pages, and so do the tops of thread arenas. source: malloc/malloc.c, mtrim and systrim
/// </summary>
internal sealed class TrimPrediction(PageCursor cursor, TrimConditions conditions, int pageSize)
{
    private readonly ulong _pageSize = (ulong)pageSize;
    private Arena _arena = null!;
    private GlibcLayout _layout = null!;

    // Free chunks that follow each other and would be one.
    private ulong _start;
    private ulong _end;

    // The last block that was not free, and the free bytes directly before it.
    private Block _last;
    private ulong _beforeLast;

    /// <summary>Begins a segment.</summary>
    public void Begin(Arena arena, Segment segment)
    {
        _arena = arena;
        _layout = arena.Layout;
        _start = _end = segment.Range.Start;
        _last = default;
    }

    /// <summary>Takes the next block; adds to <paramref name="pages"/> the bytes of RAM that what ended before it would give back, and of a top chunk.</summary>
    public void Add(in Block block, ArenaPages pages)
    {
        switch (block.State)
        {
            case BlockState.Fast or BlockState.Unsorted or BlockState.Small or BlockState.Large:
                _start = _end == block.Address ? _start : block.Address;
                _end = block.End;
                break;
            case BlockState.Top:
                AddTop(_end == block.Address ? _start : block.Address, block, pages);
                _start = _end = block.End;
                break;
            default:
                // Less than a page gives nothing back, and is what stands between most blocks.
                if (_end - _start >= _pageSize)
                {
                    End(pages);
                }

                _last = block;
                _beforeLast = _end - _start;
                _start = _end = block.End;
                break;
        }
    }

    /// <summary>Adds the bytes of RAM that the free chunk begun would give back.</summary>
    public void End(ArenaPages pages)
    {
        pages.TrimmableBytes += Trimmable(_start, _end);
        pages.LargeFreeBytes += _end - _start >= MallocParameters.UsualThreshold ? Resident(_start, _end) : 0;
    }

    private ulong Trimmable(ulong start, ulong end)
    {
        ulong header = 6 * (ulong)_layout.PointerSize;
        if (end - start <= _pageSize - 1 + header)
        {
            return 0;
        }

        ulong first = (start + header + _pageSize - 1) & ~(_pageSize - 1);
        ulong last = end & ~(_pageSize - 1);
        return last > first && !conditions.Locked.Contains(first) ? Resident(first, last) : 0;
    }

    // Only when the break is where top ends: otherwise malloc leaves it. Free chunks before top, from start on, have become its part.
    private void AddTop(ulong start, in Block top, ArenaPages pages)
    {
        bool goesByBreak = _arena.IsMain && top.End == conditions.Break;
        ulong step = goesByBreak ? conditions.Step : _pageSize;
        ulong rest = top.End - start - Math.Min(top.End - start, _layout.MinimumSize + 1);
        ulong first = top.End - (rest - (rest % step));
        if (goesByBreak)
        {
            pages.TrimmableBytes += Resident(first, top.End);

            // When a free() shortens the heap, top keeps M_TOP_PAD, which is usually as large as the threshold.
            pages.LargeFreeBytes += Resident(Math.Min(top.End, start + MallocParameters.UsualThreshold), top.End);
            pages.TrimmableTopBytes += Resident(Math.Max(first, top.Address), top.End);
            pages.UnderTop = _last.State is BlockState.Used or BlockState.Tcache ? UnderTop() : null;
        }
        else
        {
            pages.KeptTopBytes += Resident(first, top.End);
        }
    }

    private BlockUnderTop UnderTop()
    {
        ulong start = _last.Address - _beforeLast;
        ulong resident = Resident(start, _last.Address);
        return new BlockUnderTop(
            _last.Address, _last.Size, _last.State == BlockState.Tcache, _beforeLast, resident, resident - Trimmable(start, _last.Address));
    }

    private ulong Resident(ulong start, ulong end)
    {
        ulong bytes = 0;
        while (start < end)
        {
            bool isResident = cursor.At(start & ~(_pageSize - 1), out ulong stateEnd).IsResident;
            ulong next = Math.Min(stateEnd, end);
            bytes += isResident ? next - start : 0;
            start = next;
        }

        return bytes;
    }
}
