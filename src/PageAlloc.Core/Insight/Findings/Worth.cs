namespace PageAlloc.Insight.Findings;

/// <summary>Which amounts are worth a finding.</summary>
internal static class Worth
{
    // Less is not what anybody looks for.
    private const ulong LeastBytes = 1 << 20;
    private const ulong LeastPart = 20;
    private const ulong LargePart = 4;
    private const ulong LargeBytes = 64 << 20;

    /// <summary>Whether bytes are a twentieth of the process's memory, and a MiB, at least.</summary>
    public static bool Saying(ulong bytes, ProcessFigures figures) => bytes >= LeastBytes && bytes >= Whole(figures) / LeastPart;

    /// <summary>A notice, or a warning when it is a quarter of the process's memory, and 64 MiB.</summary>
    public static FindingSeverity Severity(ulong bytes, ProcessFigures figures) =>
        bytes >= LargeBytes && bytes >= Whole(figures) / LargePart ? FindingSeverity.Warning : FindingSeverity.Notice;

    /// <summary>How large a part of the resident memory bytes are, in words.</summary>
    public static string Share(ulong bytes, ProcessFigures figures) =>
        $"{Amounts.Size(bytes)} ({100 * (decimal)bytes / Math.Max(1, figures.Summary.Ledger.ResidentBytes):F0} % of Rss)";

    private static ulong Whole(ProcessFigures figures) => figures.Summary.Ledger.ResidentBytes;
}
