namespace PageAlloc.Insight.Findings;

/// <summary>More arenas than threads need, each with free memory of its own.</summary>
internal sealed class FewerArenasRule : IFindingRule
{
    public Finding? Find(ProcessFigures figures)
    {
        ulong bytes = ArenaLimit.SavedBytes(figures);

        // Where most of it is in arenas that no thread uses, that is what there is to say.
        return !Worth.Saying(bytes, figures) || ArenaLimit.IdleBytes(figures) >= bytes / 2 ? null : new Finding(
            "fewerArenas",
            Worth.Severity(bytes, figures),
            bytes,
            $"{figures.Summary.Threads.ArenaCount} arenas hold free memory each for itself: with {ArenaLimit.Enough} of them {Worth.Share(bytes, figures)} "
                + "would be saved at most, if the threads do not all need it at the same time",
            ArenaLimit.Advice(figures) + ", at the cost of threads that wait for each other in malloc");
    }
}
