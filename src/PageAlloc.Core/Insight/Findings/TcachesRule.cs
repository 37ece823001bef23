using PageAlloc.Blocks;

namespace PageAlloc.Insight.Findings;

/// <summary>Free blocks that threads keep for themselves.</summary>
internal sealed class TcachesRule : IFindingRule
{
    private const ulong Few = 2;

    public Finding? Find(ProcessFigures figures)
    {
        // What a fork left behind is in no thread's cache: that is another finding.
        ulong all = figures.OverPages(p => p.ResidentBytes(BlockState.Tcache));
        ulong bytes = all - Math.Min(all, figures.Heaps?.Heaps.OrphanTcacheBytes ?? 0);
        if (!Worth.Saying(bytes, figures))
        {
            return null;
        }

        ulong blocks = figures.Summary.Threads.Threads.Aggregate(0UL, (sum, t) => sum + t.TcacheBlocks);
        int threads = figures.Summary.Threads.Threads.Count(t => t.TcacheBlocks != 0);
        ulong kept = figures.Heaps!.Heaps.Parameters.Max(p => p.TcacheCount) ?? 0;
        ulong advised = kept > Few ? Few : 0;
        return new Finding(
            "largeTcaches",
            Worth.Severity(bytes, figures),
            bytes,
            $"{Worth.Share(bytes, figures)} are {Amounts.Of(blocks, "free block")} in the {(threads == 1 ? "cache of one thread" : $"caches of {threads} threads")}"
                + $"{(kept == 0 ? "" : $", up to {kept} of each size")}; malloc_trim leaves them, and the pages that they are on",
            $"set GLIBC_TUNABLES=glibc.malloc.tcache_count={advised}{(advised == 0 ? " (no caches)" : "")}, at the cost of a lock for each call that finds its cache full or empty");
    }
}
