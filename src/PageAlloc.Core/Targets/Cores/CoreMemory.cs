namespace PageAlloc.Targets.Cores;

/// <summary>
/// The memory of a core file. A page is there when the file holds all of its bytes; one in a hole of the file is zeros, and
/// given as absent; what was not dumped can't be read, and is not zero.
/// </summary>
internal sealed class CoreMemory : IMemory
{
    private readonly CoreStorage _file;
    private readonly IReadOnlyList<CoreSegment> _segments;

    // The extent of the file that was looked up last: bytes from Start to End are data, or in a hole.
    private (ulong Start, ulong End, bool IsData) _extent;

    /// <summary>Makes it.</summary>
    /// <param name="file">The file; not owned.</param>
    /// <param name="segments">Its segments, by address.</param>
    /// <param name="pageSize">The size of a page in bytes.</param>
    public CoreMemory(CoreStorage file, IReadOnlyList<CoreSegment> segments, int pageSize)
    {
        _file = file;
        _segments = segments;
        PageSize = pageSize;
    }

    public int PageSize { get; }

    // Nobody waits for the process of a core file: a second thread may take its share of the machine. Where several walk, none reads ahead.
    public bool IsReadAhead { get; private init; } = true;

    public IMemory Again() => new CoreMemory(_file, _segments, PageSize) { IsReadAhead = false };

    public void ReadPages(ulong address, Span<byte> buffer, Span<PageAccess> access)
    {
        var page = (ulong)PageSize;
        access = access[..(buffer.Length / PageSize)];
        ulong end = address > ulong.MaxValue - (ulong)buffer.Length ? ulong.MaxValue & ~(page - 1) : address + (ulong)buffer.Length;
        for (ulong at = address; !access.IsEmpty;)
        {
            PageAccess what = at < end ? Look(at, end, out ulong next, out ulong offset) : Outside(end, out next, out offset);
            int pages = at < end ? (int)((next - at) / page) : access.Length;
            Span<byte> bytes = buffer[..(pages * PageSize)];
            int read = what == PageAccess.Data ? _file.Read(offset, bytes) : 0;
            bytes[read..].Clear();

            // What the file lacks although its headers promise it.
            access[..pages].Fill(what == PageAccess.Data && read < bytes.Length ? PageAccess.Unreadable : what);
            if (what == PageAccess.Data)
            {
                access[..(read / PageSize)].Fill(PageAccess.Data);
            }

            access = access[pages..];
            buffer = buffer[(pages * PageSize)..];
            at = next;
        }
    }

    public ulong FirstPresent(ulong address, ulong end)
    {
        while (address < end)
        {
            if (Look(address, end, out ulong next, out _) == PageAccess.Data)
            {
                return address;
            }

            address = next;
        }

        return end;
    }

    /// <summary>What can be had of the page at an address, and of those behind it.</summary>
    /// <param name="address">The page.</param>
    /// <param name="end">Where to end.</param>
    /// <param name="next">Gets the end of the pages of which the same holds; page aligned, and behind the address.</param>
    /// <param name="offset">Gets where the page is in the file.</param>
    public PageAccess Look(ulong address, ulong end, out ulong next, out ulong offset)
    {
        var page = (ulong)PageSize;
        int index = IndexOf(address);
        ulong dumpedEnd = index < 0 ? 0 : Math.Min(_segments[index].DumpedEnd, PromisedEnd(_segments[index])) & ~(page - 1);
        if (index < 0 || address >= dumpedEnd)
        {
            next = index + 1 < _segments.Count ? Math.Min(_segments[index + 1].Range.Start, end) : end;
            next = Math.Max(next & ~(page - 1), address + page);
            offset = 0;
            return PageAccess.Unreadable;
        }

        offset = _segments[index].Offset + (address - _segments[index].Range.Start);
        if (offset < _extent.Start || offset >= _extent.End)
        {
            _extent = _file.ExtentAt(offset);
        }

        bool isData = _extent.IsData;
        ulong length = _extent.End - offset;

        // A page of which a part is data is data; one wholly in a hole is none.
        length = isData ? length > ulong.MaxValue - page ? length : length + page - 1 : length;
        if (!isData && length < page)
        {
            (isData, length) = (true, page);
        }

        next = Math.Min(Math.Min(dumpedEnd, end), length > ulong.MaxValue - address ? ulong.MaxValue : address + length) & ~(page - 1);
        next = Math.Max(next, address + page);
        return isData ? PageAccess.Data : PageAccess.Absent;
    }

    /// <summary>Closes nothing: the file is that of the target.</summary>
    public void Dispose()
    {
    }

    private static PageAccess Outside(ulong end, out ulong next, out ulong offset)
    {
        next = end;
        offset = 0;
        return PageAccess.Unreadable;
    }

    // Where the file ends early, so does what it holds of a segment.
    private ulong PromisedEnd(CoreSegment segment) =>
        segment.Offset >= _file.Length ? segment.Range.Start : segment.Range.Start + Math.Min(segment.FileSize, _file.Length - segment.Offset);

    // The last segment that begins at or before an address; -1 when there is none.
    private int IndexOf(ulong address)
    {
        int low = 0, high = _segments.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = _segments[middle].Range.Start <= address ? (middle + 1, high) : (low, middle);
        }

        return low - 1;
    }
}
