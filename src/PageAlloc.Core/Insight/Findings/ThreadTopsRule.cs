using PageAlloc.Heaps.Glibc;

namespace PageAlloc.Insight.Findings;

/// <summary>Tops of arenas that <c>malloc_trim(0)</c> leaves.</summary>
internal sealed class ThreadTopsRule : IFindingRule
{
    public Finding? Find(ProcessFigures figures)
    {
        ulong bytes = figures.OverPages(p => p.KeptTopBytes);
        if (!Worth.Saying(bytes, figures))
        {
            return null;
        }

        ulong threshold = figures.Heaps!.Heaps.Parameters.Select(p => p.TrimThreshold).DefaultIfEmpty(MallocParameters.UsualThreshold).Max();
        return new Finding(
            "keptTops",
            Worth.Severity(bytes, figures),
            bytes,
            $"{Worth.Share(bytes, figures)} are free at the ends of arenas of threads, where malloc_trim does not reach: "
                + $"they go back when a free() finds more than {Amounts.Size(threshold)} (M_TRIM_THRESHOLD) there",
            threshold > MallocParameters.UsualThreshold
                ? "set MALLOC_TRIM_THRESHOLD_=131072: the threshold has grown, and stays where it is set"
                : "set MALLOC_TRIM_THRESHOLD_ lower, or MALLOC_ARENA_MAX=1: the top of the main arena does go back");
    }
}
