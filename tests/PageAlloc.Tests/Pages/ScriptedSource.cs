using PageAlloc.Interop;
using PageAlloc.Pages;

namespace PageAlloc.Tests.Pages;

/// <summary>A source whose answers are written down one by one; without answers left a call is a fault.</summary>
internal sealed class ScriptedSource : IPageSource
{
    private readonly Queue<(int Result, ulong WalkEnd, page_region[] Regions)> _scans = [];

    public int PageSize => 4096;

    public int HugeOrder => 9;

    public bool CanScan { get; init; } = true;

    public bool HasFlags => false;

    /// <summary>What pagemap gives: the number of entries or minus an error, from a page and how many are asked for.</summary>
    public Func<ulong, Span<ulong>, int> Entries { get; init; } = (_, _) => throw new InvalidOperationException("pagemap was read");

    public int Scans { get; private set; }

    /// <summary>The answer of the next scan.</summary>
    public ScriptedSource ThenScan(ulong walkEnd, params (ulong Start, ulong End, ulong Categories)[] regions)
    {
        _scans.Enqueue((regions.Length, walkEnd, [.. regions.Select(r => new page_region { start = r.Start, end = r.End, categories = r.Categories })]));
        return this;
    }

    public ScriptedSource ThenFail(int error)
    {
        _scans.Enqueue((-error, 0, []));
        return this;
    }

    public int Scan(ulong start, ulong end, Span<page_region> found, out ulong walkEnd)
    {
        Scans++;
        (int result, walkEnd, page_region[] regions) = _scans.Dequeue();
        regions.CopyTo(found);
        return result;
    }

    public int ReadEntries(ulong firstPage, Span<ulong> entries) => Entries(firstPage, entries);

    public int ReadFlags(ulong firstFrame, Span<ulong> flags) => throw new InvalidOperationException("kpageflags was read");

    public void Dispose()
    {
    }
}
