namespace PageAlloc.Insight.Findings;

/// <summary>More arenas than threads need, each with free memory of its own.</summary>
internal sealed class FewerArenasRule : IFindingRule
{
    private const int Enough = 2;

    public Finding? Find(ProcessFigures figures)
    {
        ThreadFigures threads = figures.Summary.Threads;
        ulong bytes = threads.ArenaCount > Enough ? threads.SavedAtMost(Enough) : 0;
        return !Worth.Saying(bytes, figures) ? null : new Finding(
            "fewerArenas",
            Worth.Severity(bytes, figures),
            bytes,
            $"{threads.ArenaCount} arenas hold free memory each for itself: with {Enough} of them {Worth.Share(bytes, figures)} would be saved at most. "
                + "That is all that the others have free; some of it would be in use elsewhere",
            $"set MALLOC_ARENA_MAX={Enough}, or GLIBC_TUNABLES=glibc.malloc.arena_max={Enough}");
    }
}
