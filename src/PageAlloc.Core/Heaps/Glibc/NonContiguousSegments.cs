using PageAlloc.Mappings;

namespace PageAlloc.Heaps.Glibc;

/// <summary>
/// The segments of a main arena that could not grow by brk: pieces from mmap, anywhere, in no list. Each begins at a page
/// and ends with the top chunk or two fenceposts; they are found by trying to walk from page boundaries until the
/// bytes found are the arena's.
/// </summary>
internal static class NonContiguousSegments
{
    private const int MaxSteps = 1 << 26;

    // Pages at which no piece begins: 16 GiB of other memory.
    private const int MaxMisses = 1 << 22;

    /// <summary>The segments, the one with top among them; what is not found, though something is swapped out, is said.</summary>
    public static List<Segment> Find(
        MemoryCache memory, ArenaState arena, GlibcLayout layout, IReadOnlyList<Mapping> mappings, ulong topEnd, ulong sbrkBase, List<Problem> problems)
    {
        ulong? swapped = null;
        var segments = new List<Segment>();
        ulong found = 0;
        int steps = MaxSteps;
        int misses = MaxMisses;
        foreach (Mapping mapping in Candidates(mappings, arena, layout))
        {
            // Only the break may begin within a page: before it is what others took, in static programs the loader.
            bool isBreak = sbrkBase % (ulong)memory.PageSize != 0 && mapping.Range.Contains(sbrkBase);
            ulong at = isBreak ? sbrkBase : mapping.Range.Start;
            while (at < mapping.Range.End && found < arena.SystemBytes && steps > 0 && misses > 0)
            {
                ulong first = layout.FirstChunk(at);
                ulong end = EndOfChain(memory, layout, first, mapping.Range.End, arena.Top, topEnd, ref steps, out ulong last);
                if (end == 0 || found + (end - at) > arena.SystemBytes)
                {
                    swapped ??= memory.IsSwapped(last) ? last : null;
                    misses--;
                    ulong next = (at & ~((ulong)memory.PageSize - 1)) + (ulong)memory.PageSize;
                    at = next < mapping.Range.End ? memory.FirstPresent(next, mapping.Range.End) : next;
                    continue;
                }

                segments.Add(new Segment(new AddressRange(at, end), first));
                found += end - at;
                at = end;
            }
        }

        if (found < arena.SystemBytes && swapped is { } place)
        {
            problems.Add(new Problem(
                ProblemKind.Swapped,
                arena.Address,
                place,
                $"the segments found hold {found} bytes of the arena's {arena.SystemBytes}: the others can't be told, as the page at 0x{place:x} is swapped out"));
        }

        return segments;
    }

    // Where the bins and top point comes first; other anonymous memory after it.
    private static IEnumerable<Mapping> Candidates(IReadOnlyList<Mapping> mappings, ArenaState arena, GlibcLayout layout)
    {
        var referenced = new HashSet<ulong> { arena.Top };
        for (int bin = 1; bin < GlibcLayout.BinCount; bin++)
        {
            referenced.Add(arena.BinFirst(bin));
            referenced.Add(arena.BinLast(bin));
        }

        for (int i = 0; i < layout.FastbinCount; i++)
        {
            referenced.Add(arena.Fastbin(i));
        }

        ulong[] places = [.. referenced.Order()];
        return mappings
            .Where(m => (m.Backing == MappingBacking.Anonymous || m.HugetlbPageSize != 0) && m.Permissions == (MappingPermissions.Read | MappingPermissions.Write))
            .OrderByDescending(m => m.Range.Contains(arena.Top))
            .ThenByDescending(m => HasOne(places, m.Range))
            .ThenByDescending(m => m.Name.Span.SequenceEqual("[heap]"u8));
    }

    private static bool HasOne(ulong[] places, AddressRange range)
    {
        int first = Array.BinarySearch(places, range.Start);
        first = first < 0 ? ~first : first;
        return first < places.Length && places[first] < range.End;
    }

    /// <summary>Where the chain of chunks from <paramref name="chunk"/> ends its segment; 0 when it does not lead to an end.</summary>
    private static ulong EndOfChain(
        MemoryCache memory, GlibcLayout layout, ulong chunk, ulong limit, ulong top, ulong topEnd, ref int steps, out ulong last)
    {
        var w = (ulong)layout.PointerSize;
        ulong header = 2 * w;
        bool first = true;
        last = chunk + w;
        while (chunk + header <= limit && steps-- > 0)
        {
            last = chunk + w;
            if (chunk == top)
            {
                return topEnd;
            }

            if (!memory.TryReadWord(chunk + w, out ulong word))
            {
                return 0;
            }

            ulong size = word & ChunkBits.SizeMask;
            if (size == header && !first)
            {
                // Two fenceposts of a header's size each end a piece; i386 leaves a few bytes up to the page's end.
                ulong second = chunk + header;
                ulong end = (second + header + (ulong)memory.PageSize - 1) & ~((ulong)memory.PageSize - 1);
                return memory.TryReadWord(second + w, out ulong next) && (next & ChunkBits.SizeMask) == header && end <= limit ? end : 0;
            }

            if (size < layout.MinimumSize || size % (ulong)layout.Alignment != 0 || (word & 2) != 0 || size > limit - chunk
                || (first && (word & ChunkBits.PreviousInUse) == 0))
            {
                return 0;
            }

            first = false;
            chunk += size;
        }

        return 0;
    }
}
