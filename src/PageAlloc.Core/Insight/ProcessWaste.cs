namespace PageAlloc.Insight;

/// <summary>What of a process's memory its heaps waste, in bytes: a line of a list of processes.</summary>
public sealed record ProcessWaste
{
    /// <summary>Its number.</summary>
    public required int Pid { get; init; }

    /// <summary>The kernel's short name of it; bytes.</summary>
    public required ReadOnlyMemory<byte> Command { get; init; }

    /// <summary>The allocator, by name; null when none is known to be there, or the heaps can't be read.</summary>
    public required string? Allocator { get; init; }

    /// <summary>In RAM: Rss.</summary>
    public required ulong Resident { get; init; }

    /// <summary>In swap.</summary>
    public required ulong Swapped { get; init; }

    /// <summary>What arenas have from the system, and mmapped blocks.</summary>
    public required ulong Heap { get; init; }

    /// <summary>The free memory of its heaps that is in RAM.</summary>
    public required ulong Free { get; init; }

    /// <summary>What of that <c>malloc_trim(0)</c> would give back.</summary>
    public required ulong Trimmable { get; init; }

    /// <summary>What of that is on pages that blocks in use keep.</summary>
    public required ulong Pinned { get; init; }

    /// <summary>Whether its heaps could not be read whole, or were changing.</summary>
    public required bool IsIncomplete { get; init; }

    /// <summary>The line of a process.</summary>
    /// <param name="figures">What was read of it.</param>
    /// <param name="isIncomplete">Whether its heaps could not be read whole.</param>
    public static ProcessWaste Of(ProcessFigures figures, bool isIncomplete) => new()
    {
        Pid = figures.Target.Pid,
        Command = figures.Target.Command,
        Allocator = figures.Heaps?.Heaps.Allocator,
        Resident = figures.Summary.Ledger.ResidentBytes,
        Swapped = figures.Summary.Ledger.SwappedBytes,
        Heap = figures.HeapBytes,
        Free = figures.OverPages(p => p.ResidentFreeBytes),
        Trimmable = figures.OverPages(p => p.TrimmableBytes),
        Pinned = figures.OverPages(p => p.Pins.TotalBytes),
        IsIncomplete = isIncomplete,
    };
}
