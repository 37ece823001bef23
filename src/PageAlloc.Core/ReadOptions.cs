namespace PageAlloc;

/// <summary>What may be used to read a target.</summary>
public sealed record ReadOptions
{
    /// <summary>All that the kernel offers and this user may read.</summary>
    public static ReadOptions Default { get; } = new();

    /// <summary>
    /// Whether the ioctls PAGEMAP_SCAN (Linux 6.7) and PROCMAP_QUERY (6.11) may be used. Without them everything is read
    /// as on an older kernel: slower, with the same result where the user may read /proc/kpageflags.
    /// </summary>
    public bool UseIoctls { get; init; } = true;

    /// <summary>
    /// Whether /proc/kpageflags is read where the user may: it alone tells large folios and merged pages, and costs
    /// about 100 ns for each resident base page, three times as much as everything else.
    /// </summary>
    public bool UsePageFlags { get; init; } = true;

    /// <summary>Caps on what is read.</summary>
    public Limits Limits { get; init; } = Limits.Default;
}
