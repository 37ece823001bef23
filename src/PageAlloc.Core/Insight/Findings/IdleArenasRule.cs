namespace PageAlloc.Insight.Findings;

/// <summary>Arenas of threads that have ended, or that only the parent of a forked process had.</summary>
internal sealed class IdleArenasRule : IFindingRule
{
    public Finding? Find(ProcessFigures figures)
    {
        int idle = figures.Summary.Threads.UnusedArenas.Count;
        ulong saved = ArenaLimit.SavedBytes(figures);
        ulong bytes = Math.Min(ArenaLimit.IdleBytes(figures), saved);
        string ended = figures.Heaps is { Heaps.WasForked: true } ? "have ended, or that only the parent had" : "have ended";
        return !Worth.Saying(bytes, figures) || bytes < saved / 2 ? null : new Finding(
            "idleArenas",
            FindingSeverity.Notice,
            bytes,
            $"{Worth.Share(bytes, figures)} are free in {Amounts.Of((ulong)idle, "arena")} of threads that {ended}; "
                + $"nothing is allocated there until a new thread takes the arena over. Shared arenas would save it at most: {ArenaLimit.When}",
            ArenaLimit.Advice(figures) + "; more threads then wait for each other in malloc");
    }
}
