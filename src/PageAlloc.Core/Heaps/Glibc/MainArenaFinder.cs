using PageAlloc.Mappings;
using PageAlloc.Targets;

namespace PageAlloc.Heaps.Glibc;

/// <summary>A main arena, and the layout that its ring of arenas proved.</summary>
/// <param name="Address">The arena's address.</param>
/// <param name="Layout">The layout.</param>
/// <param name="Mapping">The writable mapping of the library, or program, that it is in.</param>
internal readonly record struct MainArena(ulong Address, GlibcLayout Layout, Mapping Mapping);

/// <summary>
/// Finds main arenas by their shape alone, so that no symbol is needed: 127 bins, each a ring through its own head. The
/// last is never used, so its two words always are the address two words below them: that is looked for first.
/// </summary>
internal static class MainArenaFinder
{
    private const int PagesPerRead = 64;
    private const int MaxSteps = 1 << 22;

    // Far more than the data of any library or program; a file that a process maps and writes may be of any size.
    private const ulong MaxBytes = 256 << 20;

    private const int MaxBrokenBins = 8;

    /// <summary>
    /// All main arenas: one for each libc in use, in address order. Only pages that were written are looked at, as that of a
    /// main arena always is, and at most so many in all: those of files named like a libc first, then those of small mappings.
    /// </summary>
    public static List<MainArena> Find(MemoryCache memory, IMemory pages, IReadOnlyList<Mapping> mappings)
    {
        var found = new List<MainArena>();
        using var rented = new RentedArray<byte>(PagesPerRead * memory.PageSize);
        Span<byte> buffer = rented.Span;
        var access = new PageAccess[PagesPerRead];
        int budget = MaxSteps;
        ulong left = MaxBytes;
        foreach (Mapping mapping in mappings.Where(MayHoldData).OrderByDescending(m => LibcFiles.IsNamedLibc(m.Name.Span)).ThenBy(m => m.Range.Length))
        {
            ulong at = mapping.Range.Start;
            while (left != 0 && (at = pages.FirstWritten(at, mapping.Range.End)) < mapping.Range.End)
            {
                int length = (int)Math.Min(Math.Min((ulong)buffer.Length, left), mapping.Range.End - at);
                pages.ReadPages(at, buffer[..length], access.AsSpan(0, length / memory.PageSize));
                Search(memory, mapping, at, buffer[..length], found, ref budget);
                at += (ulong)length;
                left -= (ulong)length;
            }
        }

        found.Sort((a, b) => a.Address.CompareTo(b.Address));
        return found;
    }

    // Heaps may lie in huge pages, which are mappings of a file that has no name: the arenas in there are of threads.
    /// <summary>Whether a main arena may lie in a mapping.</summary>
    public static bool MayHoldData(Mapping mapping) =>
        mapping.Backing == MappingBacking.File && mapping.HugetlbPageSize == 0
        && (mapping.Permissions & (MappingPermissions.Write | MappingPermissions.Shared)) == MappingPermissions.Write;

    private static void Search(MemoryCache memory, Mapping mapping, ulong start, ReadOnlySpan<byte> bytes, List<MainArena> found, ref int budget)
    {
        int w = memory.PointerSize;
        for (int at = 0; at + (2 * w) <= bytes.Length; at += w)
        {
            ulong self = start + (ulong)at - (ulong)(2 * w);
            if (memory.Word(bytes[at..]) != self || memory.Word(bytes[(at + w)..]) != self || IsFollowedByBin(memory, self))
            {
                continue;
            }

            ulong bins = start + (ulong)at - (ulong)((GlibcLayout.BinWords - 2) * w);
            budget -= GlibcLayout.BinCount;
            if (budget > 0 && BrokenBins(memory, bins) is { } broken
                && (LayoutOfRing(memory, bins, ref budget) ?? (broken <= MaxBrokenBins ? LikelyLayout(memory, bins) : null)) is { } layout)
            {
                found.Add(new MainArena(bins - (ulong)layout.BinsOffset, layout, mapping));
            }
        }
    }

    // Other bins that are empty look like the last one, but for what follows them. With a few bins in use behind it, such a one must not
    // be taken for the last of an arena whose first few bins are damaged: the true last one is behind them.
    private static bool IsFollowedByBin(MemoryCache memory, ulong self)
    {
        ulong bin = (ulong)(2 * memory.PointerSize);
        for (int i = 1; i <= MaxBrokenBins; i++)
        {
            ulong next = self + (bin * (ulong)i);
            if (memory.TryReadWord(next + bin, out ulong first) && first == next
                && memory.TryReadWord(next + bin + (bin / 2), out ulong last) && last == next)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// How many of 127 rings do not hang there: empty ones point to themselves, the first and last chunk of others back to the
    /// head. A few are damage, which hides no arena; many are those of a process that works on them just now. Null when they
    /// can't be read.
    /// </summary>
    private static int? BrokenBins(MemoryCache memory, ulong bins)
    {
        var w = (ulong)memory.PointerSize;
        int broken = 0;
        for (ulong bin = 1; bin < GlibcLayout.BinCount; bin++)
        {
            ulong slot = bins + (2 * w * (bin - 1));
            ulong head = slot - (2 * w);
            if (!memory.TryReadWord(slot, out ulong first) || !memory.TryReadWord(slot + w, out ulong last))
            {
                return null;
            }

            if (first == head && last == head)
            {
                continue;
            }

            // A chunk that is swapped out can't be asked; the ring of arenas decides then.
            if (first == 0 || last == 0 || (first | last) % w != 0
                || (memory.TryReadWord(first + (3 * w), out ulong back) && back != head)
                || (memory.TryReadWord(last + (2 * w), out ulong forward) && forward != head))
            {
                broken++;
            }
        }

        return broken;
    }

    // The layout is the one whose ring of arenas comes back to this one.
    private static GlibcLayout? LayoutOfRing(MemoryCache memory, ulong bins, ref int budget)
    {
        foreach (GlibcLayout layout in GlibcLayout.Known(memory.PointerSize))
        {
            ulong start = bins - (ulong)layout.BinsOffset;
            ulong arena = start;
            ulong checkpoint = 0;
            for (int i = 0; budget-- > 0 && memory.TryReadWord(arena + (ulong)layout.NextOffset, out ulong next) && next != 0; i++)
            {
                if (next == start)
                {
                    if (IsPlausible(memory, start, layout))
                    {
                        return layout;
                    }

                    break;
                }

                if (next == checkpoint)
                {
                    break;
                }

                // It moves on by powers of two, so that any cycle comes back to it.
                checkpoint = (i & (i - 1)) == 0 ? next : checkpoint;
                arena = next;
            }
        }

        return null;
    }

    // Where no ring comes back, as a link is damaged or the page of an arena swapped out, it is the first by which the state
    // makes sense: what the ring still leads to can be shown.
    private static GlibcLayout? LikelyLayout(MemoryCache memory, ulong bins)
    {
        GlibcLayout[] likely =
        [
            .. GlibcLayout.Known(memory.PointerSize).Where(layout =>
                IsPlausible(memory, bins - (ulong)layout.BinsOffset, layout)
                && ArenaState.Read(memory, bins - (ulong)layout.BinsOffset, layout) is { IsUnused: false } state
                && state.Next != 0 && state.SystemBytes % (ulong)memory.PageSize == 0),
        ];
        return Array.Find(likely, layout => LeadsToArena(memory, bins - (ulong)layout.BinsOffset, layout)) ?? likely.FirstOrDefault();
    }

    // Whether the next arena of the ring has its last bin where it must be: of the main one that holds by any layout.
    private static bool LeadsToArena(MemoryCache memory, ulong arena, GlibcLayout layout) =>
        memory.TryReadWord(arena + (ulong)layout.NextOffset, out ulong next)
        && next + (ulong)(layout.BinsOffset + ((GlibcLayout.BinWords - 2) * layout.PointerSize)) is var last
        && memory.TryReadWord(last, out ulong self) && self == last - (ulong)(2 * layout.PointerSize);

    // Releases with and without attached_threads share the offset of the bins. Read by the wrong one of the two, the bytes
    // obtained from the system stand for a count of threads that no process has.
    private static bool IsPlausible(MemoryCache memory, ulong arena, GlibcLayout layout) =>
        ArenaState.Read(memory, arena, layout) is { } state
        && (state.AttachedThreads ?? 0) < 1 << 16
        && (state.IsUnused ? state.SystemBytes == 0 : state.SystemBytes >= (ulong)memory.PageSize);
}
