namespace PageAlloc.Insight.Findings;

/// <summary>
/// What there is to say of a process's memory: few findings, those of most bytes first. They may be about the same bytes, as
/// one free block can go back by more than one way.
/// </summary>
public static class FindingList
{
    private static readonly BrokenHeapRule s_broken = new();

    private static readonly IFindingRule[] s_rules =
    [
        new TrimmableRule(), new PinnedRule(), new ThreadTopsRule(), new FewerArenasRule(), new IdleArenasRule(), new ThresholdRule(),
        new TcachesRule(), new OrphanTcachesRule(), new HugeHeapRule(), new ThpWasteRule(), new SwappedLiveRule(), new OtherMemoryRule(),
    ];

    /// <summary>Finds what there is to say.</summary>
    /// <param name="figures">What was read of the process.</param>
    /// <returns>The findings; one that says that there is nothing to gain, when there is not. Of a core file, which does not tell what was in RAM, damage only.</returns>
    public static IReadOnlyList<Finding> Of(ProcessFigures figures)
    {
        // The figures of a damaged heap can't be trusted, and a call of malloc_trim would stumble over it.
        if (Damage(figures) is { } broken)
        {
            return [broken];
        }

        // What is to be gained is RAM.
        if (!figures.Table.IsResidencyKnown)
        {
            return [];
        }

        List<Finding> found = [.. s_rules.Select(rule => rule.Find(figures)).OfType<Finding>().OrderByDescending(f => f.Bytes)];
        if (figures.Heaps is { } changing && HeapState.IsChanging(changing))
        {
            return [.. found.Select(f => f with { Text = f.Text + " (the heap changed while it was read: --freeze makes this exact)" })];
        }

        if (found.TrueForAll(f => f.Severity == FindingSeverity.Info) && figures.Heaps is { Arenas.Count: not 0 } heaps && HeapState.IsWhole(heaps))
        {
            found.Insert(0, NothingToGain(figures));
        }

        return found;
    }

    /// <summary>The damage of a process's heap; null when none was found.</summary>
    /// <param name="figures">What was read of the process.</param>
    public static Finding? Damage(ProcessFigures figures) => s_broken.Find(figures);

    private static Finding NothingToGain(ProcessFigures figures)
    {
        ulong free = figures.OverPages(p => p.ResidentFreeBytes);
        string text = $"nothing to gain from malloc here: of {Amounts.Size(figures.Summary.Ledger.ResidentBytes)} in RAM {(free == 0 ? "nothing is" : $"{Amounts.Size(free)} are")} free in its heaps";
        return Worth.Saying(free, figures)
            ? new Finding("nothingToGain", FindingSeverity.Info, free, text + ", spread thinly over pages that are mostly in use", "no setting of malloc gives that back; pagealloc blocks lists what is in use")
            : new Finding("nothingToGain", FindingSeverity.Info, free, text, "look at what the program holds: pagealloc blocks lists it");
    }
}
