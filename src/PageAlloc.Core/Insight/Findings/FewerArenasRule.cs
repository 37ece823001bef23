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
            FindingSeverity.Notice,
            bytes,
            $"{figures.Summary.Threads.ArenaCount} arenas hold free memory each for itself: with {ArenaLimit.Enough} of them {Worth.Share(bytes, figures)} "
                + $"would be saved at most: {ArenaLimit.When}",
            ArenaLimit.Advice(figures) + "; more threads then wait for each other in malloc");
    }
}
