using PageAlloc.Blocks;

namespace PageAlloc.Insight.Findings;

/// <summary>Free blocks that threads keep for themselves.</summary>
internal sealed class TcachesRule : IFindingRule
{
    public Finding? Find(ProcessFigures figures)
    {
        ulong bytes = figures.OverPages(p => p.ResidentBytes(BlockState.Tcache));
        ulong blocks = figures.OverArenas(a => a.Blocks(BlockState.Tcache));
        int threads = figures.Summary.Threads.Threads.Count(t => t.TcacheBlocks != 0);
        return !Worth.Saying(bytes, figures) ? null : new Finding(
            "largeTcaches",
            Worth.Severity(bytes, figures),
            bytes,
            $"{Worth.Share(bytes, figures)} are {Amounts.Of(blocks, "free block")} that {Amounts.Of((ulong)threads, "thread")} keep in their caches; malloc_trim leaves them, and the pages that they are on",
            "set GLIBC_TUNABLES=glibc.malloc.tcache_count=2 (0: no caches), at the cost of a lock for each call beyond");
    }
}
