using System.Text;
using PageAlloc.Mappings;
using PageAlloc.Tests.Targets;

namespace PageAlloc.Tests.Mappings;

/// <summary>All mappings of a process, and what stands behind each, from the files of /proc.</summary>
public sealed class MappingTableTests : IDisposable
{
    private readonly FakeProcess _process = new();

    public void Dispose() => _process.Dispose();

    [Fact]
    public void Mappings_come_with_what_stands_behind_them()
    {
        _process["mountinfo"] = "30 24 0:255 / /dev/shm rw - tmpfs shm rw\n24 98 0:254 / /dev rw - devtmpfs udev rw\n";
        _process["maps"] = """
            00400000-00401000 r--p 00000000 08:01 5        /bin/x
            00500000-00521000 rw-p 00000000 00:00 0        [heap]
            7f0000000000-7f0000001000 rw-s 00000000 00:ff 3        /dev/shm/x
            7f0000001000-7f0000002000 rw-p 00000000 00:fe 4        /dev/zero
            7f0000002000-7f0000003000 r--p 00000000 00:00 0        [vvar]
            7f0000003000-7f0000004000 rw-p 00000000 00:00 0 

            """;
        IReadOnlyList<Mapping> mappings = MappingTable.Read(_process);
        Assert.Equal(
            [
                MappingBacking.File, MappingBacking.Anonymous, MappingBacking.SharedMemory, MappingBacking.Anonymous,
                MappingBacking.Device, MappingBacking.Anonymous,
            ],
            mappings.Select(m => m.Backing));
        Assert.All(mappings, m => Assert.Equal(0UL, m.HugetlbPageSize));
        Assert.Equal(0, _process.Opened("smaps"));
    }

    // Seen on Linux 6.18, of a process that maps and unmaps all the time: 'maps' line 11, 7fc5b5bbc000-7fc5b5e41000, began below the end of line 10.
    [Fact]
    public void Maps_that_were_torn_between_two_moments_are_read_again()
    {
        const string Torn = "7fc5b5bbc000-7fc5b5c41000 rw-p 00000000 00:00 0 \n7fc5b5bbc000-7fc5b5e41000 rw-p 00000000 00:00 0 \n";
        const string Whole = "7fc5b5bbc000-7fc5b5e41000 rw-p 00000000 00:00 0 \n";
        _process["mountinfo"] = "";
        _process.Opening = _ => _process["maps"] = _process.Opened("maps") < 2 ? Torn : Whole;
        Assert.Equal(new AddressRange(0x7fc5b5bbc000, 0x7fc5b5e41000), Assert.Single(MappingTable.Read(_process)).Range);
        _process.Opening = _ => _process["maps"] = Torn;
        TargetException e = Assert.Throws<TargetException>(() => MappingTable.Read(_process));
        Assert.Contains("--freeze", e.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_longer_than_what_is_read_at_once_is_taken_whole()
    {
        string name = "/" + new string('x', 300_000);
        _process["maps"] = string.Concat(
            Enumerable.Range(0x10000, 2000).Select(i => $"{i:x}000-{i:x}800 r--p 00000000 08:01 5        /bin/x\n"))
            + $"7f0000000000-7f0000001000 r--p 00000000 08:01 6        {name}\n7f0000001000-7f0000002000 r--p 00000000 08:01 6        {name}";
        IReadOnlyList<Mapping> mappings = MappingTable.Read(_process);
        Assert.Equal(2002, mappings.Count);
        Assert.All(mappings.Take(2000), m => Assert.Equal("/bin/x", Encoding.ASCII.GetString(m.Name.Span)));
        Assert.All(mappings.Skip(2000), m => Assert.Equal(name, Encoding.ASCII.GetString(m.Name.Span)));
    }

    [Fact]
    public void A_line_above_the_cap_is_an_error()
    {
        _process["maps"] = $"7f0000000000-7f0000001000 r--p 00000000 08:01 6        /{new string('x', 300_000)}\n";
        var options = new ReadOptions { Limits = new Limits { MaxProcFileBytes = 128 << 10 } };
        TargetException e = Assert.Throws<TargetException>(() => MappingTable.Read(_process, options));
        Assert.Equal(TargetFailure.LimitExceeded, e.Failure);
    }

    [Fact]
    public void A_character_device_below_dev_is_a_device()
    {
        // The link of map_files is asked, as the path may be that of another mount namespace.
        _process["mountinfo"] = "24 98 0:254 / /dev rw - devtmpfs udev rw\n";
        string maps = "7f0000000000-7f0000001000 rw-s 00000000 00:fe 4        /dev/null\n";
        _process["maps"] = maps + maps.Replace("7f00000", "7f00001", StringComparison.Ordinal).Replace("null", "file", StringComparison.Ordinal);
        Directory.CreateDirectory(PathOf("map_files"));
        File.CreateSymbolicLink(PathOf("map_files/7f0000000000-7f0000001000"), "/dev/null");
        File.CreateSymbolicLink(PathOf("map_files/7f0000100000-7f0000101000"), "/etc/passwd");
        Assert.Equal([MappingBacking.Device, MappingBacking.SharedMemory], MappingTable.Read(_process).Select(m => m.Backing));
    }

    [Fact]
    public void Anonymous_memory_shared_with_children_is_shared_memory()
    {
        // It lies on a mount of the kernel's own that no list has: its device is that of any memfd.
        _process["maps"] = OwnLine("/memfd:");
        Assert.Equal(MappingBacking.SharedMemory, Assert.Single(MappingTable.Read(_process)).Backing);
    }

    [Fact]
    public void Huge_page_sizes_come_from_smaps_where_the_kernel_has_no_query()
    {
        _process["maps"] = Hugetlb;
        _process["smaps"] = HugetlbSmaps;
        Assert.Equal([2UL << 20, 1UL << 30, 0UL, 0UL], MappingTable.Read(_process).Select(m => m.HugetlbPageSize));
        Assert.Equal(1, _process.Opened("smaps"));
    }

    [Fact]
    public void Huge_page_sizes_come_from_smaps_where_no_query_is_allowed()
    {
        _process["maps"] = Hugetlb;
        _process["smaps"] = HugetlbSmaps;
        IReadOnlyList<Mapping> mappings = MappingTable.Read(_process, new ReadOptions { UseIoctls = false });
        Assert.Equal([2UL << 20, 1UL << 30, 0UL, 0UL], mappings.Select(m => m.HugetlbPageSize));
        Assert.Equal(1, _process.Opened("maps"));
    }

    [Fact]
    public void A_process_without_mappings_has_ended()
    {
        _process["maps"] = "";
        TargetException e = Assert.Throws<TargetException>(() => MappingTable.Read(_process));
        Assert.Equal(TargetFailure.Ended, e.Failure);
        Assert.Contains("4711", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_cap_on_mappings_holds()
    {
        _process["maps"] = Hugetlb;
        var options = new ReadOptions { Limits = new Limits { MaxMappings = 3 } };
        Assert.Equal(
            TargetFailure.LimitExceeded, Assert.Throws<TargetException>(() => MappingTable.Read(_process, options)).Failure);
    }

    private const string Hugetlb = """
        40000000-40200000 rw-p 00000000 00:0f 7        /anon_hugepage (deleted)
        80000000-100000000 rw-s 00000000 00:10 8        /mnt/huge/x
        7f0000000000-7f0000010000 r--p 00000000 08:01 9        /bin/aligned
        7f0000010000-7f0000020000 rw-p 00000000 00:00 0 

        """;

    private const string HugetlbSmaps = """
        40000000-40200000 rw-p 00000000 00:0f 7        /anon_hugepage (deleted)
        KernelPageSize:     2048 kB
        80000000-100000000 rw-s 00000000 00:10 8        /mnt/huge/x
        KernelPageSize:  1048576 kB
        7f0000000000-7f0000010000 r--p 00000000 08:01 9        /bin/aligned
        KernelPageSize:        4 kB
        7f0000010000-7f0000020000 rw-p 00000000 00:00 0 
        KernelPageSize:        4 kB

        """;

    private string PathOf(string file) => Path.Combine(_process.Folder, file);

    // A line of this process' own maps: only the kernel knows the device.
    private static string OwnLine(string name)
    {
        using var file = System.IO.MemoryMappedFiles.MemoryMappedFile.CreateNew(null, 4096);
        using var view = file.CreateViewAccessor();
        return File.ReadLines("/proc/self/maps").First(l => l.Contains(name, StringComparison.Ordinal)) + "\n";
    }
}
