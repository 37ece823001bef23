namespace PageAlloc.Heaps.Glibc;

/// <summary>The heaps of a thread arena, found from the one that holds its top.</summary>
/// <param name="Heaps">The heaps, the newest first, the one with the arena last.</param>
/// <param name="Alignment">What they are aligned to: so much address space is reserved for each.</param>
/// <param name="Swapped">The heap whose head is swapped out, so that those between it and the last are not known; null when all are.</param>
internal sealed record HeapChain(IReadOnlyList<HeapInfo> Heaps, ulong Alignment, ulong? Swapped)
{
    private const int MaxNamed = 20;

    /// <summary>The sizes that heaps may be aligned to: usually the first. With huge pages, 2.35 to 2.41 take four of them.</summary>
    private static ReadOnlySpan<ulong> Alignments64 => [64UL << 20, 8UL << 20, 4UL << 30, 128UL << 20, 2UL << 30];

    private static ReadOnlySpan<ulong> Alignments32 => [1UL << 20, 8UL << 20];

    /// <summary>The heaps of an arena; null when they can't be read or make no sense.</summary>
    /// <param name="memory">The target's memory.</param>
    /// <param name="arena">The arena.</param>
    /// <param name="budget">How many heaps may be read; it is the budget of all arenas, as hostile ones may share their heaps.</param>
    /// <param name="problems">Gets heaps that name another arena, though their chain leads to this one, and what is swapped out.</param>
    public static HeapChain? Read(MemoryCache memory, ArenaState arena, ref int budget, List<Problem> problems)
    {
        if ((Find(memory, arena, isStrict: true, ref budget) ?? Find(memory, arena, isStrict: false, ref budget)) is not { } chain)
        {
            return null;
        }

        problems.AddRange(chain.Heaps.Where(h => h.Arena != arena.Address).Take(MaxNamed).Select(h => new Problem(
            ProblemKind.BrokenLink,
            arena.Address,
            h.Address,
            $"the heap at 0x{h.Address:x} names the arena 0x{h.Arena:x}, not 0x{arena.Address:x} whose it is")));
        if (chain.Swapped is { } swapped)
        {
            problems.Add(new Problem(
                ProblemKind.Swapped, arena.Address, swapped, $"the head of the heap at 0x{swapped:x} is swapped out: it and those made before it are not known"));
        }

        return chain;
    }

    /// <summary>Whether a heap can have the size that it has.</summary>
    public bool MayHave(ulong size) => size != 0 && size <= Alignment;

    // Of the alignments that lead to the arena, the one by which the sizes add up; a damaged size must not choose another.
    private static HeapChain? Find(MemoryCache memory, ArenaState arena, bool isStrict, ref int budget)
    {
        HeapChain? found = null;
        foreach (ulong alignment in memory.PointerSize == 8 ? Alignments64 : Alignments32)
        {
            if (Follow(memory, arena, alignment, isStrict, ref budget) is not { } chain)
            {
                continue;
            }

            if (chain.AddsUp(arena.SystemBytes))
            {
                return chain;
            }

            found = found is null || (found.Swapped is not null && chain.Swapped is null) ? chain : found;
        }

        return found;
    }

    private static HeapChain? Follow(MemoryCache memory, ArenaState arena, ulong alignment, bool isStrict, ref int budget)
    {
        var heaps = new List<HeapInfo>();
        ulong? swapped = null;
        ulong checkpoint = 0;
        for (ulong address = arena.Top & ~(alignment - 1); address != 0; address = heaps[^1].Previous)
        {
            if (address % alignment != 0 || address == checkpoint || budget-- <= 0)
            {
                return null;
            }

            if (HeapInfo.Read(memory, address) is not { } heap)
            {
                // The arena itself was read, and the first heap's head stands before it.
                if (!isStrict || !memory.IsSwapped(address) || HeapInfo.Read(memory, arena.Address & ~(alignment - 1)) is not { Previous: 0 } first
                    || first.Arena != arena.Address || heaps.Contains(first))
                {
                    return null;
                }

                swapped = address;
                heaps.Add(first);
                break;
            }

            if (isStrict ? heap.Arena != arena.Address : heap.Size == 0 || heap.Size > alignment)
            {
                return null;
            }

            // It moves on by powers of two, so that any cycle comes back to it.
            checkpoint = (heaps.Count & (heaps.Count - 1)) == 0 ? address : checkpoint;
            heaps.Add(heap);
        }

        return heaps.Count != 0 && arena.Address - heaps[^1].Address < (ulong)memory.PageSize ? new HeapChain(heaps, alignment, swapped) : null;
    }

    private bool AddsUp(ulong systemBytes) =>
        Swapped is null && Heaps.All(h => MayHave(h.Size)) && Heaps.Aggregate(0UL, (sum, h) => sum + h.Size) == systemBytes;
}
