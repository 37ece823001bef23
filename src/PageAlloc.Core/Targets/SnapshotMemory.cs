namespace PageAlloc.Targets;

/// <summary>The memory of a snapshot: the pages that it kept. What is not in it can't be read, or is what it was then.</summary>
internal sealed class SnapshotMemory : IMemory
{
    private readonly ISectionChunks _bytes;
    private readonly List<ContentRange> _ranges;

    // Where the bytes of each range begin; all chunks but the last are of one size.
    private readonly ulong[] _offsets;
    private readonly byte[] _chunk = new byte[SnapshotFormat.ChunkSize];
    private int _held = -1;

    private SnapshotMemory(ISectionChunks bytes, List<ContentRange> ranges, int pageSize)
    {
        _bytes = bytes;
        _ranges = ranges;
        PageSize = pageSize;
        _offsets = new ulong[ranges.Count];
        ulong offset = 0;
        for (int i = 0; i < ranges.Count; i++)
        {
            _offsets[i] = offset;
            offset += ranges[i].Access == PageAccess.Data ? ranges[i].Range.Length : 0;
        }

        if (offset != bytes.Length)
        {
            throw bytes.Damage($"it has {bytes.Length} bytes, and not {offset} as its ranges");
        }
    }

    public int PageSize { get; }

    /// <summary>Opens the memory; null when the snapshot has no contents.</summary>
    public static SnapshotMemory? TryOpen(ISections sections, int pageSize) =>
        ContentSections.Read(sections, pageSize) is { } ranges
            ? new SnapshotMemory(sections.Open(SectionId.ContentBytes).Chunks, ranges, pageSize)
            : null;

    public void ReadPages(ulong address, Span<byte> buffer, Span<PageAccess> access)
    {
        for (int page = 0; page < buffer.Length / PageSize; page++)
        {
            Span<byte> bytes = buffer.Slice(page * PageSize, PageSize);
            ulong at = address + (ulong)(page * PageSize);
            int index = RangeBehind(at) - 1;
            bool isKnown = index >= 0 && _ranges[index].Range.Contains(at);
            access[page] = isKnown ? _ranges[index].Access : PageAccess.Unreadable;
            if (access[page] == PageAccess.Data)
            {
                ReadBytes(_offsets[index] + (at - _ranges[index].Range.Start), bytes);
            }
            else
            {
                bytes.Clear();
            }
        }
    }

    public ulong FirstPresent(ulong address, ulong end)
    {
        int index = Math.Max(RangeBehind(address) - 1, 0);
        while (index < _ranges.Count && (_ranges[index].Range.End <= address || _ranges[index].Access == PageAccess.Absent))
        {
            index++;
        }

        return index < _ranges.Count ? Math.Min(Math.Max(_ranges[index].Range.Start, address), end) : end;
    }

    public void Dispose()
    {
    }

    private int RangeBehind(ulong address)
    {
        int low = 0;
        int high = _ranges.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = _ranges[middle].Range.Start <= address ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private void ReadBytes(ulong offset, Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int number = (int)(offset / (ulong)_chunk.Length);
            int within = (int)(offset % (ulong)_chunk.Length);
            if (number != _held)
            {
                int length = _bytes.Read(number, _chunk);
                bool isFull = length == _chunk.Length || number == _bytes.Count - 1;
                _held = isFull ? number : throw _bytes.Damage($"chunk {number} has {length} bytes, not {_chunk.Length}");
            }

            int part = Math.Min(bytes.Length, _chunk.Length - within);
            _chunk.AsSpan(within, part).CopyTo(bytes);
            bytes = bytes[part..];
            offset += (ulong)part;
        }
    }
}
