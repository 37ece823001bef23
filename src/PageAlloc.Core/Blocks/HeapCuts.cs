using PageAlloc.Heaps;
using PageAlloc.Heaps.Glibc;

namespace PageAlloc.Blocks;

/// <summary>
/// Cuts heaps into parts of about one length, which can be walked at one time. A segment is cut where a page and a chunk in
/// use begin, behind another in use: no page, no free memory and no block lies on both sides. That a chunk begins there is
/// likely, not certain: the walk of the part before must end there.
/// </summary>
internal sealed class HeapCuts(MemoryCache memory, FreeLists lists)
{
    // Among a few hundred small chunks one begins a page. Where all are large, a walk is quick anyway.
    private const int MostChunks = 1 << 16;
    private const ulong SearchedBytes = 16 << 20;

    // Without a cut a walk takes one thread, and no harm is done.
    private const int MostSteps = 1 << 20;

    private readonly ChunkProof _proof = new(memory, lists, MostSteps);

    /// <summary>The parts in the order of the walk; each is a row of whole segments and of parts of them.</summary>
    /// <param name="arenas">The arenas.</param>
    /// <param name="count">How many parts are wanted; there may be fewer.</param>
    public List<List<SegmentPart>> Cut(IReadOnlyList<Arena> arenas, int count)
    {
        SegmentPart[] segments = [.. arenas.SelectMany(a => a.Segments.Select(s => new SegmentPart(a, s)))];
        ulong left = segments.Aggregate(0UL, (sum, s) => sum + s.Length);
        var parts = new List<List<SegmentPart>> { new() };
        ulong room = left / (ulong)count;
        foreach (SegmentPart segment in segments)
        {
            SegmentPart rest = segment;
            while (rest.Length > room && parts.Count < count)
            {
                // A little too much in one part is better than a cut through the smallest segment.
                ulong? cut = room == 0 ? rest.Start : Find(rest, rest.Start + room);
                ulong end = cut ?? rest.End;
                Add(parts[^1], rest with { End = end });
                left -= end - rest.Start;
                rest = rest with { Start = end };
                if (left == 0)
                {
                    break;
                }

                parts.Add([]);
                room = left / (ulong)(count - parts.Count + 1);
            }

            Add(parts[^1], rest);
            left -= rest.Length;
            room -= Math.Min(room, rest.Length);
        }

        parts.RemoveAll(part => part.Count == 0);
        return parts;
    }

    private static void Add(List<SegmentPart> part, SegmentPart segment)
    {
        if (segment.Length != 0)
        {
            part.Add(segment);
        }
    }

    private ulong? Find(SegmentPart segment, ulong from)
    {
        Arena arena = segment.Arena;
        GlibcLayout layout = arena.Layout;
        ulong limit = segment.Segment.Range.End;
        ulong end = Math.Min(limit, from + SearchedBytes);
        ulong chunk = _proof.Find(from, end, limit, arena);
        bool isUsedBefore = false;
        for (int i = 0; i < MostChunks && chunk < end && chunk != arena.State.Top; i++)
        {
            if (!memory.TryReadWord(chunk + (ulong)layout.PointerSize, out ulong word)
                || (word & ChunkBits.SizeMask) is var size && (size < layout.MinimumSize || size >= limit - chunk)
                || !memory.TryReadWord(chunk + size + (ulong)layout.PointerSize, out ulong next))
            {
                return null;
            }

            bool isUsed = (next & ChunkBits.PreviousInUse) != 0 && !lists.Holds(chunk);
            if (isUsed && isUsedBefore && chunk % (ulong)memory.PageSize == 0)
            {
                return chunk;
            }

            isUsedBefore = isUsed;
            chunk += size;
        }

        return null;
    }
}
