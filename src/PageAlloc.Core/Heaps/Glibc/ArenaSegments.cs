using PageAlloc.Mappings;

namespace PageAlloc.Heaps.Glibc;

/// <summary>Finds the segments of an arena.</summary>
internal static class ArenaSegments
{
    // How much a heap may have grown since the mappings were read.
    private const ulong MaxGrowth = 64 << 20;

    /// <summary>The segments in address order, and what is wrong with them.</summary>
    /// <param name="memory">The target's memory.</param>
    /// <param name="arena">The arena.</param>
    /// <param name="isMain">Whether it is a main arena.</param>
    /// <param name="layout">The layout.</param>
    /// <param name="mappings">All mappings.</param>
    /// <param name="sbrkBase">The first break of a main arena, if it is known; else 0.</param>
    /// <param name="budget">How many heaps of thread arenas may still be read.</param>
    /// <param name="problems">Gets what is wrong.</param>
    public static List<Segment> Find(
        MemoryCache memory,
        ArenaState arena,
        bool isMain,
        GlibcLayout layout,
        IReadOnlyList<Mapping> mappings,
        ulong sbrkBase,
        ref int budget,
        List<Problem> problems)
    {
        if (arena.IsUnused)
        {
            return [];
        }

        List<Segment> segments = isMain
            ? OfMain(memory, arena, layout, mappings, sbrkBase, problems)
            : OfThreads(memory, arena, layout, mappings, ref budget, problems);
        segments.Sort((a, b) => a.Range.Start.CompareTo(b.Range.Start));
        ulong sum = 0;
        foreach (Segment segment in segments)
        {
            sum += segment.Range.Length;
        }

        if (sum != arena.SystemBytes && problems.Count == 0)
        {
            problems.Add(new Problem(
                ProblemKind.MissingSegments,
                arena.Address,
                arena.Address,
                $"the segments found hold {sum} bytes, the arena has {arena.SystemBytes} from the system"));
        }

        return segments;
    }

    private static List<Segment> OfThreads(
        MemoryCache memory, ArenaState arena, GlibcLayout layout, IReadOnlyList<Mapping> mappings, ref int budget, List<Problem> problems)
    {
        if (HeapChain.Read(memory, arena, ref budget, problems) is not { } chain)
        {
            problems.Add(new Problem(
                ProblemKind.BrokenTop, arena.Address, arena.Top, $"no heap of this arena holds its top chunk 0x{arena.Top:x}"));
            return [];
        }

        ulong header = arena.Address - chain.Heaps[^1].Address;
        var segments = new List<Segment>(chain.Heaps.Count);
        foreach (HeapInfo heap in chain.Heaps)
        {
            bool isPossible = chain.MayHave(heap.Size);
            if (!isPossible || !IsMapped(mappings, new AddressRange(heap.Address, heap.Address + heap.Size), MaxGrowth))
            {
                string why = isPossible ? "more than is mapped there" : $"from 1 to 0x{chain.Alignment:x} are possible";
                problems.Add(new Problem(
                    ProblemKind.BrokenSize, arena.Address, heap.Address, $"the heap at 0x{heap.Address:x} has the size 0x{heap.Size:x}: {why}"));
                continue;
            }

            ulong overhead = heap.Previous == 0 ? header + (ulong)layout.StateSize : header;
            segments.Add(new Segment(new AddressRange(heap.Address, heap.Address + heap.Size), layout.FirstChunk(heap.Address + overhead))
            {
                ReservedEnd = heap.Address + chain.Alignment,
            });
        }

        return segments;
    }

    // Contiguous: from the first break that malloc got, to the end of top. Foreign memory between counts as the arena's.
    private static List<Segment> OfMain(
        MemoryCache memory, ArenaState arena, GlibcLayout layout, IReadOnlyList<Mapping> mappings, ulong sbrkBase, List<Problem> problems)
    {
        ulong alignment = (ulong)layout.Alignment - 1;
        var contiguous = new AddressRange(sbrkBase, unchecked(sbrkBase + arena.SystemBytes));
        bool isKnown = !arena.IsNonContiguous && sbrkBase != 0 && !contiguous.IsEmpty && IsMapped(mappings, contiguous, 0);
        bool isRead = memory.TryReadWord(arena.Top + (ulong)layout.PointerSize, out ulong word);
        if (!isRead && isKnown)
        {
            // The walk will say that it could not see top.
            SayIfElsewhere();
            return [new Segment(contiguous, layout.FirstChunk(sbrkBase))];
        }

        if (!isRead)
        {
            problems.Add(memory.IsSwapped(arena.Top)
                ? new Problem(ProblemKind.Swapped, arena.Address, arena.Top, $"the top chunk at 0x{arena.Top:x} is swapped out: where the arena's memory is can't be told")
                : new Problem(ProblemKind.BrokenTop, arena.Address, arena.Top, $"the top chunk at 0x{arena.Top:x} can't be read"));
            return [];
        }

        ulong size = word & ChunkBits.SizeMask;
        ulong end = unchecked(arena.Top + size);
        bool isBroken = arena.Top % (ulong)layout.PointerSize != 0 || ((arena.Top + (ulong)layout.HeaderSize) & alignment) != 0
            || end <= arena.Top || end % (ulong)memory.PageSize != 0;
        if (isBroken && isKnown)
        {
            // The walk will say what is wrong with the size of top.
            SayIfElsewhere();
            return [new Segment(contiguous, layout.FirstChunk(sbrkBase))];
        }

        if (isBroken)
        {
            problems.Add(new Problem(
                ProblemKind.BrokenTop,
                arena.Address,
                arena.Top,
                $"the top chunk at 0x{arena.Top:x} has the size 0x{size:x}: its end is no page boundary"));
            return [];
        }

        ulong start = end - arena.SystemBytes;
        if (!arena.IsNonContiguous && start <= arena.Top && start < end && IsMapped(mappings, new AddressRange(start, end), MaxGrowth))
        {
            return [new Segment(new AddressRange(start, end), layout.FirstChunk(start))];
        }

        return NonContiguousSegments.Find(memory, arena, layout, mappings, end, sbrkBase, problems);

        void SayIfElsewhere()
        {
            if (!contiguous.Contains(arena.Top))
            {
                problems.Add(new Problem(
                    ProblemKind.BrokenTop, arena.Address, arena.Top, $"the top chunk is at 0x{arena.Top:x}, outside of the arena's memory {contiguous}"));
            }
        }
    }

    // A damaged size would else have a walk cross all of the address space.
    private static bool IsMapped(IReadOnlyList<Mapping> mappings, AddressRange range, ulong growth)
    {
        ulong end = range.Start;
        for (int i = mappings.FirstBehind(end) - 1; i >= 0 && i < mappings.Count && mappings[i].Range.Contains(end); i++)
        {
            end = mappings[i].Range.End;
        }

        return end != range.Start && (end >= range.End || range.End - end <= growth);
    }
}
