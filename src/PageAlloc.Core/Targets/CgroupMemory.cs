using System.Buffers.Text;
using PageAlloc.Interop;

namespace PageAlloc.Targets;

/// <summary>
/// The memory that is charged to a control group and those below it, in bytes. Memory is charged to the group of whoever
/// touched it first, so it is not the sum of what its processes map: page cache that none of them maps is in it too.
/// Null is what this kernel does not tell.
/// </summary>
public sealed record CgroupMemory
{
    // No memory.limit_in_bytes above this is a limit: it is the largest number of whole pages.
    private const ulong NoLimit = 1UL << 62;
    private const int MaxBytes = 1 << 20;

    /// <summary>1 or 2: the hierarchy that counts its memory.</summary>
    public required int Version { get; init; }

    /// <summary>The group's path, as the reader's cgroup namespace has it.</summary>
    public required string Path { get; init; }

    /// <summary>All that is charged: memory.current, in version 1 memory.usage_in_bytes.</summary>
    public required ulong Current { get; init; }

    /// <summary>The lowest limit of this group and those above; null when there is none.</summary>
    public required ulong? Limit { get; init; }

    /// <summary>Private memory in RAM.</summary>
    public required ulong? Anonymous { get; init; }

    /// <summary>Page cache, shared memory included.</summary>
    public required ulong? File { get; init; }

    /// <summary>What the kernel needs on behalf of the group: stacks, page tables, sockets, its own structures.</summary>
    public required ulong? Kernel { get; init; }

    /// <summary>What is in swap.</summary>
    public required ulong? Swap { get; init; }

    /// <summary>The processes in the group itself, without those in groups below.</summary>
    public required int? Processes { get; init; }

    /// <summary>Reads what is charged to the group of a process; null when that is in no group that counts memory, or it can't be read.</summary>
    public static CgroupMemory? Read(ITarget target)
    {
        if (target is ISections sections)
        {
            return ProcessSections.ReadCgroup(sections);
        }

        if (target is not IProcDirectory process)
        {
            return null;
        }

        using LinuxFile? cgroup = process.TryOpen("cgroup");
        using LinuxFile? mounts = LinuxFile.Open(null, "/proc/self/mountinfo", out _);
        return CgroupPlace.Find(cgroup?.ReadToEnd(MaxBytes, out _), mounts?.ReadToEnd(MaxBytes, out _)) is { } place ? Read(place) : null;
    }

    /// <summary>Reads the files of a group; null when they do not tell what it uses, as those of the root group do not.</summary>
    internal static CgroupMemory? Read(CgroupPlace place)
    {
        bool isV2 = place.Version == 2;
        if (Number(Text(place.Folder, isV2 ? "memory.current" : "memory.usage_in_bytes")) is not { } current)
        {
            return null;
        }

        byte[] stat = Text(place.Folder, "memory.stat");
        return new CgroupMemory
        {
            Version = place.Version,
            Path = place.Path,
            Current = current,
            Limit = isV2 ? LowestLimit(place) : Field(stat, "hierarchical_memory_limit "u8) is { } limit and < NoLimit ? limit : null,
            Anonymous = Field(stat, isV2 ? "anon "u8 : "total_rss "u8),
            File = Field(stat, isV2 ? "file "u8 : "total_cache "u8),
            Kernel = isV2 ? KernelOf(stat) : Number(Text(place.Folder, "memory.kmem.usage_in_bytes")),
            Swap = isV2 ? Number(Text(place.Folder, "memory.swap.current")) : Field(stat, "total_swap "u8),
            Processes = Text(place.Folder, "cgroup.procs") is { Length: > 0 } list ? list.Count((byte)'\n') : null,
        };
    }

    // The sum of its own is told since Linux 5.18, its parts before.
    private static ulong? KernelOf(byte[] stat) => Field(stat, "kernel "u8)
        ?? (Field(stat, "kernel_stack "u8) is { } stacks && Field(stat, "slab "u8) is { } slab
            ? stacks + slab + (Field(stat, "pagetables "u8) ?? 0) + (Field(stat, "percpu "u8) ?? 0) + (Field(stat, "sock "u8) ?? 0)
            : null);

    private static ulong? LowestLimit(CgroupPlace place)
    {
        ulong? lowest = null;
        for (string folder = place.Folder; folder.Length >= place.Mount.Length; folder = folder[..folder.LastIndexOf('/')])
        {
            // "max" is no number.
            lowest = Number(Text(folder, "memory.max")) is { } limit ? Math.Min(limit, lowest ?? ulong.MaxValue) : lowest;
            if (folder.LastIndexOf('/') < 0)
            {
                break;
            }
        }

        return lowest;
    }

    private static ulong? Field(byte[] text, ReadOnlySpan<byte> name) => Number(ProcStatus.Field(text, name));

    private static ulong? Number(ReadOnlySpan<byte> text) => Utf8Parser.TryParse(text, out ulong number, out _) ? number : null;

    private static byte[] Text(string folder, string name)
    {
        using LinuxFile? file = LinuxFile.Open(null, $"{folder}/{name}", out _);
        return file?.ReadToEnd(MaxBytes, out _) ?? [];
    }
}
