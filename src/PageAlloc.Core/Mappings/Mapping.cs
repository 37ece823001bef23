namespace PageAlloc.Mappings;

/// <summary>What a mapping's pages may be used for. source: the second column of /proc/PID/maps</summary>
[Flags]
public enum MappingPermissions
{
    /// <summary>Nothing (PROT_NONE), private.</summary>
    None = 0,

    /// <summary>May be read.</summary>
    Read = 1,

    /// <summary>May be written.</summary>
    Write = 2,

    /// <summary>May be executed.</summary>
    Execute = 4,

    /// <summary>Writes are seen by all who map it (MAP_SHARED).</summary>
    Shared = 8,

    /// <summary>Whether it is shared or private is not known, as of files in a core file.</summary>
    SharingUnknown = 16,

    /// <summary>Whether it may be read, written and executed is not known, as of what a core file only names.</summary>
    AccessUnknown = 32,

    /// <summary>Whether it may be read is not known: gdb says so of all that it writes into a core file.</summary>
    ReadUnknown = 64,
}

/// <summary>What stands behind a mapping.</summary>
public enum MappingBacking
{
    /// <summary>Not known.</summary>
    Unknown = 0,

    /// <summary>Nothing: memory of the process alone, zero at first. Heap, stack and [anon:…] are of this kind.</summary>
    Anonymous,

    /// <summary>A file; pages come from the page cache.</summary>
    File,

    /// <summary>Shared memory (shmem): tmpfs files, memfd, System V segments, MAP_SHARED | MAP_ANONYMOUS.</summary>
    SharedMemory,

    /// <summary>Memory of a device, or of the kernel, without page accounting: what is not in pagemap is unknown, not absent.</summary>
    Device,
}

/// <summary>One mapping (VMA) of a process: one line of /proc/PID/maps.</summary>
public sealed record Mapping
{
    /// <summary>Its addresses.</summary>
    public required AddressRange Range { get; init; }

    /// <summary>What its pages may be used for.</summary>
    public required MappingPermissions Permissions { get; init; }

    /// <summary>Where in the file it begins, in bytes; 0 for anonymous memory.</summary>
    public required ulong Offset { get; init; }

    /// <summary>The major number of the file's device; 0 for anonymous memory.</summary>
    public required uint DeviceMajor { get; init; }

    /// <summary>The minor number of the file's device; 0 for anonymous memory.</summary>
    public required uint DeviceMinor { get; init; }

    /// <summary>The file's inode number; 0 for anonymous memory.</summary>
    public required ulong Inode { get; init; }

    /// <summary>Whether it is of a file whose device and inode number are not known, as in a core file: then they are 0.</summary>
    public bool IsUnnumberedFile { get; init; }

    /// <summary>Whether there is a file behind it, or shared memory.</summary>
    internal bool IsOfFile => IsUnnumberedFile || Inode != 0 || DeviceMajor != 0 || DeviceMinor != 0;

    /// <summary>The name as the kernel writes it (a newline in it is <c>\012</c>), bytes of any encoding; empty when it has none.</summary>
    public required ReadOnlyMemory<byte> Name { get; init; }

    /// <summary>What stands behind it, once <see cref="MappingTable"/> has found out.</summary>
    public MappingBacking Backing { get; internal set; }

    /// <summary>The size in bytes of its huge pages when it is of hugetlb memory; 0 when it is not, or that can't be known.</summary>
    public ulong HugetlbPageSize { get; internal set; }
}
