namespace PageAlloc.Insight.Findings;

/// <summary>What a limit of the number of arenas would do.</summary>
internal static class ArenaLimit
{
    /// <summary>So many arenas do for most programs: the main one, and one that all other threads share.</summary>
    public const int Enough = 2;

    /// <summary>What the figures of one moment can't tell: whether threads had their peaks together.</summary>
    public const string When = "all of it where threads have their peaks one after the other, nothing where they have them together";

    /// <summary>What the limit would save at most, in bytes; 0 where it is set so already, or there are no more arenas.</summary>
    public static ulong SavedBytes(ProcessFigures figures) =>
        figures.Summary.Threads.ArenaCount <= Enough || Set(figures) is > 0 and <= Enough ? 0 : figures.Summary.Threads.SavedAtMost(Enough);

    /// <summary>The free bytes in RAM of arenas that no thread uses.</summary>
    public static ulong IdleBytes(ProcessFigures figures) => figures.Summary.Threads.UnusedArenas
        .Aggregate(0UL, (sum, arena) => sum + (figures.Heaps?.Pages?.Of(arena)?.ResidentFreeBytes ?? 0));

    /// <summary>How to set the limit.</summary>
    public static string Advice(ProcessFigures figures) => Set(figures) is ulong set and not 0
        ? $"set MALLOC_ARENA_MAX={Enough}: {set} is set now"
        : $"set MALLOC_ARENA_MAX={Enough}";

    private static ulong Set(ProcessFigures figures) => (figures.Heaps?.Heaps.Parameters ?? []).Select(p => p.ArenaMax).DefaultIfEmpty().Max();
}
