namespace PageAlloc.Insight;

/// <summary>In what a budget is counted.</summary>
public enum BudgetUnit
{
    /// <summary>In bytes.</summary>
    Bytes = 0,

    /// <summary>In parts of a hundred.</summary>
    Percent,

    /// <summary>In pieces.</summary>
    Count,
}

/// <summary>A figure of a process that a limit can be set for.</summary>
/// <param name="Id">Its name; a word that stays.</param>
/// <param name="Unit">In what it is counted.</param>
/// <param name="Help">What it is, in words.</param>
/// <param name="Of">Its value in a process; null when that can't be known.</param>
public sealed record BudgetKind(string Id, BudgetUnit Unit, string Help, Func<ProcessFigures, ulong?> Of)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<BudgetKind> All { get; } =
    [
        new("rss", BudgetUnit.Bytes, "memory in RAM (Rss)", p => p.Summary.Ledger is { IsKnown: true } ledger ? ledger.ResidentBytes : null),
        new("swap", BudgetUnit.Bytes, "memory in swap", p => p.Summary.Ledger is { IsKnown: true } ledger ? ledger.SwappedBytes : null),
        new("heap", BudgetUnit.Bytes, "what arenas have from the system, and mmapped blocks", p => OfHeaps(p, () => p.Heaps?.Bytes ?? 0)),
        new("free", BudgetUnit.Bytes, "free memory of heaps that is in RAM", p => OfPages(p, a => a.ResidentFreeBytes)),
        new("trimmable", BudgetUnit.Bytes, "what malloc_trim(0) would give back", p => OfPages(p, a => a.TrimmableBytes)),
        new("pinned", BudgetUnit.Bytes, "free memory on pages that blocks in use keep in RAM", p => OfPages(p, a => a.Pins.TotalBytes)),
        new("fragmentation", BudgetUnit.Percent, "what is free between the blocks of arenas, of what they have from the system", p => OfHeaps(p, () => Fragmentation(p))),
        new("arenas", BudgetUnit.Count, "arenas", p => OfHeaps(p, () => (ulong)p.Heaps!.Arenas.Count)),
    ];

    // Without a malloc that is known there is nothing of it; when it can't be read, that is not known.
    private static ulong? OfHeaps(ProcessFigures process, Func<ulong> of) => process.Heaps is null or { Heaps.Allocator: not (null or "glibc") } ? null : of();

    // A core file does not tell which pages were in RAM.
    private static ulong? OfPages(ProcessFigures process, Func<ArenaPages, ulong> of) => process.Table.IsResidencyKnown ? OfHeaps(process, () => process.OverPages(of)) : null;

    // The top is not between blocks. Rounded up: a limit is exceeded by any part of a hundredth.
    private static ulong Fragmentation(ProcessFigures process)
    {
        ulong free = process.OverArenas(a => a.FreeBytes);
        ulong system = process.OverArenas(a => a.Arena.State.SystemBytes);
        return system == 0 ? 0 : (ulong)((((UInt128)free * 100) + system - 1) / system);
    }
}

/// <summary>A limit for a figure.</summary>
/// <param name="Kind">The figure.</param>
/// <param name="Limit">The most that it may be.</param>
public sealed record Budget(BudgetKind Kind, ulong Limit)
{
    /// <summary>Holds a process against the limit.</summary>
    public BudgetResult Check(ProcessFigures process) => new(this, Kind.Of(process));
}

/// <summary>What became of a check of a process.</summary>
/// <param name="Budgets">Its limits.</param>
/// <param name="Damage">The damage of its heap; null when none was found.</param>
/// <param name="IsKnown">Whether its heap could be read whole, so that no damage means that there is none.</param>
public sealed record CheckResult(IReadOnlyList<BudgetResult> Budgets, Findings.Finding? Damage, bool IsKnown)
{
    /// <summary>Whether a limit is exceeded or the heap is damaged.</summary>
    public bool IsBad => Damage is not null || Budgets.Any(r => r.IsExceeded);

    /// <summary>Whether all is well, and known to be.</summary>
    public bool IsGood => !IsBad && IsKnown && Budgets.All(r => r.Value is not null);
}

/// <summary>What became of holding a process against a limit.</summary>
/// <param name="Budget">The limit.</param>
/// <param name="Value">The figure; null when it can't be known.</param>
public sealed record BudgetResult(Budget Budget, ulong? Value)
{
    /// <summary>Whether it is more than the limit.</summary>
    public bool IsExceeded => Value > Budget.Limit;
}
