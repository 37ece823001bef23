using PageAlloc.Mappings;
using PageAlloc.Targets;

namespace PageAlloc.Heaps.Glibc;

/// <summary>
/// Finds the blocks that are mappings of their own. They are in no list; each begins at a page with a header whose only flag
/// is IS_MMAPPED and whose size is that of the mapping. The kernel merges neighbours, so a mapping may hold many.
/// </summary>
internal sealed class MmappedChunks
{
    private const int MaxPagesPerRead = 256;
    private const int MaxBlocks = 1 << 22;

    // Of memory in which something is missing, or has moved, this much is looked through for it: 16 GiB, and 1,048,576 places.
    private const int MaxBrokenPages = 1 << 22;
    private const int MaxPlaces = 1 << 20;

    private readonly IMemory _pages;
    private readonly MemoryCache _memory;
    private readonly GlibcLayout _layout;
    private byte[] _buffer;
    private readonly PageAccess[] _access = new PageAccess[MaxPagesPerRead];
    private int _placesLeft = MaxPlaces;

    public MmappedChunks(IMemory pages, MemoryCache memory, GlibcLayout layout)
    {
        _pages = pages;
        _memory = memory;
        _layout = layout;
        _buffer = GC.AllocateUninitializedArray<byte>(pages.PageSize);
    }

    // 2.43 leaves the header out of the size, and marks mappings of huge pages in prev_size.
    private bool IsNewForm => _layout.FastbinCount == 0;

    /// <summary>The blocks, in address order.</summary>
    /// <param name="mappings">All mappings.</param>
    /// <param name="heaps">Where the arenas' heaps are, in address order: nothing is looked for there.</param>
    /// <param name="known">How many there are and of how many bytes, when that is known.</param>
    public List<MmappedBlock> Find(IReadOnlyList<Mapping> mappings, IReadOnlyList<AddressRange> heaps, (ulong Blocks, ulong Bytes)? known)
    {
        // The kernel puts a mapping below those before it: nearly all of these blocks stand in a row at the start of one. Where
        // those are all, the rest of a program's memory need not be read.
        if (known is { } all && FindAll(mappings, heaps, jump: true, thorough: false, onlyStarts: true) is var first && IsExactly(first, all))
        {
            return first;
        }

        List<MmappedBlock> found = FindAll(mappings, heaps, jump: true, thorough: false);
        if (known is not { } wanted || IsExactly(found, wanted))
        {
            return found;
        }

        List<MmappedBlock> moved = FindAll(mappings, heaps, jump: true, thorough: true);
        if (IsExactly(moved, wanted))
        {
            return moved;
        }

        // A program's own mapping may hold words like a header's. Blocks are large, such words are anything: the largest win.
        var chosen = new Dictionary<ulong, MmappedBlock>();
        var ranges = new SortedSet<(ulong Start, ulong End)>();
        foreach (MmappedBlock block in FindAll(mappings, heaps, jump: false, thorough: false).OrderByDescending(b => b.Range.Length))
        {
            // Those chosen do not overlap: only the last that begins before the end of this one can.
            (ulong Start, ulong End) last = ranges.GetViewBetween((0, 0), (block.Range.End - 1, ulong.MaxValue)).Max;
            if ((ulong)ranges.Count < wanted.Blocks && last.End <= block.Range.Start)
            {
                ranges.Add((block.Range.Start, block.Range.End));
                chosen.Add(block.Range.Start, block);
            }
        }

        List<MmappedBlock> largest = [.. ranges.Select(range => chosen[range.Start])];
        return IsExactly(largest, wanted) ? largest : found;
    }

    /// <summary>Headers of such blocks whose size can't be, outside those that were found.</summary>
    /// <param name="mappings">All mappings.</param>
    /// <param name="taken">Where heaps and the blocks found are, in address order.</param>
    /// <param name="most">How many to give.</param>
    public List<ulong> FindBroken(IReadOnlyList<Mapping> mappings, IReadOnlyList<AddressRange> taken, int most)
    {
        var broken = new List<ulong>();
        int pagesLeft = MaxBrokenPages;
        ulong pageSize = (ulong)_pages.PageSize;
        foreach (Mapping mapping in mappings.Where(IsCandidate))
        {
            for (ulong page = mapping.Range.Start; page < mapping.Range.End && broken.Count < most && pagesLeft-- > 0; page += pageSize)
            {
                page = _pages.FirstPresent(page, mapping.Range.End);
                if (page >= mapping.Range.End)
                {
                    break;
                }

                if (Inside(taken, page) is { } range)
                {
                    page = ((range.End + pageSize - 1) & ~(pageSize - 1)) - pageSize;
                    continue;
                }

                _pages.ReadPages(page, _buffer.AsSpan(0, _pages.PageSize), _access.AsSpan(0, 1));
                int offset = (int)(_layout.FirstChunk(0) % (ulong)_layout.Alignment);
                ulong previous = _memory.Word(_buffer.AsSpan(offset)) & (IsNewForm ? ~1UL : ~0UL);
                ulong word = _memory.Word(_buffer.AsSpan(offset + _layout.PointerSize));
                if (_access[0] == PageAccess.Data && previous == (ulong)offset && (word & ~ChunkBits.SizeMask) == ChunkBits.Mmapped && word > pageSize)
                {
                    broken.Add(page + (ulong)offset);
                }
            }
        }

        return broken;
    }

    private static bool IsCandidate(Mapping mapping) =>
        (mapping.Backing == MappingBacking.Anonymous || mapping.HugetlbPageSize != 0)
        && (mapping.Permissions & ~MappingPermissions.Execute) == (MappingPermissions.Read | MappingPermissions.Write);

    // Since 2.43 each mremap leaves malloc's counter of bytes off by a header.
    private bool IsExactly(List<MmappedBlock> blocks, (ulong Blocks, ulong Bytes) wanted)
    {
        ulong bytes = blocks.Aggregate(0UL, (sum, b) => sum + b.Range.Length);
        ulong off = Math.Max(bytes, wanted.Bytes) - Math.Min(bytes, wanted.Bytes);
        return (ulong)blocks.Count == wanted.Blocks && (off == 0 || (IsNewForm && off % (ulong)_layout.HeaderSize == 0 && off < (ulong)_pages.PageSize));
    }

    private List<MmappedBlock> FindAll(
        IReadOnlyList<Mapping> mappings, IReadOnlyList<AddressRange> heaps, bool jump, bool thorough, bool onlyStarts = false)
    {
        var found = new List<MmappedBlock>();
        foreach (Mapping mapping in mappings)
        {
            ulong at = IsCandidate(mapping) ? mapping.Range.Start : mapping.Range.End;
            int pages = 1;
            while (at < mapping.Range.End && found.Count < MaxBlocks)
            {
                if (Inside(heaps, at) is { } heap)
                {
                    at = Math.Max(at + (ulong)_pages.PageSize, (heap.End + (ulong)_pages.PageSize - 1) & ~((ulong)_pages.PageSize - 1));
                    continue;
                }

                ulong present = pages > 1 ? _pages.FirstPresent(at, mapping.Range.End) : at;
                if (present != at)
                {
                    at = present;
                    continue;
                }

                int count = (int)Math.Min((ulong)pages, (mapping.Range.End - at) / (ulong)_pages.PageSize);
                if (_buffer.Length < count * _pages.PageSize)
                {
                    _buffer = GC.AllocateUninitializedArray<byte>(MaxPagesPerRead * _pages.PageSize);
                }

                _pages.ReadPages(at, _buffer.AsSpan(0, count * _pages.PageSize), _access.AsSpan(0, count));
                int before = found.Count;
                at = Search(at, count, mapping.Range.End, jump, thorough, found);
                if (onlyStarts && found.Count == before)
                {
                    break;
                }

                pages = found.Count > before ? 1 : Math.Min(2 * pages, MaxPagesPerRead);
            }
        }

        return found;
    }

    // Returns where to go on: behind the first block found, or behind the pages looked at.
    private ulong Search(ulong start, int count, ulong limit, bool jump, bool thorough, List<MmappedBlock> found)
    {
        ulong pageSize = (ulong)_pages.PageSize;
        for (int i = 0; i < count; i++)
        {
            ulong page = start + ((ulong)i * pageSize);
            if (_access[i] == PageAccess.Data && TotalAt(_buffer.AsSpan(i * _pages.PageSize)) is var total and not 0
                && Resolve(page, total, limit, thorough) is { } block)
            {
                found.Add(block);
                if (jump)
                {
                    return block.Range.End;
                }
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
        ulong total = (word & ChunkBits.SizeMask) + offset + (IsNewForm ? (ulong)_layout.HeaderSize : 0);
        return previous == offset && (word & ~ChunkBits.SizeMask) == ChunkBits.Mmapped && total % (ulong)_pages.PageSize == 0 ? total : 0;
    }

    // An aligned block has its header further in, and leaves the first one behind as it was, even when its size changes later.
    private MmappedBlock? Resolve(ulong start, ulong total, ulong limit, bool thorough)
    {
        ulong header = (ulong)_layout.HeaderSize;
        ulong chunk = _layout.FirstChunk(start);
        foreach (ulong moved in thorough ? AnyPlaces(start, limit) : AlignedPlaces(start, limit))
        {
            if (_memory.TryReadWord(moved, out ulong previous)
                && _memory.TryReadWord(moved + (ulong)_layout.PointerSize, out ulong word)
                && Total(previous, word, moved - start) is var real and not 0 && real <= limit - start)
            {
                chunk = moved;
                total = real;
                break;
            }
        }

        ulong unused = IsNewForm ? (ulong)_layout.PointerSize : 0;
        ulong end = start + total;
        return total > limit - start ? null : new MmappedBlock(new AddressRange(start, end), chunk, chunk + header, end - chunk - header - unused);
    }

    // Where the header is of a block that was asked for with an alignment.
    private IEnumerable<ulong> AlignedPlaces(ulong start, ulong limit)
    {
        ulong header = (ulong)_layout.HeaderSize;
        for (ulong alignment = 2 * (ulong)_layout.Alignment; alignment < limit - start; alignment *= 2)
        {
            ulong user = (start + header + alignment - 1) & ~(alignment - 1);
            if (user < limit && user - header != _layout.FirstChunk(start))
            {
                yield return user - header;
            }
        }
    }

    // Where it can be after realloc has moved the mapping: as far in as before, but no longer aligned to more than a page.
    private IEnumerable<ulong> AnyPlaces(ulong start, ulong limit)
    {
        const int maxPages = 1 << 16;
        ulong step = (ulong)_layout.Alignment;
        ulong pageSize = (ulong)_pages.PageSize;
        for (ulong chunk = _layout.FirstChunk(start) + step; chunk < start + pageSize && _placesLeft-- > 0; chunk += step)
        {
            yield return chunk;
        }

        for (ulong page = start + (2 * pageSize), i = 0; page < limit && i < maxPages && _placesLeft-- > 0; page += pageSize, i++)
        {
            yield return page - (ulong)_layout.HeaderSize;
        }
    }

    private static AddressRange? Inside(IReadOnlyList<AddressRange> heaps, ulong address)
    {
        // The last that begins at or before the address.
        int low = 0;
        for (int high = heaps.Count; low < high;)
        {
            int middle = (low + high) / 2;
            (low, high) = heaps[middle].Start <= address ? (middle + 1, high) : (low, middle);
        }

        return low != 0 && heaps[low - 1].Contains(address) ? heaps[low - 1] : null;
    }
}
