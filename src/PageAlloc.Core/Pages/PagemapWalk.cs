using System.Numerics;
using PageAlloc.Mappings;

namespace PageAlloc.Pages;

/// <summary>Reads every pagemap entry of every mapping: for kernels without PAGEMAP_SCAN (before 6.7).</summary>
internal sealed class PagemapWalk
{
    private readonly IPageSource _source;
    private readonly PagemapBuffer _entries;
    private readonly IReadOnlyList<Mapping> _mappings;
    private readonly PageWindow _window;
    private readonly Dictionary<ulong, SmapsEntry> _smaps;

    public PagemapWalk(
        IPageSource source, PagemapBuffer entries, IReadOnlyList<Mapping> mappings, PageWindow window, Dictionary<ulong, SmapsEntry> smaps)
    {
        _source = source;
        _entries = entries;
        _mappings = mappings;
        _window = window;
        _smaps = smaps;
    }

    /// <summary>Adds every page to the window.</summary>
    /// <exception cref="TargetException">The process ended.</exception>
    public void Run()
    {
        var pageSize = (ulong)_source.PageSize;
        for (int i = 0; i < _mappings.Count; i++)
        {
            Mapping mapping = _mappings[i];
            if (mapping.Range.Start > long.MaxValue || IsLargeAndEmpty(mapping))
            {
                continue;
            }

            int order = mapping.HugetlbPageSize != 0 ? BitOperations.Log2(mapping.HugetlbPageSize / pageSize) : 0;
            ulong end = mapping.Range.End / pageSize;
            for (ulong page = mapping.Range.Start / pageSize; page < end;)
            {
                _entries.Read(page, end);
                ReadOnlySpan<ulong> entries = _entries.Get(page, end - page);
                _window.Add(i, mapping, page, entries, order);
                page += (ulong)entries.Length;
            }
        }
    }

    // A terabyte of absent pages takes a second to read; smaps passes over them, so its word is taken for large mappings.
    private bool IsLargeAndEmpty(Mapping mapping) =>
        mapping.Range.Length >= 1 << 30
        && _smaps.TryGetValue(mapping.Range.Start, out SmapsEntry e) && e.Rss == 0 && e.Swap == 0 && e.Hugetlb == 0;
}
