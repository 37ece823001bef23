using PageAlloc.Mappings;

namespace PageAlloc.Pages;

/// <summary>
/// Puts the states of pages, which come in address order, into their mappings. Pages that nothing was said of are not
/// present; in mappings without page accounting they are unknown.
/// </summary>
internal sealed class PageTableBuilder
{
    private readonly IReadOnlyList<Mapping> _mappings;
    private readonly List<MappingPages> _done;
    private readonly PageRuns.Builder _runs = new();
    private readonly ulong _pageSize;

    public PageTableBuilder(IReadOnlyList<Mapping> mappings, int pageSize)
    {
        _mappings = mappings;
        _done = new List<MappingPages>(mappings.Count);
        _pageSize = (ulong)pageSize;
    }

    /// <summary>Adds pages of one state.</summary>
    /// <param name="mapping">The number of their mapping; never below that of an earlier call.</param>
    /// <param name="firstPage">Their first page, counted from address 0; never below the end of what was added.</param>
    /// <param name="count">How many; all inside the mapping.</param>
    /// <param name="state">The state.</param>
    public void Add(int mapping, ulong firstPage, ulong count, PageState state)
    {
        GoTo(mapping, firstPage);
        _runs.Add(state, count);
    }

    /// <summary>Adds pages with a code of <see cref="PageState"/> each.</summary>
    public void Add(int mapping, ulong firstPage, ReadOnlySpan<byte> codes)
    {
        GoTo(mapping, firstPage);
        _runs.Add(codes);
    }

    /// <summary>Ends: the rest of the mappings was not said anything of.</summary>
    public List<MappingPages> Finish()
    {
        CompleteUpTo(_mappings.Count);
        return _done;
    }

    private void GoTo(int mapping, ulong firstPage)
    {
        CompleteUpTo(mapping);
        Fill(_mappings[mapping], firstPage - (_mappings[mapping].Range.Start / _pageSize));
    }

    private void CompleteUpTo(int mapping)
    {
        while (_done.Count < mapping)
        {
            Mapping current = _mappings[_done.Count];
            Fill(current, current.Range.Length / _pageSize);
            _done.Add(new MappingPages(current, _runs.Take(), 0));
        }
    }

    private void Fill(Mapping mapping, ulong upToPage)
    {
        PageKind absent = mapping.Backing == MappingBacking.Device ? PageKind.Unknown : PageKind.NotPresent;
        _runs.Add(new PageState(absent), upToPage - _runs.Pages);
    }
}
