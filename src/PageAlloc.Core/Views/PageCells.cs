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

    /// <summary>What the pages of a mapping show, as runs; neighbours may be equal.</summary>
    public IEnumerable<(CellState State, ulong Pages)> Of(MappingPages pages)
    {
        ulong start = pages.Mapping.Range.Start;
        int top = 0;
        foreach (PageRun run in pages.Runs)
        {
            CellState state = _byCode[run.State.Code];
            for (ulong at = run.FirstPage; at < run.EndPage;)
            {
                while (top < _tops.Count && PageOf(_tops[top].End, start) <= at)
                {
                    top++;
                }

                ulong topStart = top < _tops.Count ? PageOf(_tops[top].Start, start) : ulong.MaxValue;
                ulong end = topStart > at ? Math.Min(topStart, run.EndPage) : Math.Min(PageOf(_tops[top].End, start), run.EndPage);
                yield return (topStart > at ? state : InTop(run.State, state), end - at);
                at = end;
            }
        }
    }

    private static CellState InTop(PageState page, CellState state) =>
        page.IsResident ? CellState.ArenaTop
        : page.Kind == PageKind.NotPresent ? CellState.ArenaTopAbsent
        : state;

    // The number of a page within the mapping that begins at start; of what lies before it, 0.
    private ulong PageOf(ulong address, ulong start) => address <= start ? 0 : (address - start) / _pageSize;
}
