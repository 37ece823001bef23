using System.Text;
using PageAlloc.Targets;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Targets;

/// <summary>Where a control group's files are, and what they say: texts in the kernel's forms, and this machine's own.</summary>
public sealed class CgroupPlaceTests
{
    private const string V2 = "31 23 0:28 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
    private const string V1 = "33 31 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";

    [Theory]
    [InlineData("0::/system.slice/a.service\n", V2, 2, "/sys/fs/cgroup/system.slice/a.service")]
    [InlineData("0::/\n", V2, 2, "/sys/fs/cgroup")]
    [InlineData("0::/a:b/c d\n", V2, 2, "/sys/fs/cgroup/a:b/c d")]
    [InlineData("5:cpu,cpuacct:/x\n4:memory:/y/z\n0::/w\n", V1 + V2, 1, "/sys/fs/cgroup/memory/y/z")]
    // In a container without a namespace of its own, the mount's root is the group.
    [InlineData("4:memory:/docker/12\n", "35 31 0:32 /docker/12 /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n", 1, "/sys/fs/cgroup/memory")]
    [InlineData("4:memory:/docker/12/in\n", "35 31 0:32 /docker/12 /mnt/a\\040b rw shared:3 - cgroup cgroup rw,memory\n", 1, "/mnt/a b/in")]
    public void A_group_is_found_below_its_mount(string cgroup, string mountinfo, int version, string folder)
    {
        CgroupPlace? place = Find(cgroup, mountinfo);
        Assert.Equal((version, folder), (place?.Version, place?.Folder));
    }

    [Theory]
    [InlineData("", V2)]
    [InlineData("0::/a\n", "")]
    [InlineData("0::/a\n", V1)]
    [InlineData("4:memory:/a\n0::/b\n", V2)]
    [InlineData("0::/../other\n", V2)]
    [InlineData("4:memory:/docker/123\n", "35 31 0:32 /docker/12 /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n")]
    public void A_group_outside_of_what_is_mounted_is_not_guessed(string cgroup, string mountinfo) => Assert.Null(Find(cgroup, mountinfo));

    [Fact]
    public void The_files_of_version_2_are_read_with_the_lowest_limit_above()
    {
        using var folder = new WorkFolder();
        string group = Directory.CreateDirectory(Path.Combine(folder.Path, "a", "b")).FullName;
        File.WriteAllText(Path.Combine(folder.Path, "a", "memory.max"), "1000000\n");
        File.WriteAllText(Path.Combine(group, "memory.max"), "max\n");
        File.WriteAllText(Path.Combine(group, "memory.current"), "700000\n");
        File.WriteAllText(Path.Combine(group, "memory.swap.current"), "8192\n");
        File.WriteAllText(Path.Combine(group, "memory.stat"), "anon 400000\nfile 200000\nkernel 100000\nkernel_stack 1\nslab 2\nfile_mapped 9\n");
        File.WriteAllText(Path.Combine(group, "cgroup.procs"), "12\n13\n");
        CgroupMemory? read = CgroupMemory.Read(new CgroupPlace(2, "/a/b", folder.Path, group));
        Assert.Equal(
            new CgroupMemory
            {
                Version = 2,
                Path = "/a/b",
                Current = 700000,
                Limit = 1000000,
                Anonymous = 400000,
                File = 200000,
                Kernel = 100000,
                Swap = 8192,
                Processes = 2,
            },
            read);

        // Before Linux 5.18 only the parts of what the kernel needs are told.
        File.WriteAllText(Path.Combine(group, "memory.stat"), "anon 1\nfile 2\nkernel_stack 16384\npagetables 4096\npercpu 64\nsock 8\nslab 32768\n");
        Assert.Equal(16384UL + 4096 + 64 + 8 + 32768, CgroupMemory.Read(new CgroupPlace(2, "/a/b", folder.Path, group))?.Kernel);
    }

    [Fact]
    public void A_group_that_tells_no_use_is_not_known()
    {
        using var folder = new WorkFolder();
        Assert.Null(CgroupMemory.Read(new CgroupPlace(2, "/", folder.Path, folder.Path)));
    }

    [Fact]
    public void The_group_of_this_process_is_the_kernels()
    {
        using LiveProcess process = LiveProcess.Open(Environment.ProcessId);
        CgroupMemory? read = CgroupMemory.Read(process);
        string text = File.ReadAllText("/proc/self/cgroup");
        string? line = text.Split('\n').FirstOrDefault(l => l.Split(':') is [_, "memory", _]);
        string? mount = File.ReadLines("/proc/self/mountinfo").FirstOrDefault(l => l.Contains(" - cgroup ", StringComparison.Ordinal) && l.EndsWith(",memory", StringComparison.Ordinal))?.Split(' ')[4];
        if (line is null || mount is null || !File.Exists($"{mount}{line.Split(':')[2]}/memory.usage_in_bytes"))
        {
            return; // the texts above are the test where this machine counts in another way
        }

        string folder = mount + line.Split(':')[2];
        Assert.Equal((1, line.Split(':')[2]), (read?.Version, read?.Path));
        ulong limit = ulong.Parse(
            File.ReadLines($"{folder}/memory.stat").Single(l => l.StartsWith("hierarchical_memory_limit ", StringComparison.Ordinal)).Split(' ')[1],
            System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(limit > 1UL << 60 ? null : limit, read?.Limit);
        Assert.Contains($"{Environment.ProcessId}", File.ReadAllLines($"{folder}/cgroup.procs"));
        Assert.InRange(read!.Processes!.Value, 1, int.MaxValue);
    }

    private static CgroupPlace? Find(string cgroup, string mountinfo) => CgroupPlace.Find(Encoding.UTF8.GetBytes(cgroup), Encoding.UTF8.GetBytes(mountinfo));
}
