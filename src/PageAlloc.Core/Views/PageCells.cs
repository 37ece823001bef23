using System.Collections;
using PageAlloc.Pages;

namespace PageAlloc.Views;

/// <summary>What the pages of a table show: their states, and where a heap's top chunk is.</summary>
internal sealed class PageCells
{
    private readonly CellState[] _byCode;
    private readonly IReadOnlyList<AddressRange> _tops;
    private readonly ulong _pageSize;

    /// <summary>Prepares for a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="tops">Pages of top chunks, in address order, as <see cref="HeapTops.Of"/> gives them.</param>
    public PageCells(PageTable table, IReadOnlyList<AddressRange> tops)
    {
        _byCode = CellStates.Table(table.HugeOrder);
        _tops = tops;
        _pageSize = (ulong)table.PageSize;
    }

    /// <summary>What a page shows that is in no top chunk.</summary>
    public CellState this[PageState page] => _byCode[page.Code];

    /// <summary>Whether there is a top chunk in a range: without one, each run of pages shows one thing.</summary>
    public bool HasTop(AddressRange range) => FirstTopBehind(range.Start) is var top && top < _tops.Count && _tops[top].Start < range.End;

    /// <summary>What the pages of a mapping show, as runs; neighbours may be equal.</summary>
    public Runs Of(MappingPages pages) => new(this, pages);

    private static CellState InTop(PageState page, CellState state) =>
        page.IsResident ? CellState.ArenaTop
        : page.Kind == PageKind.NotPresent ? CellState.ArenaTopAbsent
        : state;

    private int FirstTopBehind(ulong address)
    {
        int low = 0;
        int high = _tops.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = _tops[middle].End <= address ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    // The number of a page within the mapping that begins at start; of what lies before it, 0.
    private ulong PageOf(ulong address, ulong start) => address <= start ? 0 : (address - start) / _pageSize;

    /// <summary>The runs of a mapping.</summary>
    public readonly struct Runs(PageCells cells, MappingPages pages) : IEnumerable<(CellState State, ulong Pages)>
    {
        /// <summary>Goes through them in address order.</summary>
        public Enumerator GetEnumerator() => new(cells, pages);

        IEnumerator<(CellState State, ulong Pages)> IEnumerable<(CellState State, ulong Pages)>.GetEnumerator() => GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    /// <summary>Goes through the runs of a mapping: a struct, as in a scattered heap there is one for every page.</summary>
    public struct Enumerator : IEnumerator<(CellState State, ulong Pages)>
    {
        private readonly PageCells _cells;
        private readonly ulong _start;
        private PageRuns.Enumerator _runs;

        // The run arrived at, and the page in it.
        private PageState _page;
        private CellState _cell;
        private ulong _at;
        private ulong _end;

        // The first top chunk that is not behind us, in pages of the mapping.
        private int _top;
        private ulong _topStart;
        private ulong _topEnd;

        internal Enumerator(PageCells cells, MappingPages pages)
        {
            _cells = cells;
            _start = pages.Mapping.Range.Start;
            _runs = pages.Runs.GetEnumerator();
            _top = cells.FirstTopBehind(_start) - 1;
            GoToNextTop();
        }

        /// <inheritdoc/>
        public (CellState State, ulong Pages) Current { get; private set; }

        readonly object IEnumerator.Current => Current;

        /// <inheritdoc/>
        public bool MoveNext()
        {
            if (_at == _end)
            {
                if (!_runs.MoveNext())
                {
                    return false;
                }

                PageRun run = _runs.Current;
                _end = run.EndPage;
                _page = run.State;
                _cell = _cells._byCode[run.State.Code];
            }

            if (_end > _topStart)
            {
                MoveAroundTop();
                return true;
            }

            Current = (_cell, _end - _at);
            _at = _end;
            return true;
        }

        /// <inheritdoc/>
        public void Reset() => throw new NotSupportedException();

        /// <inheritdoc/>
        public readonly void Dispose()
        {
        }

        // Goes up to where a top chunk begins, or ends, in the run.
        private void MoveAroundTop()
        {
            while (_topEnd <= _at)
            {
                GoToNextTop();
            }

            bool isInTop = _topStart <= _at;
            ulong end = Math.Min(isInTop ? _topEnd : _topStart, _end);
            Current = (isInTop ? InTop(_page, _cell) : _cell, end - _at);
            _at = end;
        }

        private void GoToNextTop()
        {
            bool hasMore = ++_top < _cells._tops.Count;
            _topStart = hasMore ? _cells.PageOf(_cells._tops[_top].Start, _start) : ulong.MaxValue;
            _topEnd = hasMore ? _cells.PageOf(_cells._tops[_top].End, _start) : ulong.MaxValue;
        }
    }
}
