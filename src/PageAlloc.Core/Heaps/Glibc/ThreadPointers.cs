using PageAlloc.Mappings;
using PageAlloc.Targets;

namespace PageAlloc.Heaps.Glibc;

/// <summary>
/// Finds the thread control blocks of a process by their shape: on x86 the first and the third word are the block's own
/// address, so that a thread finds itself. source: sysdeps/x86_64/nptl/tls.h, tcbhead_t
/// </summary>
internal static class ThreadPointers
{
    private const int PagesPerRead = 64;

    // Stacks are resident in small part; what is larger than this in all is no stack but data.
    private const int MaxPages = 64 << 10;

    // Looks at pages that may be absent: 256 GiB of them.
    private const int MaxReads = 1 << 20;

    /// <summary>The blocks of the living threads in memory that is no heap, in address order.</summary>
    /// <param name="pages">The target's memory.</param>
    /// <param name="memory">The same, in words.</param>
    /// <param name="mappings">All mappings.</param>
    /// <param name="heaps">Where heaps are, in address order: nothing is looked for there.</param>
    /// <param name="tids">The threads by the numbers that the process itself knows, with the numbers that we know.</param>
    /// <param name="pointers">The thread pointers by the numbers of the threads; null when they are not known. Where all are, nothing needs to be searched.</param>
    /// <param name="sawSwapped">Gets whether some of what was looked at is swapped out.</param>
    public static List<ThreadBlock> Find(
        IMemory pages,
        MemoryCache memory,
        IReadOnlyList<Mapping> mappings,
        IReadOnlyList<AddressRange> heaps,
        IReadOnlyDictionary<int, int> tids,
        IReadOnlyDictionary<int, ulong>? pointers,
        out bool sawSwapped)
    {
        sawSwapped = false;
        if (pointers is not null && tids.Keys.All(pointers.ContainsKey))
        {
            var w = (ulong)memory.PointerSize;
            return
            [
                .. pointers.Where(p => IsSelf(p.Value) && IsSelf(p.Value + (2 * w), p.Value))
                    .Select(p => new ThreadBlock(p.Value, p.Key)).OrderBy(b => b.Pointer),
            ];
        }

        bool IsSelf(ulong at, ulong? self = null) => memory.TryReadWord(at, out ulong word) && word == (self ?? at);

        var found = new ThreadDescriptors(memory, tids);
        using var rented = new RentedArray<byte>(PagesPerRead * pages.PageSize);
        Span<byte> buffer = rented.Span;
        var access = new PageAccess[PagesPerRead];
        int budget = MaxPages;
        int reads = MaxReads;

        // The main thread's block is next to the loader, other threads' below: stacks are mapped downwards. That of a static
        // program is in front of its heap, and would come last, when stacks that somebody has read whole have used up the budget.
        var heapSet = new RangeSet(heaps);
        IEnumerable<Mapping> candidates = mappings.Reverse()
            .Where(m => m.Backing == MappingBacking.Anonymous && m.Permissions == (MappingPermissions.Read | MappingPermissions.Write));
        foreach (Mapping mapping in candidates.OrderByDescending(m => heapSet.Overlaps(m.Range)))
        {
            if (found.IsComplete)
            {
                break;
            }

            // A block is at the end of its stack: from behind, it is found before the stack is read.
            foreach (AddressRange range in Without(mapping.Range, heaps))
            {
                // Of a static program it is in front of the heap, in the heap's first page.
                ulong mask = (ulong)pages.PageSize - 1;
                ulong end = (range.End + mask) & ~mask;
                ulong start = range.Start & ~mask;
                while (end > start && budget > 0 && reads-- > 0 && !found.IsComplete)
                {
                    int length = (int)Math.Min((ulong)buffer.Length, end - start);
                    int count = length / pages.PageSize;
                    end -= (ulong)length;
                    pages.ReadPages(end, buffer[..length], access.AsSpan(0, count));
                    sawSwapped |= access.AsSpan(0, count).Contains(PageAccess.Swapped);
                    int read = access.AsSpan(0, count).Count(PageAccess.Data);
                    budget -= read;
                    if (read == 0)
                    {
                        end = EndOfPresent(pages, start, end);
                    }
                    else
                    {
                        Search(buffer[..(int)Math.Min((ulong)length, range.End - end)], end, memory, found);
                    }
                }
            }
        }

        found.FollowLists();
        return found.Living();
    }

    // The end of the last page below that is present: halving finds it, as only forward search costs nothing.
    private static ulong EndOfPresent(IMemory pages, ulong start, ulong end)
    {
        ulong size = (ulong)pages.PageSize;
        if (end <= start || pages.FirstPresent(start, end) is var first && first == end)
        {
            return start;
        }

        // Where present pages can't be asked for, the address itself is given and nothing is left out.
        for (ulong low = first; end - low > size;)
        {
            ulong middle = low + ((end - low) / size / 2 * size);
            ulong next = pages.FirstPresent(middle, end);
            (low, end) = next == end ? (low, middle) : (next, end);
        }

        return end;
    }

    private static void Search(ReadOnlySpan<byte> bytes, ulong start, MemoryCache memory, ThreadDescriptors found)
    {
        int w = memory.PointerSize;
        int step = w == 8 ? 64 : 16;
        for (int at = 0; at + (3 * w) <= bytes.Length; at += step)
        {
            ulong self = start + (ulong)at;
            if (memory.Word(bytes[at..]) == self && memory.Word(bytes[(at + (2 * w))..]) == self)
            {
                found.Add(self);
            }
        }
    }

    private static IEnumerable<AddressRange> Without(AddressRange range, IReadOnlyList<AddressRange> heaps)
    {
        foreach (AddressRange heap in heaps)
        {
            if (!heap.Overlaps(range))
            {
                continue;
            }

            if (heap.Start > range.Start)
            {
                yield return range with { End = heap.Start };
            }

            if (heap.End >= range.End)
            {
                yield break;
            }

            range = range with { Start = heap.End };
        }

        yield return range;
    }
}
