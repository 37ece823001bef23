using PageAlloc.Targets.Cores;

namespace PageAlloc.Mappings;

/// <summary>
/// The mappings of a core file: its segments, with the names of the files that were mapped. The kernel writes a segment for
/// each mapping; gdb leaves out those of which it dumps nothing, and only names their files.
/// </summary>
internal static class CoreMappings
{
    private const ulong VsyscallStart = 0xffffffffff600000;

    /// <summary>The mappings, in address order.</summary>
    /// <param name="core">The core file.</param>
    /// <param name="limits">Caps.</param>
    /// <exception cref="TargetException">There are more than the cap.</exception>
    public static List<Mapping> Of(CoreFile core, Limits limits)
    {
        var mappings = new List<Mapping>();
        IReadOnlyList<CoreMappedFile> files = core.Files ?? [];
        int next = 0;
        foreach (CoreSegment segment in core.Segments)
        {
            // Pieces of the segment with and without a file, and files before it that have no segment.
            for (ulong at = segment.Range.Start; at < segment.Range.End;)
            {
                while (next < files.Count && files[next].Range.End <= at)
                {
                    AddNamed(files[next++], core, mappings);
                }

                bool isInFile = next < files.Count && files[next].Range.Contains(at);
                if (isInFile && at == segment.Range.Start)
                {
                    // What of the file lies before the segment, and behind the one before.
                    AddNamed(files[next] with { Range = files[next].Range with { End = at } }, core, mappings);
                }

                ulong end = next < files.Count ? Math.Min(segment.Range.End, isInFile ? files[next].Range.End : files[next].Range.Start) : segment.Range.End;
                mappings.Add(Make(new AddressRange(at, end), Permissions(segment, isInFile, core.IsOfGdb), isInFile ? files[next] : null, core));
                at = end;
            }

            if (mappings.Count > limits.MaxMappings)
            {
                throw new TargetException(TargetFailure.LimitExceeded, $"{core.Info.Name} has more than {limits.MaxMappings} mappings");
            }
        }

        while (next < files.Count)
        {
            AddNamed(files[next++], core, mappings);
        }

        mappings.Sort((a, b) => a.Range.Start.CompareTo(b.Range.Start));
        NameKernels(core, mappings);
        return mappings;
    }

    // A file's mapping, or what of it no segment has; of that only the name is known.
    private static void AddNamed(CoreMappedFile file, CoreFile core, List<Mapping> mappings)
    {
        ulong start = mappings.Count == 0 ? file.Range.Start : Math.Max(file.Range.Start, mappings[^1].Range.End);
        if (start < file.Range.End)
        {
            mappings.Add(Make(new AddressRange(start, file.Range.End), MappingPermissions.AccessUnknown | MappingPermissions.SharingUnknown, file, core));
        }
    }

    // What may be written may be read; of the rest gdb does not tell, and says that it may.
    private static MappingPermissions Permissions(CoreSegment segment, bool isOfFile, bool isOfGdb) =>
        ((segment.Flags & 4) == 0 ? 0 : isOfGdb && (segment.Flags & 2) == 0 ? MappingPermissions.ReadUnknown : MappingPermissions.Read)
        | ((segment.Flags & 2) != 0 ? MappingPermissions.Write : 0)
        | ((segment.Flags & 1) != 0 ? MappingPermissions.Execute : 0)

        // Shared memory has a file behind it, be it one without a name: what has none is private.
        | (isOfFile ? MappingPermissions.SharingUnknown : 0);

    private static Mapping Make(AddressRange range, MappingPermissions permissions, CoreMappedFile? file, CoreFile core) => new()
    {
        Range = range,
        Permissions = permissions,
        Offset = file is { } f ? f.Offset + (range.Start - f.Range.Start) : 0,
        DeviceMajor = 0,
        DeviceMinor = 0,
        Inode = 0,
        IsUnnumberedFile = file is not null,
        Name = file?.Name ?? default,
        Backing = file is { } named ? BackingOf(named.Name.Span) : core.Files is null ? MappingBacking.Unknown : MappingBacking.Anonymous,
    };

    // There are no mounts to ask: shared memory goes by the names that the kernel gives it, and where it usually is mounted.
    private static MappingBacking BackingOf(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("/dev/zero"u8) ? MappingBacking.Anonymous
        : name.StartsWith("/dev/zero"u8) || name.StartsWith("/memfd:"u8) || name.StartsWith("/SYSV"u8) || name.StartsWith("/dev/shm/"u8) ? MappingBacking.SharedMemory
        : name.StartsWith("anon_inode:"u8) || name.StartsWith("/dev/"u8) || name.StartsWith("/sys/"u8) || name.StartsWith("/proc/"u8) ? MappingBacking.Device
        : MappingBacking.File;

    // What the auxiliary vector tells of mappings without a file: the vdso, and the stack, in which the random bytes are.
    private static void NameKernels(CoreFile core, List<Mapping> mappings)
    {
        ulong vdso = core.Auxiliary.GetValueOrDefault(AuxiliaryVector.AT_SYSINFO_EHDR);
        ulong inStack = core.Auxiliary.GetValueOrDefault(AuxiliaryVector.AT_RANDOM);
        for (int i = 0; i < mappings.Count; i++)
        {
            Mapping mapping = mappings[i];
            if (mapping.IsUnnumberedFile)
            {
                continue;
            }

            if (vdso != 0 && mapping.Range.Start == vdso)
            {
                mappings[i] = mapping with { Name = "[vdso]"u8.ToArray(), Backing = MappingBacking.File };
                MarkWindows(mappings, i);
            }
            else if (inStack != 0 && mapping.Range.Contains(inStack))
            {
                mappings[i] = mapping with { Name = "[stack]"u8.ToArray() };
            }
            else if (core.Info.PointerSize == 8 && mapping.Range.Start == VsyscallStart)
            {
                mappings[i] = mapping with { Name = "[vsyscall]"u8.ToArray(), Backing = MappingBacking.Device };
            }
        }
    }

    // The windows to the kernel's clocks, [vvar] by name, end where the vdso begins; nothing else is there.
    private static void MarkWindows(List<Mapping> mappings, int vdso)
    {
        for (int i = vdso - 1; i >= 0 && mappings[i].Range.End == mappings[i + 1].Range.Start
            && mappings[i] is { IsUnnumberedFile: false, Permissions: MappingPermissions.Read or MappingPermissions.ReadUnknown }; i--)
        {
            mappings[i] = mappings[i] with { Backing = MappingBacking.Device };
        }
    }
}
