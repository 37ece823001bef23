using System.Text;
using PageAlloc.Mappings;

namespace PageAlloc.Tests.Mappings;

/// <summary>/proc/PID/mountinfo: which devices are tmpfs.</summary>
public sealed class MountTableTests
{
    private const string Mountinfo = """
        21 98 0:20 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw
        24 98 0:5 / /dev rw,nosuid,noexec shared:2 - devtmpfs udev rw,size=8165008k,mode=755
        25 24 0:22 / /dev/pts rw,nosuid,noexec,relatime shared:3 - devpts devpts rw,gid=5,mode=620
        26 98 0:23 / /run rw,nosuid,nodev shared:5 - tmpfs tmpfs rw,size=1635864k
        98 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw
        30 24 0:25 / /dev/shm rw,nosuid,nodev master:4 propagate_from:2 unbindable - tmpfs shm rw
        31 98 0:300 /sub /mnt/no\040fields rw - tmpfs none rw,inode64
        32 98 8:17 / /mnt/tmpfs rw,relatime - xfs tmpfs rw

        """;

    [Theory]
    [InlineData("tmpfs", "0:23 0:25 0:300")]
    [InlineData("devtmpfs", "0:5")]
    [InlineData("ext4", "259:2")]
    [InlineData("tmp", "")]
    [InlineData("ntfs", "")]
    public void Devices_are_picked_by_the_type_of_their_file_system(string type, string devices)
    {
        var found = new HashSet<(uint Major, uint Minor)>();
        MountTable.AddDevices(Encoding.ASCII.GetBytes(Mountinfo), Encoding.ASCII.GetBytes(type), found);
        Assert.Equal(devices, string.Join(' ', found.OrderBy(d => d).Select(d => $"{d.Major}:{d.Minor}")));
    }

    [Fact]
    public void What_was_found_before_stays()
    {
        var found = new HashSet<(uint Major, uint Minor)> { (7, 7) };
        MountTable.AddDevices("26 98 0:23 / /run rw - tmpfs tmpfs rw"u8, "tmpfs"u8, found);
        Assert.Equal(new HashSet<(uint, uint)> { (7, 7), (0, 23) }, found);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("garbage")]
    [InlineData(" - tmpfs tmpfs rw")]
    [InlineData("26 98 0-23 / /run rw - tmpfs tmpfs rw")]
    [InlineData("26 98 a:b / /run rw - tmpfs tmpfs rw")]
    [InlineData("26 98 0:23 / /run rw tmpfs tmpfs rw")]
    public void Lines_of_another_form_are_passed_over(string text)
    {
        var found = new HashSet<(uint Major, uint Minor)>();
        MountTable.AddDevices(Encoding.ASCII.GetBytes(text), "tmpfs"u8, found);
        Assert.Empty(found);
    }
}
