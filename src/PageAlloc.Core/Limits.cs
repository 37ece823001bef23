namespace PageAlloc;

/// <summary>Caps on what is read from a target, which is never trusted. Each is far above what real processes have.</summary>
public sealed record Limits
{
    /// <summary>The caps used when none are given.</summary>
    public static Limits Default { get; } = new();

    /// <summary>Mappings of one process; vm.max_map_count is 65,530 by default, 2^24 in the largest set-ups known.</summary>
    public int MaxMappings { get; init; } = 1 << 24;

    /// <summary>Bytes of one text file below /proc/PID, such as smaps (about 700 a mapping); of maps, of one line.</summary>
    public int MaxProcFileBytes { get; init; } = 1 << 30;

    /// <summary>Bytes of huge pages that are searched for zeros: about a second's worth.</summary>
    public ulong MaxZeroScanBytes { get; init; } = 4UL << 30;

    /// <summary>Mappings of files that the note of a core file lists.</summary>
    public int MaxMappedFiles { get; init; } = 1 << 20;

    /// <summary>Bytes that a compressed core file may unpack to, zeros included.</summary>
    public ulong MaxUnpackedBytes { get; init; } = 4UL << 40;

    /// <summary>Bytes of a command line that are kept.</summary>
    public int MaxCommandLineBytes { get; init; } = 1 << 20;
}
