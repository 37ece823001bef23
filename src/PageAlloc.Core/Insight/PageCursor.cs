using PageAlloc.Pages;

namespace PageAlloc.Insight;

/// <summary>Goes through the states of pages by address. It is made for going forward; going back starts a mapping anew.</summary>
internal sealed class PageCursor(PageTable table)
{
    private readonly ulong _pageSize = (ulong)table.PageSize;
    private int _mapping = -1;
    private PageRuns.Enumerator _runs;
    private bool _hasRun;

    /// <summary>The pages of one state from <paramref name="address"/> on, which is page aligned.</summary>
    /// <param name="address">Where.</param>
    /// <param name="end">The end of the state, or where nothing is mapped, the next mapping's start.</param>
    /// <returns>The state; unknown where nothing is mapped.</returns>
    public PageState At(ulong address, out ulong end)
    {
        if (!Seek(address))
        {
            int next = FirstBehind(address);
            end = next < table.Mappings.Count ? table.Mappings[next].Mapping.Range.Start : ulong.MaxValue;
            return new PageState(PageKind.Unknown);
        }

        MappingPages pages = table.Mappings[_mapping];
        ulong start = pages.Mapping.Range.Start;
        ulong page = (address - start) / _pageSize;
        if (!_hasRun || _runs.Current.FirstPage > page)
        {
            _runs = pages.Runs.GetEnumerator();
            _hasRun = _runs.MoveNext();
        }

        while (_hasRun && _runs.Current.EndPage <= page)
        {
            _hasRun = _runs.MoveNext();
        }

        end = _hasRun ? start + (_runs.Current.EndPage * _pageSize) : pages.Mapping.Range.End;
        return _hasRun ? _runs.Current.State : new PageState(PageKind.Unknown);
    }

    private bool Seek(ulong address)
    {
        if (_mapping >= 0 && table.Mappings[_mapping].Mapping.Range.Contains(address))
        {
            return true;
        }

        int found = FirstBehind(address) - 1;
        if (found < 0 || !table.Mappings[found].Mapping.Range.Contains(address))
        {
            return false;
        }

        _mapping = found;
        _hasRun = false;
        return true;
    }

    // The number of the first mapping that begins behind the address.
    private int FirstBehind(ulong address)
    {
        int low = 0;
        int high = table.Mappings.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = table.Mappings[middle].Mapping.Range.Start <= address ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
