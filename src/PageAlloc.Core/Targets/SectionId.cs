namespace PageAlloc.Targets;

/// <summary>
/// The sections of a moment, each of which its own stage writes and reads. The numbers are part of the format: one is never
/// used again, and a reader passes over those that it does not know.
/// </summary>
internal enum SectionId
{
    /// <summary>What the target is: <see cref="TargetInfo"/>.</summary>
    Target = 1,

    /// <summary>The mappings.</summary>
    Mappings = 2,

    /// <summary>The state of each page.</summary>
    Pages = 3,

    /// <summary>The kernel's own sums.</summary>
    Status = 4,

    /// <summary>The numbers and names of the threads.</summary>
    Threads = 5,

    /// <summary>The control group.</summary>
    Cgroup = 6,

    /// <summary>Locked ranges.</summary>
    Locked = 7,

    /// <summary>Build-ids and program headers of the loaded files.</summary>
    Modules = 8,

    /// <summary>The heaps: arenas, segments, tcaches; or why there are none.</summary>
    Heaps = 9,

    /// <summary>The sums of each arena, and where the blocks of each segment are in <see cref="Blocks"/>.</summary>
    Walk = 10,

    /// <summary>The blocks.</summary>
    Blocks = 11,

    /// <summary>Zeros in huge pages, and where such may be made.</summary>
    HugeScan = 12,

    /// <summary>Which pages are in <see cref="ContentBytes"/>, and what came of reading the others.</summary>
    Contents = 13,

    /// <summary>The bytes of pages.</summary>
    ContentBytes = 14,
}
