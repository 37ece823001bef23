namespace PageAlloc.Heaps.Glibc;

/// <summary>
/// struct _heap_info, at the start of every heap of a thread arena, which is aligned to the largest size that it may have.
/// source: malloc/arena.c
/// </summary>
/// <param name="Address">The heap's address.</param>
/// <param name="Arena">The arena that it belongs to (ar_ptr).</param>
/// <param name="Previous">The heap that was made before it; 0 for the first.</param>
/// <param name="Size">Bytes in use by malloc.</param>
internal readonly record struct HeapInfo(ulong Address, ulong Arena, ulong Previous, ulong Size)
{
    private const int MaxNamed = 20;

    /// <summary>The sizes that heaps may be aligned to: usually the first. With huge pages, 2.35 to 2.41 take four of them.</summary>
    private static ReadOnlySpan<ulong> Alignments64 => [64UL << 20, 8UL << 20, 4UL << 30, 128UL << 20, 2UL << 30];

    private static ReadOnlySpan<ulong> Alignments32 => [1UL << 20, 8UL << 20];

    /// <summary>The size of the structure, padding included: told by where the arena in the first heap stands.</summary>
    public static ulong SizeBefore(ulong arena, int pointerSize) => arena & ((pointerSize == 8 ? 64UL << 10 : 4UL << 10) - 1);

    /// <summary>All heaps of a thread arena, the newest first, which holds its top; null when they can't be read or make no sense.</summary>
    /// <param name="memory">The target's memory.</param>
    /// <param name="arena">The arena's address.</param>
    /// <param name="top">Its top chunk.</param>
    /// <param name="budget">How many heaps may be read; it is the budget of all arenas, as hostile ones may share their heaps.</param>
    /// <param name="problems">Gets heaps that name another arena, though their chain leads to this one.</param>
    public static List<HeapInfo>? ReadAll(MemoryCache memory, ulong arena, ulong top, ref int budget, List<Problem> problems)
    {
        ReadOnlySpan<ulong> alignments = memory.PointerSize == 8 ? Alignments64 : Alignments32;
        foreach (bool isStrict in (ReadOnlySpan<bool>)[true, false])
        {
            foreach (ulong alignment in alignments)
            {
                if (ReadAll(memory, arena, top & ~(alignment - 1), alignment, isStrict, ref budget) is { } heaps)
                {
                    problems.AddRange(heaps.Where(h => h.Arena != arena).Take(MaxNamed).Select(h => new Problem(
                        ProblemKind.BrokenLink, arena, h.Address, $"the heap at 0x{h.Address:x} names the arena 0x{h.Arena:x}, not 0x{arena:x} whose it is")));
                    return heaps;
                }
            }
        }

        return null;
    }

    private static List<HeapInfo>? ReadAll(MemoryCache memory, ulong arena, ulong newest, ulong alignment, bool isStrict, ref int budget)
    {
        var heaps = new List<HeapInfo>();
        ulong checkpoint = 0;
        for (ulong address = newest; address != 0; address = heaps[^1].Previous)
        {
            if (address % alignment != 0 || address == checkpoint || budget-- <= 0
                || Read(memory, address) is not { } heap || (heap.Arena != arena && isStrict) || heap.Size == 0 || heap.Size > alignment)
            {
                return null;
            }

            // It moves on by powers of two, so that any cycle comes back to it.
            checkpoint = (heaps.Count & (heaps.Count - 1)) == 0 ? address : checkpoint;
            heaps.Add(heap);
        }

        return heaps.Count != 0 && arena - heaps[^1].Address < (ulong)memory.PageSize ? heaps : null;
    }

    private static HeapInfo? Read(MemoryCache memory, ulong address)
    {
        var w = (ulong)memory.PointerSize;
        return memory.TryReadWord(address, out ulong arena)
            && memory.TryReadWord(address + w, out ulong previous)
            && memory.TryReadWord(address + (2 * w), out ulong size)
            ? new HeapInfo(address, arena, previous, size)
            : null;
    }
}
