using PageAlloc.Mappings;
using PageAlloc.Targets;

namespace PageAlloc.Heaps.Glibc;

/// <summary>
/// Finds the blocks that are mappings of their own. They are in no list; each begins at a page with a header whose only flag
/// is IS_MMAPPED and whose size is that of the mapping. The kernel merges neighbours, so a mapping may hold many.
/// </summary>
internal sealed class MmappedChunks
{
    private const ulong MmappedFlag = 2;
    private const int MaxPagesPerRead = 256;

    private readonly IMemory _pages;
    private readonly MemoryCache _memory;
    private readonly GlibcLayout _layout;
    private readonly byte[] _buffer;
    private readonly PageAccess[] _access = new PageAccess[MaxPagesPerRead];

    public MmappedChunks(IMemory pages, MemoryCache memory, GlibcLayout layout)
    {
        _pages = pages;
        _memory = memory;
        _layout = layout;
        _buffer = new byte[MaxPagesPerRead * pages.PageSize];
    }

    // 2.43 leaves the header out of the size, and marks mappings of huge pages in prev_size.
    private bool IsNewForm => _layout.FastbinCount == 0;

    /// <summary>The blocks, in address order.</summary>
    /// <param name="mappings">All mappings.</param>
    /// <param name="heaps">Where the arenas' heaps are, in address order: nothing is looked for there.</param>
    /// <param name="wanted">How many there are when that is known: the search ends then.</param>
    public List<MmappedBlock> Find(IReadOnlyList<Mapping> mappings, IReadOnlyList<AddressRange> heaps, ulong? wanted)
    {
        var found = new List<MmappedBlock>();
        foreach (Mapping mapping in mappings)
        {
            bool isCandidate = (mapping.Backing == MappingBacking.Anonymous || mapping.HugetlbPageSize != 0)
                && (mapping.Permissions & ~MappingPermissions.Execute) == (MappingPermissions.Read | MappingPermissions.Write);
            if (!isCandidate)
            {
                continue;
            }

            ulong at = mapping.Range.Start;
            int pages = 1;
            while (at < mapping.Range.End && (wanted is null || (ulong)found.Count < wanted))
            {
                if (Inside(heaps, at) is { } heap)
                {
                    at = Math.Max(at + (ulong)_pages.PageSize, (heap.End + (ulong)_pages.PageSize - 1) & ~((ulong)_pages.PageSize - 1));
                    continue;
                }

                int count = (int)Math.Min((ulong)pages, (mapping.Range.End - at) / (ulong)_pages.PageSize);
                _pages.ReadPages(at, _buffer.AsSpan(0, count * _pages.PageSize), _access.AsSpan(0, count));
                int before = found.Count;
                at = Search(at, count, mapping.Range.End, found);
                pages = found.Count > before ? 1 : Math.Min(2 * pages, MaxPagesPerRead);
            }
        }

        return found;
    }

    // Returns where to go on: behind the first block found, or behind the pages looked at.
    private ulong Search(ulong start, int count, ulong limit, List<MmappedBlock> found)
    {
        ulong pageSize = (ulong)_pages.PageSize;
        for (int i = 0; i < count; i++)
        {
            ulong page = start + ((ulong)i * pageSize);
            if (_access[i] == PageAccess.Data && TotalAt(_buffer.AsSpan(i * _pages.PageSize)) is var total and not 0 && total <= limit - page)
            {
                found.Add(Resolve(new AddressRange(page, page + total)));
                return page + total;
            }
        }

        return start + ((ulong)count * pageSize);
    }

    // The size of the mapping that a header at the start of a page tells; 0 when it is no such header.
    private ulong TotalAt(ReadOnlySpan<byte> page)
    {
        int offset = (int)(_layout.FirstChunk(0) % (ulong)_layout.Alignment);
        return Total(_memory.Word(page[offset..]), _memory.Word(page[(offset + _layout.PointerSize)..]), (ulong)offset);
    }

    private ulong Total(ulong previous, ulong word, ulong offset)
    {
        previous = IsNewForm ? previous & ~1UL : previous;
        ulong total = (word & ~7UL) + offset + (IsNewForm ? (ulong)_layout.HeaderSize : 0);
        return previous == offset && (word & 7) == MmappedFlag && total % (ulong)_pages.PageSize == 0 ? total : 0;
    }

    // An aligned block has its header further in, and leaves the first one behind as it was.
    private MmappedBlock Resolve(AddressRange range)
    {
        ulong header = (ulong)_layout.HeaderSize;
        ulong chunk = _layout.FirstChunk(range.Start);
        for (ulong alignment = 2 * (ulong)_layout.Alignment; alignment < range.Length; alignment *= 2)
        {
            ulong user = (range.Start + header + alignment - 1) & ~(alignment - 1);
            ulong moved = user - header;
            if (user < range.End && moved != chunk
                && _memory.TryReadWord(moved, out ulong previous)
                && _memory.TryReadWord(moved + (ulong)_layout.PointerSize, out ulong word)
                && Total(previous, word, moved - range.Start) == range.Length)
            {
                chunk = moved;
                break;
            }
        }

        ulong unused = IsNewForm ? (ulong)_layout.PointerSize : 0;
        return new MmappedBlock(range, chunk, chunk + header, range.End - chunk - header - unused);
    }

    private static AddressRange? Inside(IReadOnlyList<AddressRange> heaps, ulong address)
    {
        foreach (AddressRange heap in heaps)
        {
            if (heap.Contains(address))
            {
                return heap;
            }
        }

        return null;
    }
}
