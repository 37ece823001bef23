using System.Numerics;
using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Pages;

namespace PageAlloc.Insight;

/// <summary>
/// Joins the blocks of a walk with the states of pages: classes each page of each arena, predicts what
/// <c>malloc_trim(0)</c> would give back, and tells what pins the rest. Pages of one kind in a row are taken at once, so that cost follows blocks and runs.
/// </summary>
public sealed class HeapPages : IPartedSink
{
    private readonly PageTable _table;
    private readonly TrimConditions _conditions;
    private readonly ulong _pageSize;
    private readonly int _hugeOrder;
    private readonly PageCursor _cursor;
    private readonly TrimPrediction _trim;
    private readonly PageSharers _sharers;
    private readonly IHeapPageSink? _view;
    private readonly Dictionary<ulong, ArenaPages> _arenas = [];
    private ArenaPages _arena = null!;
    private ulong _arenaAddress;

    // The page begun, and the bytes of each state on it so far.
    private ulong _page;
    private readonly ulong[] _bytes = new ulong[(int)BlockState.Overhead + 1];
    private bool _isBegun;

    // A bit for each state that it has bytes of: most pages have two or three.
    private uint _states;

    /// <summary>Makes a sink.</summary>
    /// <param name="table">The pages of the process: of all mappings in which heaps are.</param>
    /// <param name="trim">What decides how much a trim gives back.</param>
    /// <param name="view">Gets the class of each page as it is known; null for none.</param>
    public HeapPages(PageTable table, TrimConditions trim, IHeapPageSink? view = null)
    {
        _table = table;
        _conditions = trim;
        _view = view;
        _pageSize = (ulong)table.PageSize;
        _hugeOrder = table.HugeOrder;
        _cursor = new PageCursor(table);
        _trim = new TrimPrediction(new PageCursor(table), trim, table.PageSize);
        _sharers = new PageSharers(table.PageSize);
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

        _arena.Begin(segment);
        _trim.Begin(arena, segment);
        _view?.BeginSegment(arena, segment);
    }

    /// <inheritdoc/>
    public void Add(in Block block) => Add(new ReadOnlySpan<Block>(in block));

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<Block> blocks)
    {
        foreach (ref readonly Block block in blocks)
        {
            _trim.Add(in block, _arena);

            // Most end on the page on which the one before them did.
            if (block.End - _page <= _pageSize && _isBegun)
            {
                AddToPage(in block, block.Size);
            }
            else
            {
                AddAcross(in block);
            }
        }
    }

    /// <inheritdoc/>
    public void EndSegment()
    {
        _trim.End(_arena);
        EndPage();
        _sharers.Flush(_arena.Pins);
        _view?.EndSegment();
    }

    /// <inheritdoc/>
    public IPartedSink? MakePart() => _view is null ? new HeapPages(_table, _conditions) : null;

    /// <inheritdoc/>
    public void Append(IPartedSink part)
    {
        foreach ((ulong address, ArenaPages pages) in ((HeapPages)part)._arenas)
        {
            if (!_arenas.TryAdd(address, pages))
            {
                _arenas[address].Append(pages);
            }
        }
    }

    private void AddAcross(in Block block)
    {
        for (ulong at = block.Address; at < block.End;)
        {
            ulong page = at & ~(_pageSize - 1);
            if (page != _page)
            {
                EndPage();
                _page = page;
            }

            // Behind the first page of a large block are whole ones of one kind.
            if (at == page && !_isBegun && block.End - at >= _pageSize)
            {
                at = AddWholePages(at, in block);
                continue;
            }

            ulong bytes = Math.Min(block.End, page + _pageSize) - at;
            AddToPage(in block, bytes);
            at += bytes;
        }
    }

    private void AddToPage(in Block block, ulong bytes)
    {
        _bytes[(int)block.State] += bytes;
        _states |= 1u << (int)block.State;
        _isBegun = true;
        if (block.State == BlockState.Used)
        {
            _sharers.Add(in block);
        }
    }

    private ulong AddWholePages(ulong at, in Block block)
    {
        ulong end = block.End & ~(_pageSize - 1);
        Kind kind = KindOf(block.State);
        while (at < end)
        {
            PageState page = _cursor.At(at, out ulong stateEnd);
            ulong bytes = Math.Min(stateEnd, end) - at;
            HeapPageClass pages = ClassOf(page, kind);
            _arena.Add(pages, bytes / _pageSize);
            _view?.Add(pages, bytes / _pageSize, kind == Kind.Free ? _pageSize : 0);
            _arena.Add(block.State, page, bytes);
            _arena.FreeHugeBytes += pages == HeapPageClass.Free && IsHuge(page) ? bytes : 0;
            _arena.ResidentFreeBytes += kind == Kind.Free && page.IsResident ? bytes : 0;
            _arena.Pins.TcacheBytes += block.State == BlockState.Tcache && page.IsResident ? bytes : 0;
            at += bytes;
        }

        _page = 0;
        return at;
    }

    private void EndPage()
    {
        if (!_isBegun)
        {
            return;
        }

        PageState page = _cursor.At(_page, out _);
        Kind kinds = 0;
        ulong free = 0;
        bool isCached = _bytes[(int)BlockState.Tcache] != 0;
        for (; _states != 0; _states &= _states - 1)
        {
            int state = BitOperations.TrailingZeroCount(_states);
            Kind kind = KindOf((BlockState)state);
            kinds |= kind;
            free += kind == Kind.Free ? _bytes[state] : 0;
            _arena.Add((BlockState)state, page, _bytes[state]);
            _bytes[state] = 0;
        }

        HeapPageClass pages = ClassOf(page, kinds);
        _arena.Add(pages, 1);
        _view?.Add(pages, 1, free);
        _arena.FreeHugeBytes += pages == HeapPageClass.Free && IsHuge(page) ? _pageSize : 0;
        _arena.Pins.TcacheBytes += isCached && pages == HeapPageClass.Free ? _pageSize : 0;
        _sharers.EndPage(_page + _pageSize, pages == HeapPageClass.Mixed ? free : 0, _arena.Pins);
        _arena.ResidentFreeBytes += page.IsResident ? free : 0;
        _isBegun = false;
    }

    private bool IsHuge(PageState page) => page.HasSize && page.Order == _hugeOrder;

    private static HeapPageClass ClassOf(PageState page, Kind kinds)
    {
        bool isSwapped = page.Kind == PageKind.Swapped;
        return page.Kind switch
        {
            PageKind.NotPresent or PageKind.Zero or PageKind.Guard => HeapPageClass.Absent,
            PageKind.Unknown => HeapPageClass.Unknown,
            _ when (kinds & Kind.Unknown) != 0 => HeapPageClass.Unknown,
            _ when kinds == Kind.Used => isSwapped ? HeapPageClass.SwappedLive : HeapPageClass.Live,
            _ when kinds == Kind.Free => isSwapped ? HeapPageClass.SwappedFree : HeapPageClass.Free,
            _ => isSwapped ? HeapPageClass.SwappedMixed : HeapPageClass.Mixed,
        };
    }

    private static Kind KindOf(BlockState state) => state switch
    {
        BlockState.Unknown => Kind.Unknown,
        BlockState.Tcache or BlockState.Fast or BlockState.Unsorted or BlockState.Small or BlockState.Large or BlockState.Top => Kind.Free,
        _ => Kind.Used,
    };

    [Flags]
    private enum Kind
    {
        Used = 1,
        Free = 2,
        Unknown = 4,
    }
}
