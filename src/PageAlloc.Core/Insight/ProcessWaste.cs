using PageAlloc.Pages;
using PageAlloc.Targets;

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
    /// <param name="target">The process.</param>
    /// <param name="table">All its pages.</param>
    /// <param name="heaps">Its heaps; null when they could not be read.</param>
    /// <param name="isIncomplete">Whether its heaps could not be read whole.</param>
    public static ProcessWaste Of(TargetInfo target, PageTable table, HeapFigures? heaps, bool isIncomplete)
    {
        // What is whose does not matter for the sums.
        var ledger = new Ledger(table, heaps, [], null);
        return new ProcessWaste
        {
            Pid = target.Pid,
            Command = target.Command,
            Allocator = heaps?.Heaps.Allocator,
            Resident = ledger.ResidentBytes,
            Swapped = ledger.SwappedBytes,
            Heap = heaps?.Bytes ?? 0,
            Free = heaps?.OverPages(p => p.ResidentFreeBytes) ?? 0,
            Trimmable = heaps?.OverPages(p => p.TrimmableBytes) ?? 0,
            Pinned = heaps?.OverPages(p => p.Pins.TotalBytes) ?? 0,
            IsIncomplete = isIncomplete,
        };
    }
}
