namespace PageAlloc.Insight.Findings;

/// <summary>Caches of threads that a fork left behind: nothing can ever use or free them.</summary>
internal sealed class OrphanTcachesRule : IFindingRule
{
    public Finding? Find(ProcessFigures figures)
    {
        int orphans = figures.Heaps?.Heaps.OrphanTcaches.Count ?? 0;
        ulong bytes = figures.Heaps?.Heaps.OrphanTcacheBytes ?? 0;
        return orphans == 0 || !Worth.Saying(bytes, figures) ? null : new Finding(
            "orphanTcaches",
            Worth.Severity(bytes, figures),
            bytes,
            $"{Worth.Share(bytes, figures)} are lost: free blocks in caches of {Amounts.Of((ulong)orphans, "thread")} that the parent had when it forked this process; nothing can use or free them",
            "fork before there are threads, or exec after it");
    }
}
