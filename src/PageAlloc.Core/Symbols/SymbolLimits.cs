namespace PageAlloc.Symbols;

/// <summary>
/// Caps on what is read from ELF files and debug information, which are never trusted: a target brings its own.
/// Each is far above what real files have.
/// </summary>
public sealed record SymbolLimits
{
    /// <summary>The caps used when none are given.</summary>
    public static SymbolLimits Default { get; } = new();

    /// <summary>Bytes of one file; no more than an array or a span can have.</summary>
    public int MaxFileBytes { get; init; } = Array.MaxLength;

    /// <summary>Files below this many bytes are read into memory of our own, so that one who truncates them does no harm; larger ones are mapped.</summary>
    public int MaxReadBytes { get; init; } = 64 << 20;

    /// <summary>Bytes of an ELF image that is put together from the target's memory.</summary>
    public int MaxMemoryImageBytes { get; init; } = 256 << 20;

    /// <summary>Program headers of one file.</summary>
    public int MaxProgramHeaders { get; init; } = 1 << 16;

    /// <summary>Section headers of one file; object files with a section a function have many.</summary>
    public int MaxSectionHeaders { get; init; } = 1 << 20;

    /// <summary>Symbols of one table that are looked through.</summary>
    public int MaxSymbols { get; init; } = 1 << 25;

    /// <summary>Symbols of one name that are returned.</summary>
    public int MaxSymbolsOfOneName { get; init; } = 256;

    /// <summary>Entries of a hash chain that are followed.</summary>
    public int MaxHashChain { get; init; } = 1 << 20;

    /// <summary>Entries of the dynamic section.</summary>
    public int MaxDynamicEntries { get; init; } = 4096;

    /// <summary>Relative relocations of one file.</summary>
    public int MaxRelocations { get; init; } = 1 << 22;

    /// <summary>Notes looked through for the build-id.</summary>
    public int MaxNotes { get; init; } = 1024;

    /// <summary>Bytes of a build-id; real ones have 8 to 20.</summary>
    public int MaxBuildIdBytes { get; init; } = 64;

    /// <summary>Bytes of a file name in an ELF file.</summary>
    public int MaxPathBytes { get; init; } = 4096;

    /// <summary>Bytes that all compressed debug sections of one file may unfold to.</summary>
    public long MaxDebugBytes { get; init; } = 4L << 30;

    /// <summary>Units of debug information in one file.</summary>
    public int MaxUnits { get; init; } = 1 << 18;

    /// <summary>Entries of debug information that are looked at in one search.</summary>
    public int MaxEntries { get; init; } = 1 << 24;

    /// <summary>How deep types may be nested: typedefs, arrays, members without a name, imported units.</summary>
    public int MaxTypeDepth { get; init; } = 32;

    /// <summary>Members of one structure.</summary>
    public int MaxMembers { get; init; } = 4096;

    /// <summary>Bytes of one file of the layout cache.</summary>
    public int MaxCacheFileBytes { get; init; } = 1 << 20;
}
