namespace PageAlloc.Symbols;

/// <summary>Permissions of a segment. source: elf.h, PF_*</summary>
[Flags]
public enum ElfSegmentFlags : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Its pages are executed (PF_X).</summary>
    Execute = 1,

    /// <summary>Its pages are written (PF_W).</summary>
    Write = 2,

    /// <summary>Its pages are read (PF_R).</summary>
    Read = 4,
}

/// <summary>Kinds of segment that matter here; a file may hold any other number. source: elf.h, PT_*</summary>
public enum ElfSegmentType : uint
{
    /// <summary>Unused (PT_NULL).</summary>
    None = 0,

    /// <summary>To be loaded (PT_LOAD).</summary>
    Load = 1,

    /// <summary>The dynamic section (PT_DYNAMIC).</summary>
    Dynamic = 2,

    /// <summary>Notes, the build-id among them (PT_NOTE).</summary>
    Note = 4,

    /// <summary>The first content of thread-local variables (PT_TLS).</summary>
    Tls = 7,
}

/// <summary>Kinds of symbol that matter here; a file may hold any other number. source: elf.h, STT_*</summary>
public enum ElfSymbolType : byte
{
    /// <summary>Not said (STT_NOTYPE).</summary>
    None = 0,

    /// <summary>A variable (STT_OBJECT).</summary>
    Object = 1,

    /// <summary>Code (STT_FUNC).</summary>
    Function = 2,

    /// <summary>A thread-local variable: its value is an offset in the module's TLS block (STT_TLS).</summary>
    Tls = 6,

    /// <summary>Code that picks the code (STT_GNU_IFUNC).</summary>
    IndirectFunction = 10,
}

/// <summary>One program header.</summary>
/// <param name="Type">The kind.</param>
/// <param name="Flags">The permissions.</param>
/// <param name="Offset">Where its content begins in the file, in bytes.</param>
/// <param name="VirtualAddress">Its address before the load bias is added.</param>
/// <param name="FileSize">Bytes of content in the file.</param>
/// <param name="MemorySize">Bytes in memory; what the file lacks is zero.</param>
public readonly record struct ElfSegment(
    ElfSegmentType Type, ElfSegmentFlags Flags, ulong Offset, ulong VirtualAddress, ulong FileSize, ulong MemorySize);

/// <summary>One defined symbol.</summary>
/// <param name="Value">Its address before the load bias is added; of a thread-local one the offset in the TLS block.</param>
/// <param name="Size">The size in bytes, as the compiler knew it; 0 when not said.</param>
/// <param name="Type">The kind.</param>
public readonly record struct ElfSymbol(ulong Value, ulong Size, ElfSymbolType Type);

/// <summary>One relative relocation: at <paramref name="Location"/> stands, once loaded, <paramref name="Value"/> plus the load bias.</summary>
/// <param name="Location">An address before the load bias is added.</param>
/// <param name="Value">The address stored there, before the load bias is added.</param>
public readonly record struct RelativeRelocation(ulong Location, ulong Value);

/// <summary>What .gnu_debuglink says.</summary>
/// <param name="Name">The file name of the debug file, bytes of any encoding, without a folder.</param>
/// <param name="Crc32">The checksum of that whole file.</param>
public sealed record ElfDebugLink(ReadOnlyMemory<byte> Name, uint Crc32);

/// <summary>What .gnu_debugaltlink says: the file that dwz moved shared debug information to.</summary>
/// <param name="Path">Its path, absolute or relative to the file's own folder, bytes of any encoding.</param>
/// <param name="BuildId">Its build-id.</param>
public sealed record ElfAltDebugLink(ReadOnlyMemory<byte> Path, ReadOnlyMemory<byte> BuildId);

/// <summary>One section header.</summary>
internal readonly record struct ElfSection(
    uint Name, uint Type, ulong Flags, ulong Address, ulong Offset, ulong Size, uint Link, ulong EntrySize);
