using PageAlloc.Pages;
using PageAlloc.Targets;

namespace PageAlloc.Insight;

/// <summary>What can be said of a whole process in figures, beside its heaps.</summary>
/// <param name="Ledger">Its resident and swapped memory by what it is for.</param>
/// <param name="Threads">Its threads and arenas.</param>
/// <param name="Cgroup">The memory of its control group; null when it is in none, or that can't be read.</param>
public sealed record ProcessSummary(Ledger Ledger, ThreadFigures Threads, CgroupMemory? Cgroup)
{
    /// <summary>Makes the summary of a process from what was read of it, and what else it needs.</summary>
    /// <param name="target">The process.</param>
    /// <param name="table">All its pages.</param>
    /// <param name="heaps">Its heaps; null when they could not be read.</param>
    /// <param name="threads">Its threads, read along with the pages; null when it had ended by then.</param>
    /// <param name="status">The kernel's own sums, read along with the pages; null when there are none.</param>
    public static ProcessSummary Make(
        ITarget target, PageTable table, HeapFigures? heaps, IReadOnlyList<ThreadName>? threads, MemoryStatus? status) => new(
        new Ledger(table, heaps, ModuleData.Find(target, table), status),
        ThreadFigures.Of(target.Info.Pid, threads, table, heaps),
        CgroupMemory.Read(target));
}
