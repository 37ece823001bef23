using System.Text;
using PageAlloc.Mappings;

namespace PageAlloc.Tests.Mappings;

/// <summary>What stands behind a mapping, told from its line of maps. Forms: kernel-pages.md A1.</summary>
public sealed class BackingClassifierTests
{
    // 00:01 is the kernel's own tmpfs here, 00:06 devtmpfs, 00:19 /dev/shm, 00:2a hugetlbfs, 08:01 a disk.
    private static readonly HashSet<(uint Major, uint Minor)> SharedMemory = [(0, 1), (0, 6), (0, 0x19)];

    [Theory]
    [InlineData("[heap]", MappingBacking.Anonymous)]
    [InlineData("[stack]", MappingBacking.Anonymous)]
    [InlineData("[anon:name]", MappingBacking.Anonymous)]
    [InlineData("[anon_shmem:name]", MappingBacking.SharedMemory)]
    [InlineData("[vdso]", MappingBacking.File)]
    [InlineData("[uprobes]", MappingBacking.File)]
    [InlineData("[uprobes-trampoline]", MappingBacking.File)]
    [InlineData("[vvar]", MappingBacking.Device)]
    [InlineData("[vvar_vclock]", MappingBacking.Device)]
    [InlineData("[vsyscall]", MappingBacking.Device)]
    [InlineData("", MappingBacking.Anonymous)]
    public void Mappings_without_a_file_are_told_by_their_name(string name, MappingBacking backing) =>
        Assert.Equal(backing, Classify(name, 0, 0, 0));

    [Theory]
    [InlineData("/usr/bin/cat", 8, 1, MappingBacking.File)]
    [InlineData("/usr/bin/cat (deleted)", 8, 1, MappingBacking.File)]
    [InlineData("/tmp/[heap]", 8, 1, MappingBacking.File)]
    [InlineData("/dev/shm/segment", 0, 0x19, MappingBacking.SharedMemory)]
    [InlineData("/run/on tmpfs", 0, 0x19, MappingBacking.SharedMemory)]
    [InlineData("/memfd:name (deleted)", 0, 1, MappingBacking.SharedMemory)]
    [InlineData("/memfd: (deleted)", 0, 1, MappingBacking.SharedMemory)]
    [InlineData("/SYSV00000000 (deleted)", 0, 1, MappingBacking.SharedMemory)]
    [InlineData("/dev/zero (deleted)", 0, 1, MappingBacking.SharedMemory)]
    [InlineData("/dev/zero", 0, 6, MappingBacking.Anonymous)]
    [InlineData("/anon_hugepage (deleted)", 0, 0x2a, MappingBacking.File)]
    [InlineData("/secretmem (deleted)", 0, 0x2b, MappingBacking.File)]
    [InlineData("/[aio] (deleted)", 0, 0x2c, MappingBacking.File)]
    [InlineData("/sys/devices/pci0000:00/0000:00:02.0/resource0", 0, 0x15, MappingBacking.Device)]
    [InlineData("/proc/bus/pci/00/02.0", 0, 0x14, MappingBacking.Device)]
    [InlineData("/dmabuf:", 0, 0x0d, MappingBacking.Device)]
    [InlineData("/system/file", 8, 1, MappingBacking.File)]
    [InlineData("anon_inode:[perf_event]", 0, 0x0f, MappingBacking.Device)]
    [InlineData("anon_inode:[io_uring]", 0, 0x0f, MappingBacking.Device)]
    public void Mappings_of_a_file_are_told_by_name_and_device(string name, uint major, uint minor, MappingBacking backing) =>
        Assert.Equal(backing, Classify(name, major, minor, 1029));

    [Fact]
    public void A_device_node_is_a_device() => Assert.Equal(MappingBacking.Device, Classify("/dev/mem", 0, 6, 17, isDevice: true));

    [Fact]
    public void A_file_in_a_directory_called_dev_is_none() => Assert.Equal(MappingBacking.File, Classify("/dev/file", 8, 1, 17, isDevice: false));

    [Fact]
    public void Only_files_below_dev_are_asked_whether_they_are_devices()
    {
        var asked = new List<string>();
        var classifier = new BackingClassifier(SharedMemory, m =>
        {
            asked.Add(Encoding.UTF8.GetString(m.Name.Span));
            return false;
        });
        foreach (string name in new[] { "/usr/bin/cat", "/dev/dri/card0", "/memfd:x (deleted)", "/devices/x" })
        {
            classifier.Classify(TestMapping.Of(0x1000, 0x2000, name, MappingBacking.Unknown) with { Inode = 1, DeviceMinor = 6 });
        }

        Assert.Equal(["/dev/dri/card0"], asked);
    }

    // mknod in a chroot or an image: then the node is not on devtmpfs, and its private mapping is plain memory all the same.
    [Fact]
    public void Zeros_from_a_node_on_disk_are_anonymous_memory() => Assert.Equal(MappingBacking.Anonymous, Classify("/dev/zero", 8, 1, 17));

    private static MappingBacking Classify(string name, uint major, uint minor, ulong inode, bool isDevice = false) =>
        new BackingClassifier(SharedMemory, _ => isDevice).Classify(
            TestMapping.Of(0x1000, 0x2000, name, MappingBacking.Unknown) with { DeviceMajor = major, DeviceMinor = minor, Inode = inode });
}
