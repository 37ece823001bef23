using PageAlloc.Heaps.Glibc;

namespace PageAlloc.Insight.Findings;

/// <summary>
/// Tops of arenas of threads that <c>malloc_trim(0)</c> leaves. With the usual threshold they are small, and it is the number
/// of arenas that makes them matter, which is a finding of its own. source: malloc/arena.c, heap_trim
/// </summary>
internal sealed class ThreadTopsRule : IFindingRule
{
    public Finding? Find(ProcessFigures figures)
    {
        ulong bytes = figures.OverPages(p => p.Arena.IsMain ? 0 : p.KeptTopBytes);
        MallocParameters? most = figures.Heaps?.Heaps.Parameters.MaxBy(p => p.TrimThreshold);
        return most is not { TrimThreshold: > MallocParameters.UsualThreshold } || !Worth.Saying(bytes, figures) ? null : new Finding(
            "keptTops",
            Worth.Severity(bytes, figures),
            bytes,
            $"{Worth.Share(bytes, figures)} are free at the ends of arenas of threads, where malloc_trim does not reach: they go back "
                + $"when a free() finds {Amounts.Size(most.TrimThreshold)} (M_TRIM_THRESHOLD) there, and only then",
            $"set MALLOC_TRIM_THRESHOLD_={MallocParameters.UsualThreshold}: "
                + (most.IsDynamic ? "the threshold has grown, and stays where it is set" : "somebody has set it higher"));
    }
}
