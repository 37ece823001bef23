namespace PageAlloc.Heaps;

/// <summary>Where the layout of malloc's structures comes from.</summary>
public enum LayoutSource
{
    /// <summary>The shape of the structures in memory; debug information or symbols, where they are at hand, are held against it.</summary>
    Auto = 0,

    /// <summary>Debug information and nothing else.</summary>
    DebugInfo,

    /// <summary>The shape of the structures in memory and nothing else.</summary>
    Structure,
}

/// <summary>How heaps are looked for.</summary>
public sealed record HeapOptions
{
    /// <summary>The usual way.</summary>
    public static HeapOptions Default { get; } = new();

    /// <summary>Whether swapped pages may be read, which brings them back into RAM.</summary>
    public bool SwapIn { get; init; }

    /// <summary>Where the layout comes from.</summary>
    public LayoutSource Layout { get; init; }

    /// <summary>The file whose debug information is used, and no other; then <see cref="Layout"/> does not matter. Null to look for one.</summary>
    public string? DebugFile { get; init; }

    /// <summary>Whether a debuginfod server may be asked, if <c>$DEBUGINFOD_URLS</c> names one.</summary>
    public bool UseDebuginfod { get; init; }

    /// <summary>Whether the target stands still while it is read, so that nothing needs to be read twice.</summary>
    public bool IsStopped { get; init; }

    /// <summary>Whether the layout comes from debug information.</summary>
    internal bool IsDescribed => DebugFile is not null || Layout == LayoutSource.DebugInfo;
}
