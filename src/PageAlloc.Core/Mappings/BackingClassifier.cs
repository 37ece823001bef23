using PageAlloc.Interop;
using PageAlloc.Targets;

namespace PageAlloc.Mappings;

/// <summary>Finds out what stands behind a mapping, from its name and device; asks the file system only about devices.</summary>
internal sealed class BackingClassifier
{
    private readonly HashSet<(uint Major, uint Minor)> _sharedMemory;
    private readonly Func<Mapping, bool> _isDevice;

    /// <summary>Makes a classifier.</summary>
    /// <param name="sharedMemory">The devices of tmpfs mounts and of the kernel's own.</param>
    /// <param name="isDevice">Whether the file behind the mapping is a character device other than /dev/zero.</param>
    public BackingClassifier(HashSet<(uint Major, uint Minor)> sharedMemory, Func<Mapping, bool> isDevice)
    {
        _sharedMemory = sharedMemory;
        _isDevice = isDevice;
    }

    /// <summary>A classifier for a live process: with its mounts, and the kernel's own tmpfs.</summary>
    public static BackingClassifier Of(IProcDirectory process)
    {
        var devices = new HashSet<(uint, uint)>();
        using LinuxFile? mounts = process.TryOpen("mountinfo");
        ReadOnlySpan<byte> text = mounts?.ReadToEnd(64 << 20, out _);
        MountTable.AddDevices(text, "tmpfs"u8, devices);
        MountTable.AddDevices(text, "devtmpfs"u8, devices);

        // memfd, System V and shared anonymous memory live on a mount of the kernel's own, in no list: ask a file there.
        using LinuxFile? probe = LinuxFile.CreateMemoryFile("pagealloc");
        if (probe is not null && probe.TryStat("", out statx_t stat))
        {
            devices.Add((stat.stx_dev_major, stat.stx_dev_minor));
        }

        return new BackingClassifier(devices, m => IsDevice(process, m));
    }

    /// <summary>What stands behind <paramref name="mapping"/>.</summary>
    public MappingBacking Classify(Mapping mapping)
    {
        ReadOnlySpan<byte> name = mapping.Name.Span;
        if (name.StartsWith("["u8))
        {
            return ClassifyBracketed(name);
        }

        if (!mapping.IsOfFile)
        {
            return MappingBacking.Anonymous;
        }

        // A private mapping of /dev/zero is plain anonymous memory with a name.
        if (name.SequenceEqual("/dev/zero"u8))
        {
            return MappingBacking.Anonymous;
        }

        if (name.StartsWith("anon_inode:"u8))
        {
            return MappingBacking.Device;
        }

        // PCI memory, DMA buffers: none of it has pages that are accounted for.
        if (name.StartsWith("/sys/"u8) || name.StartsWith("/proc/"u8) || name.StartsWith("/dmabuf:"u8))
        {
            return MappingBacking.Device;
        }

        // Device nodes live on file systems in memory only.
        if (name.StartsWith("/dev/"u8) && _sharedMemory.Contains((mapping.DeviceMajor, mapping.DeviceMinor)) && _isDevice(mapping))
        {
            return MappingBacking.Device;
        }

        return _sharedMemory.Contains((mapping.DeviceMajor, mapping.DeviceMinor)) ? MappingBacking.SharedMemory : MappingBacking.File;
    }

    // Only names without a leading slash are the kernel's own. source: fs/proc/task_mmu.c, get_vma_name
    private static MappingBacking ClassifyBracketed(ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("[heap]"u8) || name.SequenceEqual("[stack]"u8) || name.StartsWith("[anon:"u8))
        {
            return MappingBacking.Anonymous;
        }

        if (name.StartsWith("[anon_shmem:"u8))
        {
            return MappingBacking.SharedMemory;
        }

        // The vdso's and uprobes' pages are ordinary ones; [vvar], [vsyscall] and their like are windows to something else.
        return name.SequenceEqual("[vdso]"u8) || name.StartsWith("[uprobes"u8) ? MappingBacking.File : MappingBacking.Device;
    }

    private static bool IsDevice(IProcDirectory process, Mapping mapping)
    {
        ReadOnlySpan<byte> name = mapping.Name.Span;
        if (name.SequenceEqual("/dev/zero (deleted)"u8) || name.StartsWith("/dev/shm/"u8))
        {
            return false;
        }

        string link = $"map_files/{mapping.Range.Start:x}-{mapping.Range.End:x}";
        if (process.TryStat(link, out statx_t stat) || process.TryStat("root" + ByteText.ToText(name), out stat))
        {
            return (stat.stx_mode & LibC.S_IFMT) == LibC.S_IFCHR;
        }

        // A file that is gone was none: device nodes stay.
        return !name.EndsWith(" (deleted)"u8);
    }
}
