using PageAlloc.Heaps;
using PageAlloc.Heaps.Glibc;

namespace PageAlloc.Blocks;

/// <summary>
/// Finds the next place where a chunk certainly begins: from there, header leads to header until top, a fencepost, a chunk
/// that a list names, or far enough that chance is ruled out.
/// </summary>
/// <param name="memory">The memory.</param>
/// <param name="lists">What the lists hold.</param>
/// <param name="steps">How many headers are looked at in all.</param>
internal sealed class ChunkProof(MemoryCache memory, FreeLists lists, int steps = ChunkProof.MaxSteps)
{
    private const int EnoughHops = 64;

    // Hostile memory may make every place look like a chunk for a while.
    private const int MaxSteps = 1 << 24;
    private int _steps = steps;

    /// <summary>Whether so much was tried that nothing more is.</summary>
    public bool IsExhausted => _steps <= 0;

    /// <summary>The first chunk at or behind <paramref name="address"/>; <paramref name="limit"/> when there is none.</summary>
    public ulong FindFrom(ulong address, ulong limit, Arena arena) => Find(address, limit, limit, arena);

    /// <summary>The first chunk in a part of a segment; the part's end when there is none.</summary>
    /// <param name="address">Where the part begins.</param>
    /// <param name="end">Where it ends.</param>
    /// <param name="limit">The end of the segment.</param>
    /// <param name="arena">The arena.</param>
    public ulong Find(ulong address, ulong end, ulong limit, Arena arena)
    {
        GlibcLayout layout = arena.Layout;
        for (ulong chunk = layout.FirstChunk(address); chunk < end && _steps > 0; chunk += (ulong)layout.Alignment)
        {
            _steps--;
            if (!memory.TryReadWord(chunk + (ulong)layout.PointerSize, out _))
            {
                // The whole page can't be read; and where a page is absent, and reads as zeros, no chunk begins.
                ulong mask = (ulong)memory.PageSize - 1;
                ulong next = (chunk & ~mask) + mask + 1;
                next = next < end ? memory.FirstReadable(next, (end + mask) & ~mask) : next;
                chunk = layout.FirstChunk(next) - (ulong)layout.Alignment;
                continue;
            }

            if (Leads(chunk, limit, arena))
            {
                return chunk;
            }
        }

        return end;
    }

    private bool Leads(ulong chunk, ulong limit, Arena arena)
    {
        GlibcLayout layout = arena.Layout;
        var w = (ulong)layout.PointerSize;
        ulong previousSize = 0;
        for (int hop = 0; chunk < limit; hop++)
        {
            if (_steps-- <= 0 || !memory.TryReadWord(chunk + w, out ulong word))
            {
                return false;
            }

            // In a main arena no chunk has the mark of another; data may, and looks like a size to begin with.
            if (arena.IsMain && (word & ChunkBits.NonMainArena) != 0)
            {
                return false;
            }

            // A free neighbour has left its size in front of this header.
            if (hop > 0 && (word & ChunkBits.PreviousInUse) == 0 && (!memory.TryReadWord(chunk, out ulong foot) || foot != previousSize))
            {
                return false;
            }

            ulong size = word & ChunkBits.SizeMask;
            if (chunk == arena.State.Top)
            {
                return size == limit - chunk;
            }

            if (hop > 0 && (hop >= EnoughHops || lists.Holds(chunk) || size == (ulong)layout.HeaderSize))
            {
                return true;
            }

            if (size < layout.MinimumSize || size % (ulong)layout.Alignment != 0 || (word & ChunkBits.Mmapped) != 0 || size > limit - chunk)
            {
                return false;
            }

            previousSize = size;
            chunk += size;
        }

        return false;
    }
}
