namespace PageAlloc.Pages;

/// <summary>
/// Counts the pages in large folios by how the folios are mapped. Pages come in address order, so that one folio after
/// another is followed, also from one window of pages into the next.
/// </summary>
internal sealed class FolioTally
{
    private readonly Dictionary<int, List<FolioCount>> _byMapping = [];

    // The piece begun: pages of one folio, each behind the one before it in the folio and in the mapping.
    private PageState _state;
    private int _mapping;
    private ulong _firstPage;
    private ulong _firstFrame;
    private ulong _pages;

    /// <summary>Adds a page in a large folio.</summary>
    /// <param name="mapping">The number of its mapping.</param>
    /// <param name="page">The page, counted from address 0.</param>
    /// <param name="frame">Its frame.</param>
    /// <param name="state">Its state, with the size of the folio.</param>
    public void Add(int mapping, ulong page, ulong frame, PageState state)
    {
        // Folios begin at multiples of their size.
        if (page - _firstPage == _pages && frame - _firstFrame == _pages && (frame & ((1UL << state.Order) - 1)) != 0
            && state == _state && mapping == _mapping)
        {
            _pages++;
            return;
        }

        EndPiece();
        (_state, _mapping, _firstPage, _firstFrame, _pages) = (state, mapping, page, frame, 1);
    }

    /// <summary>Adds pages of folios that one page-table entry each maps: these can't but be whole and aligned.</summary>
    public void AddWhole(int mapping, PageState state, ulong pages) => Add(mapping, new FolioCount(state.Kind, state.Order, pages, 0, 0));

    /// <summary>Gives the mappings what was counted, and ends.</summary>
    public void AddTo(List<MappingPages> mappings)
    {
        EndPiece();
        _pages = 0;
        foreach ((int mapping, List<FolioCount> counts) in _byMapping)
        {
            mappings[mapping] = mappings[mapping] with { Folios = counts };
        }
    }

    private void EndPiece()
    {
        if (_pages == 0)
        {
            return;
        }

        ulong size = 1UL << _state.Order;
        bool isWhole = _pages == size;
        bool isAligned = _firstPage % size == 0;
        Add(_mapping, new FolioCount(
            _state.Kind, _state.Order, isWhole && isAligned ? _pages : 0, isWhole && !isAligned ? _pages : 0, isWhole ? 0 : _pages));
    }

    private void Add(int mapping, FolioCount more)
    {
        if (!_byMapping.TryGetValue(mapping, out List<FolioCount>? counts))
        {
            _byMapping.Add(mapping, counts = []);
        }

        for (int i = 0; i < counts.Count; i++)
        {
            if (counts[i].Kind == more.Kind && counts[i].Order == more.Order)
            {
                FolioCount sum = counts[i];
                counts[i] = sum with
                {
                    AlignedPages = sum.AlignedPages + more.AlignedPages,
                    UnalignedPages = sum.UnalignedPages + more.UnalignedPages,
                    PartialPages = sum.PartialPages + more.PartialPages,
                };
                return;
            }
        }

        counts.Add(more);
    }
}
