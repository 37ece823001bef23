using System.Numerics;
using PageAlloc.Interop;
using PageAlloc.Mappings;

namespace PageAlloc.Pages;

/// <summary>Goes through an address space by PAGEMAP_SCAN, which skips what is empty; entries are read only of what it found.</summary>
internal sealed class ScanWalk
{
    private const int RegionsPerScan = 512;

    // Reading the entries of absent pages costs 3 ns each, one more call 780.
    private const ulong JoinedGap = 200;
    private const ulong MergedGap = 8;

    private readonly IPageSource _source;
    private readonly PagemapBuffer _entries;
    private readonly IReadOnlyList<Mapping> _mappings;
    private readonly PageWindow _window;
    private readonly int _pid;
    private readonly int _pageShift;

    // What the last scan found, in pieces that are each in one mapping.
    private Span[] _spans = new Span[RegionsPerScan];
    private int _count;

    // The mapping arrived at.
    private int _mapping = -1;
    private AddressRange _range;

    public ScanWalk(IPageSource source, PagemapBuffer entries, IReadOnlyList<Mapping> mappings, PageWindow window, int pid)
    {
        _source = source;
        _entries = entries;
        _mappings = mappings;
        _window = window;
        _pid = pid;
        _pageShift = BitOperations.Log2((uint)source.PageSize);
    }

    /// <summary>Adds everything found to the window.</summary>
    /// <exception cref="TargetException">The process ended.</exception>
    public void Run()
    {
        ulong end = EndOfUserMemory(_mappings);
        var regions = new page_region[RegionsPerScan];
        for (ulong start = 0; start < end;)
        {
            int n = _source.Scan(start, end, regions, out ulong walkEnd);
            if (n < 0)
            {
                throw PagemapBuffer.Failed(n, _pid);
            }

            ulong next = n == 0 ? walkEnd : Math.Max(walkEnd, regions[n - 1].end);
            if (next <= start)
            {
                throw new TargetException(TargetFailure.SystemError, $"process {_pid}: PAGEMAP_SCAN makes no progress at 0x{start:x}");
            }

            Split(regions.AsSpan(0, n));
            for (int i = 0; i < _count; i++)
            {
                Add(i);
            }

            start = next;
        }
    }

    /// <summary>Where the scan ends: [vsyscall] lies above the memory of user space, where pagemap does not reach.</summary>
    private static ulong EndOfUserMemory(IReadOnlyList<Mapping> mappings)
    {
        for (int i = mappings.Count - 1; i >= 0; i--)
        {
            if (mappings[i].Range.End <= long.MaxValue)
            {
                return mappings[i].Range.End;
            }
        }

        return 0;
    }

    // A region may go over the border of two mappings; a mapping that came after maps was read is in none.
    private void Split(ReadOnlySpan<page_region> regions)
    {
        _count = 0;
        foreach (page_region region in regions)
        {
            SpanKind kind = KindOf(region.categories);
            if (kind == SpanKind.Pages && region.end <= _range.End && TryJoin(region.start >> _pageShift, region.end >> _pageShift))
            {
                continue;
            }

            for (ulong start = region.start; start < region.end;)
            {
                while (_range.End <= start)
                {
                    if (_mapping + 1 == _mappings.Count)
                    {
                        return;
                    }

                    _range = _mappings[++_mapping].Range;
                }

                ulong end = Math.Min(region.end, _range.End);
                if (end <= _range.Start)
                {
                    break;
                }

                Add(kind, Math.Max(start, _range.Start) >> _pageShift, end >> _pageShift);
                start = end;
            }
        }
    }

    // Pages with a small gap between them are one span: their entries tell what is absent.
    private bool TryJoin(ulong first, ulong end)
    {
        if (_count == 0)
        {
            return false;
        }

        ref Span last = ref _spans[_count - 1];
        bool isNear = last.Kind == SpanKind.Pages && last.Mapping == _mapping && first - last.End <= MergedGap;
        last.End = isNear ? end : last.End;
        return isNear;
    }

    private void Add(SpanKind kind, ulong first, ulong end)
    {
        if (kind == SpanKind.Pages && TryJoin(first, end))
        {
            return;
        }

        if (_count == _spans.Length)
        {
            Array.Resize(ref _spans, 2 * _count);
        }

        _spans[_count++] = new Span(kind, _mapping, first, end);
    }

    private void Add(int index)
    {
        Span span = _spans[index];
        switch (span.Kind)
        {
            case SpanKind.Zero:
                _window.Add(span.Mapping, span.First, span.End - span.First, new PageState(PageKind.Zero));
                break;
            case SpanKind.Guard:
                _window.Add(span.Mapping, span.First, span.End - span.First, new PageState(PageKind.Guard));
                break;
            case SpanKind.Huge:
                AddHuge(span);
                break;
            default:
                AddPages(span, index);
                break;
        }
    }

    private void AddPages(Span span, int index)
    {
        for (ulong page = span.First; page < span.End;)
        {
            if (!_entries.Holds(page))
            {
                _entries.Read(page, ReadUpTo(index, page));
            }

            ReadOnlySpan<ulong> entries = _entries.Get(page, span.End - page);
            _window.Add(span.Mapping, _mappings[span.Mapping], page, entries, 0);
            page += (ulong)entries.Length;
        }
    }

    // The end of the last span that is worth reading in the same call.
    private ulong ReadUpTo(int index, ulong firstPage)
    {
        ulong end = _spans[index].End;
        for (int i = index + 1; i < _count && _spans[i].First - end <= JoinedGap && end - firstPage < PagemapBuffer.Capacity; i++)
        {
            if (_spans[i].Kind == SpanKind.Huge)
            {
                break;
            }

            end = _spans[i].Kind == SpanKind.Pages ? _spans[i].End : end;
        }

        return end;
    }

    // One entry tells of all pages that a huge page-table entry maps.
    private void AddHuge(Span span)
    {
        Mapping mapping = _mappings[span.Mapping];
        int order = mapping.HugetlbPageSize != 0
            ? BitOperations.Log2(mapping.HugetlbPageSize >> _pageShift)
            : _source.HugeOrder;
        var states = new PageStates(mapping, order, zeroInDoubt: false);
        ulong step = 1UL << order;
        for (ulong page = span.First; page < span.End;)
        {
            ulong next = Math.Min((page & ~(step - 1)) + step, span.End);
            _entries.Read(page, page + 1);
            PageState state = states.Of(_entries.Get(page, 1)[0]);
            if (mapping.HugetlbPageSize == 0)
            {
                _window.AddHuge(span.Mapping, page, next - page, state);
            }
            else
            {
                _window.Add(span.Mapping, page, next - page, state);
            }

            page = next;
        }
    }

    private static SpanKind KindOf(ulong categories) =>
        (categories & PageScan.PFNZERO) != 0 ? SpanKind.Zero
        : (categories & PageScan.GUARD) != 0 ? SpanKind.Guard
        : (categories & (PageScan.HUGE | PageScan.PRESENT)) == (PageScan.HUGE | PageScan.PRESENT) ? SpanKind.Huge
        : SpanKind.Pages;

    private enum SpanKind
    {
        Pages,
        Huge,
        Zero,
        Guard,
    }

    private struct Span(SpanKind kind, int mapping, ulong first, ulong end)
    {
        public readonly SpanKind Kind = kind;
        public readonly int Mapping = mapping;
        public readonly ulong First = first;
        public ulong End = end;
    }
}
