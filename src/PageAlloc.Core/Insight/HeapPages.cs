using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Pages;

namespace PageAlloc.Insight;

/// <summary>
/// Joins the blocks of a walk with the states of pages: classes each page of each arena, and predicts what
/// <c>malloc_trim(0)</c> would give back. Pages of one kind in a row are taken at once, so that cost follows blocks and runs.
/// </summary>
public sealed class HeapPages : IBlockSink
{
    private readonly ulong _pageSize;
    private readonly PageCursor _cursor;
    private readonly TrimPrediction _trim;
    private readonly Dictionary<ulong, ArenaPages> _arenas = [];
    private ArenaPages _arena = null!;
    private ulong _arenaAddress;

    // The page begun, and the bytes of each kind on it so far.
    private ulong _page;
    private ulong _used;
    private ulong _free;
    private ulong _unknown;

    /// <summary>Makes a sink.</summary>
    /// <param name="table">The pages of the process: of all mappings in which heaps are.</param>
    /// <param name="mappings">All mappings of the process.</param>
    public HeapPages(PageTable table, IReadOnlyList<Mappings.Mapping> mappings)
    {
        _pageSize = (ulong)table.PageSize;
        _cursor = new PageCursor(table);
        _trim = new TrimPrediction(new PageCursor(table), mappings, table.PageSize);
    }

    /// <summary>The pages of an arena that was walked; null of one that has no segment.</summary>
    public ArenaPages? Of(Arena arena) => _arenas.GetValueOrDefault(arena.Address);

    /// <inheritdoc/>
    public void BeginSegment(Arena arena, Segment segment)
    {
        if (_arenaAddress != arena.Address)
        {
            _arenaAddress = arena.Address;
            if (!_arenas.TryGetValue(arena.Address, out ArenaPages? pages))
            {
                _arenas.Add(arena.Address, pages = new ArenaPages(arena));
            }

            _arena = pages;
        }

        _trim.Begin(arena, segment);
    }

    /// <inheritdoc/>
    public void Add(Block block)
    {
        _arena.TrimmableBytes += _trim.Add(block);
        for (ulong at = block.Address; at < block.End;)
        {
            ulong page = at & ~(_pageSize - 1);
            if (page != _page)
            {
                EndPage();
                _page = page;
            }

            // Behind the first page of a large block are whole ones of one kind.
            if (at == page && _used + _free + _unknown == 0 && block.End - at >= _pageSize)
            {
                at = AddWholePages(at, block);
                continue;
            }

            ulong bytes = Math.Min(block.End, page + _pageSize) - at;
            switch (KindOf(block.State))
            {
                case Kind.Used:
                    _used += bytes;
                    break;
                case Kind.Free:
                    _free += bytes;
                    break;
                default:
                    _unknown += bytes;
                    break;
            }

            at += bytes;
        }
    }

    /// <inheritdoc/>
    public void EndSegment()
    {
        _arena.TrimmableBytes += _trim.End();
        EndPage();
    }

    private ulong AddWholePages(ulong at, Block block)
    {
        ulong end = block.End & ~(_pageSize - 1);
        Kind kind = KindOf(block.State);
        while (at < end)
        {
            PageState state = _cursor.At(at, out ulong stateEnd);
            ulong bytes = Math.Min(stateEnd, end) - at;
            Count(state, kind == Kind.Used, kind == Kind.Free, bytes / _pageSize, kind == Kind.Free ? bytes : 0);
            at += bytes;
        }

        _page = 0;
        return at;
    }

    private void EndPage()
    {
        if (_used + _free + _unknown != 0)
        {
            PageState state = _cursor.At(_page, out _);
            Count(state, _used != 0 && _unknown == 0, _free != 0 && _unknown == 0, 1, _free);
            _used = _free = _unknown = 0;
        }
    }

    private void Count(PageState state, bool isUsed, bool isFree, ulong pages, ulong freeBytes)
    {
        bool isSwapped = state.Kind == PageKind.Swapped;
        HeapPageClass of = state.Kind switch
        {
            PageKind.NotPresent or PageKind.Zero or PageKind.Guard => HeapPageClass.Absent,
            PageKind.Unknown => HeapPageClass.Unknown,
            _ when !isUsed && !isFree => HeapPageClass.Unknown,
            _ when !isFree => isSwapped ? HeapPageClass.SwappedLive : HeapPageClass.Live,
            _ when !isUsed => isSwapped ? HeapPageClass.SwappedFree : HeapPageClass.Free,
            _ => isSwapped ? HeapPageClass.SwappedMixed : HeapPageClass.Mixed,
        };
        _arena.Add(of, pages);
        _arena.ResidentFreeBytes += state.IsResident ? freeBytes : 0;
    }

    private static Kind KindOf(BlockState state) => state switch
    {
        BlockState.Unknown => Kind.Unknown,
        BlockState.Tcache or BlockState.Fast or BlockState.Unsorted or BlockState.Small or BlockState.Large or BlockState.Top => Kind.Free,
        _ => Kind.Used,
    };

    private enum Kind
    {
        Used,
        Free,
        Unknown,
    }
}
