using System.Text;
using PageAlloc.Mappings;

namespace PageAlloc.Tests.Mappings;

/// <summary>Makes mappings for tests.</summary>
internal static class TestMapping
{
    public static Mapping Of(
        ulong start, ulong end, string name = "", MappingBacking backing = MappingBacking.Anonymous, ulong hugetlbPageSize = 0)
    {
        var mapping = new Mapping
        {
            Range = new AddressRange(start, end),
            Permissions = MappingPermissions.Read | MappingPermissions.Write,
            Offset = 0,
            DeviceMajor = 0,
            DeviceMinor = 0,
            Inode = 0,
            Name = Encoding.UTF8.GetBytes(name),
        };
        mapping.Backing = backing;
        mapping.HugetlbPageSize = hugetlbPageSize;
        return mapping;
    }
}
