using PageAlloc.Targets;

namespace PageAlloc.Mappings;

/// <summary>The mappings, and what of them is locked, in a snapshot.</summary>
internal static class MappingSections
{
    // Two addresses, three attributes, two device numbers, inode, offset and a name.
    private const int LeastMapping = 10;
    private const int AllPermissions = (2 * (int)MappingPermissions.ReadUnknown) - 1;

    // Beside the permissions stands whether it is of a file whose numbers are not known.
    private const int UnnumberedFile = AllPermissions + 1;

    public static void Write(MomentWriter moment, IReadOnlyList<Mapping> mappings, IReadOnlyList<AddressRange> locked)
    {
        moment.Add(SectionId.Mappings, w =>
        {
            ulong end = 0;
            w.List(mappings, mapping =>
            {
                w.Number(mapping.Range.Start - end);
                w.Number(mapping.Range.Length);
                w.Number((int)mapping.Permissions | (mapping.IsUnnumberedFile ? UnnumberedFile : 0));
                w.Number((int)mapping.Backing);
                w.Number(mapping.HugetlbPageSize);
                w.Number(mapping.Offset);
                w.Number(mapping.DeviceMajor);
                w.Number(mapping.DeviceMinor);
                w.Number(mapping.Inode);
                w.Bytes(mapping.Name.Span);
                end = mapping.Range.End;
            });
        });
        if (locked.Count != 0)
        {
            moment.Add(SectionId.Locked, w => w.List(locked, w.Range));
        }
    }

    public static List<Mapping> Read(ISections sections, int maxMappings, int pageSize)
    {
        SectionReader r = sections.Open(SectionId.Mappings);
        ulong end = 0;
        int number = 0;
        return r.List(LeastMapping, () =>
        {
            if (number++ == maxMappings)
            {
                throw new TargetException(TargetFailure.LimitExceeded, $"the snapshot has more than {maxMappings} mappings");
            }

            ulong start = end + r.Number();
            ulong length = r.Number();
            if (start < end || length == 0 || length > ulong.MaxValue - start || (start | length) % (ulong)pageSize != 0)
            {
                throw r.Damage($"a mapping of {length} bytes at 0x{start:x}");
            }

            end = start + length;
            var attributes = (int)r.Number(AllPermissions | UnnumberedFile);
            return new Mapping
            {
                Range = new AddressRange(start, end),
                Permissions = (MappingPermissions)(attributes & AllPermissions),
                IsUnnumberedFile = (attributes & UnnumberedFile) != 0,
                Backing = (MappingBacking)r.Choice((int)MappingBacking.Device + 1),
                HugetlbPageSize = r.Number() is var huge && (huge == 0 || (huge >= (ulong)pageSize && ulong.IsPow2(huge))) ? huge : throw r.Damage($"huge pages of {huge} bytes"),
                Offset = r.Number(),
                DeviceMajor = (uint)r.Number(int.MaxValue),
                DeviceMinor = (uint)r.Number(int.MaxValue),
                Inode = r.Number(),
                Name = r.Bytes(),
            };
        });
    }

    public static IReadOnlyList<AddressRange> ReadLocked(ISections sections) =>
        sections.TryOpen(SectionId.Locked) is { } r ? r.List(2, r.Range) : [];
}
