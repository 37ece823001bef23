namespace PageAlloc.Insight.Findings;

/// <summary>Free memory that <c>malloc_trim(0)</c> would give back.</summary>
internal sealed class TrimmableRule : IFindingRule
{
    public Finding? Find(ProcessFigures figures)
    {
        ulong bytes = figures.OverPages(p => p.TrimmableBytes);
        return !Worth.Saying(bytes, figures) ? null : new Finding(
            "trimmable",
            Worth.Severity(bytes, figures),
            bytes,
            $"{Worth.Share(bytes, figures)} are whole free pages of malloc's heaps: the program has freed them, and malloc keeps them",
            "call malloc_trim(0) after peaks, or when idle");
    }
}
