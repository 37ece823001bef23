using PageAlloc.Mappings;

namespace PageAlloc.Symbols;

/// <summary>Finds the loaded ELF files among the mappings of a target.</summary>
public static class ModuleTable
{
    private const MappingPermissions ReadWrite = MappingPermissions.Read | MappingPermissions.Write;

    /// <summary>
    /// The modules, in address order: mappings of one file (device, inode, name) around the one of its beginning. A file that
    /// is loaded several times (dlmopen) is several modules; one that is not executable anywhere is data, and none.
    /// </summary>
    /// <param name="mappings">All mappings, in address order.</param>
    public static IReadOnlyList<Module> Of(IReadOnlyList<Mapping> mappings)
    {
        ArgumentNullException.ThrowIfNull(mappings);
        var modules = new List<Module>();
        List<Mapping>? group = null;
        Mapping? bss = null;
        foreach (Mapping mapping in mappings)
        {
            if (!mapping.IsOfFile && !IsKernels(mapping))
            {
                // Anonymous memory may also lie amidst a file: text that was copied onto huge pages.
                bss ??= group is not null && IsBss(group[^1], mapping) ? mapping : null;
                continue;
            }

            if (group is null || !Continues(group, mapping))
            {
                Finish(group, bss, modules);
                group = (mapping.Inode != 0 || mapping.IsUnnumberedFile) && mapping.Offset == 0 ? [] : null;
            }

            bss = null;
            group?.Add(mapping);
        }

        Finish(group, bss, modules);
        return modules;
    }

    // [vvar], [vdso], [vsyscall]: nothing of a module lies beyond them.
    private static bool IsKernels(Mapping mapping) => mapping.Name.Span.StartsWith("[v"u8);

    private static bool IsBss(Mapping last, Mapping mapping) =>
        last.Range.End == mapping.Range.Start
        && (last.Permissions & (ReadWrite | MappingPermissions.Shared)) == ReadWrite
        && (mapping.Permissions & (ReadWrite | MappingPermissions.Shared)) == ReadWrite;

    private static bool Continues(List<Mapping> group, Mapping mapping)
    {
        Mapping last = group[^1];
        if (mapping.Inode != last.Inode || mapping.DeviceMajor != last.DeviceMajor || mapping.DeviceMinor != last.DeviceMinor
            || !mapping.Name.Span.SequenceEqual(last.Name.Span) || mapping.Offset < last.Offset)
        {
            return false;
        }

        // Segments may share the page on which one ends and the next begins, and no more.
        ulong lastEnd = unchecked(last.Offset + last.Range.Length);
        ulong end = unchecked(mapping.Offset + mapping.Range.Length);
        if (mapping.Offset < lastEnd && Math.Min(lastEnd, end) - mapping.Offset > Module.MaxPageSize)
        {
            return false;
        }

        // In a tiny file all segments begin on its first page; then a copy begins behind the writable one, which is the last.
        return mapping.Offset != 0
            || (mapping.Permissions != last.Permissions && !group.Any(m => m.Permissions.HasFlag(MappingPermissions.Write)));
    }

    private static void Finish(List<Mapping>? group, Mapping? bss, List<Module> modules)
    {
        // What a core file only names may be code; data is mapped in one piece.
        if (group is not null && group.Any(m => m.Permissions.HasFlag(MappingPermissions.Execute)
            || (m.Permissions.HasFlag(MappingPermissions.AccessUnknown) && group.Count > 1)))
        {
            modules.Add(new Module(group, bss));
        }
    }
}
