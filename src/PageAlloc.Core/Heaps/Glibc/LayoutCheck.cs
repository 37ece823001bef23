namespace PageAlloc.Heaps.Glibc;

/// <summary>Holds a layout that a heap was read by against what debug information or symbols say.</summary>
internal static class LayoutCheck
{
    /// <summary>What differs: each a problem of no arena, with the address of the main one.</summary>
    /// <param name="ring">The arenas of one libc, the main arena first.</param>
    /// <param name="parameters">Its mp_; null when it was not found.</param>
    /// <param name="threads">What it keeps for threads.</param>
    /// <param name="description">What is said of it.</param>
    public static IEnumerable<Problem> Compare(
        IReadOnlyList<Arena> ring, MallocParameters? parameters, ThreadCaches threads, DescribedMalloc description)
    {
        GlibcLayout layout = ring[0].Layout;
        var facts = new LayoutFacts();
        facts.Add(layout);
        facts.AddVariables(ring[0].Address, parameters?.Address, threads.Distance);
        if (parameters is not null)
        {
            facts.Add(parameters.Layout, layout.PointerSize);
        }

        if (threads.Caches.Count != 0)
        {
            facts.Add(threads.Caches[0].Form, layout.PointerSize);
        }

        if (ring.FirstOrDefault(a => !a.IsMain && a.Segments.Count != 0) is { } arena)
        {
            facts.AddHeapInfoSize(HeapInfo.SizeBefore(arena.Address, layout.PointerSize));
        }

        return facts.Differences(description.Facts).Select(d => new Problem(
            ProblemKind.LayoutMismatch,
            0,
            ring[0].Address,
            $"two ways of finding the layout disagree: {d.Name} is {d.Ours} as it was read, {d.Others} by {description.Source}"));
    }
}
