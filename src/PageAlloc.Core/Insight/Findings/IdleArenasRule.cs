using PageAlloc.Heaps;

namespace PageAlloc.Insight.Findings;

/// <summary>Arenas of threads that have ended.</summary>
internal sealed class IdleArenasRule : IFindingRule
{
    public Finding? Find(ProcessFigures figures)
    {
        IReadOnlyList<Arena> idle = figures.Summary.Threads.UnusedArenas;
        ulong bytes = idle.Aggregate(0UL, (sum, arena) => sum + (figures.Heaps?.Pages?.Of(arena)?.ResidentFreeBytes ?? 0));
        return !Worth.Saying(bytes, figures) ? null : new Finding(
            "idleArenas",
            Worth.Severity(bytes, figures),
            bytes,
            $"{Worth.Share(bytes, figures)} are free in {Amounts.Of((ulong)idle.Count, "arena")} of threads that have ended; a new thread takes one over, and until then nothing frees there",
            "keep threads in a pool instead of ending them, or set MALLOC_ARENA_MAX=2");
    }
}
