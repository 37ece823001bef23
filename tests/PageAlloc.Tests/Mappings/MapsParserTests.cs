using System.Text;
using PageAlloc.Mappings;

namespace PageAlloc.Tests.Mappings;

/// <summary>Lines of /proc/PID/maps in every form that kernels write.</summary>
public sealed class MapsParserTests
{
    private const MappingPermissions Read = MappingPermissions.Read, Write = MappingPermissions.Write,
        Execute = MappingPermissions.Execute, Shared = MappingPermissions.Shared;

    [Fact]
    public void A_line_gives_all_its_fields()
    {
        Mapping m = One("55d0c8a14000-55d0c8a2a000 r-xp 00001f00 103:1a 18446744073709551615               /usr/bin/cat\n"u8);
        Assert.Equal(new AddressRange(0x55d0c8a14000, 0x55d0c8a2a000), m.Range);
        Assert.Equal(Read | Execute, m.Permissions);
        Assert.Equal(0x1f00UL, m.Offset);
        Assert.Equal(0x103u, m.DeviceMajor);
        Assert.Equal(0x1au, m.DeviceMinor);
        Assert.Equal(ulong.MaxValue, m.Inode);
        Assert.Equal("/usr/bin/cat", Encoding.UTF8.GetString(m.Name.Span));
    }

    [Theory]
    [InlineData("---p", MappingPermissions.None)]
    [InlineData("r--p", Read)]
    [InlineData("-w-p", Write)]
    [InlineData("--xp", Execute)]
    [InlineData("---s", Shared)]
    [InlineData("r--s", Read | Shared)]
    [InlineData("rw-p", Read | Write)]
    [InlineData("rwxs", Read | Write | Execute | Shared)]
    public void Permissions_are_four_letters(string letters, MappingPermissions permissions) =>
        Assert.Equal(permissions, One(Encoding.ASCII.GetBytes($"00400000-00401000 {letters} 00000000 00:00 0 \n")).Permissions);

    // source: kernel-pages.md A1, forms seen
    [Theory]
    [InlineData("[heap]")]
    [InlineData("[stack]")]
    [InlineData("[vvar_vclock]")]
    [InlineData("[uprobes-trampoline]")]
    [InlineData("[anon:glibc: malloc arena]")]
    [InlineData("[anon_shmem: leading blank]")]
    [InlineData("/anon_hugepage (deleted)")]
    [InlineData("/memfd:name (deleted)")]
    [InlineData("/memfd: (deleted)")]
    [InlineData("/memfd:a\\012b (deleted)")]
    [InlineData("/SYSV00000000 (deleted)")]
    [InlineData("/dev/zero (deleted)")]
    [InlineData("/dev/zero")]
    [InlineData("/[aio] (deleted)")]
    [InlineData("anon_inode:[perf_event]")]
    [InlineData("anon_inode:[io_uring]")]
    [InlineData("/tmp/with blanks in it")]
    [InlineData("/tmp/trailing blanks  ")]
    [InlineData("/tmp/tab\tand\u001bescape")]
    [InlineData("/tmp/octal\\012")]
    [InlineData("/tmp/back\\slash")]
    [InlineData("/tmp/x (deleted) (deleted)")]
    [InlineData("/tmp/[heap]")]
    [InlineData("/tmp/Ünïcödé 文字")]
    [InlineData(" (deleted)", "(deleted)")]
    public void A_name_is_kept_as_the_kernel_writes_it(string written, string? name = null)
    {
        byte[] line = Encoding.UTF8.GetBytes("7f0000000000-7f0000001000 rw-s 00000000 00:01 1029".PadRight(73) + written + "\n");
        Assert.Equal(name ?? written, Encoding.UTF8.GetString(One(line).Name.Span));
    }

    [Fact]
    public void A_name_is_bytes_of_any_encoding()
    {
        byte[] name = [.. "/tmp/"u8, 0xff, 0xfe, 0xe9, 0xc3, 0x28, 0x80, 0x01, 0x7f];
        byte[] line = [.. "00400000-00401000 r--p 00000000 08:01 17                                "u8, .. name, .. "\n"u8];
        Assert.Equal(name, One(line).Name.ToArray());
    }

    [Fact]
    public void A_name_may_be_longer_than_PATH_MAX()
    {
        string name = string.Concat(Enumerable.Repeat("/a directory of 29 characters", 200));
        Assert.Equal(5800, name.Length);
        Mapping m = One(Encoding.ASCII.GetBytes($"7f0000000000-7f0000001000 r--p 00000000 08:01 17{new string(' ', 25)}{name}\n"));
        Assert.Equal(name, Encoding.ASCII.GetString(m.Name.Span));
    }

    [Fact]
    public void A_mapping_without_name_ends_with_a_blank() =>
        Assert.True(One("7f0000000000-7f0000001000 rw-p 00000000 00:00 0 \n"u8).Name.IsEmpty);

    [Fact]
    public void The_blank_may_be_missing() =>
        Assert.True(One("7f0000000000-7f0000001000 rw-p 00000000 00:00 0\n"u8).Name.IsEmpty);

    [Fact]
    public void Programs_of_32_bits_have_addresses_of_eight_digits()
    {
        Mapping m = One("08048000-08049000 r-xp 00000000 08:01 12345      /bin/true\n"u8);
        Assert.Equal(new AddressRange(0x08048000, 0x08049000), m.Range);
        Assert.Equal("/bin/true", Encoding.ASCII.GetString(m.Name.Span));
    }

    [Fact]
    public void The_vsyscall_page_lies_at_the_end_of_addresses()
    {
        Mapping m = One("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n"u8);
        Assert.Equal(new AddressRange(0xffffffffff600000, 0xffffffffff601000), m.Range);
        Assert.Equal(4096UL, m.Range.Length);
        Assert.Equal(Execute, m.Permissions);
    }

    [Fact]
    public void A_mapping_may_begin_at_address_zero() =>
        Assert.Equal(new AddressRange(0, 0x1000), One("00000000-00001000 rw-p 00000000 00:00 0 \n"u8).Range);

    [Fact]
    public void Neighbours_may_touch()
    {
        List<Mapping> mappings = MapsParser.Parse(
            "00400000-00401000 r--p 00000000 08:01 5 /a\n00401000-00403000 r-xp 00001000 08:01 5 /a\n"u8.ToArray(), 10);
        Assert.Equal([0x400000UL, 0x401000UL], mappings.Select(m => m.Range.Start));
    }

    [Fact]
    public void The_last_newline_may_be_missing() =>
        Assert.Equal("/bin/x", Encoding.ASCII.GetString(One("08048000-08049000 r-xp 00000000 08:01 1 /bin/x"u8).Name.Span));

    [Fact]
    public void No_text_has_no_mappings() => Assert.Empty(MapsParser.Parse(default, 10));

    [Fact]
    public void Sixty_thousand_lines_are_sixty_thousand_mappings()
    {
        var text = new List<byte>();
        for (int i = 0; i < 60_000; i++)
        {
            ulong start = 0x7f0000000000 + ((ulong)i * 0x2000);
            text.AddRange(MapsLine.Format(start, start + 0x1000, i % 2 == 0 ? "rw-p" : "---p", 0, 0, 0, 0, []));
        }

        List<Mapping> mappings = MapsParser.Parse(text.ToArray(), 1 << 24);
        Assert.Equal(60_000, mappings.Count);
        Assert.Equal(new AddressRange(0x7f001d4be000, 0x7f001d4bf000), mappings[^1].Range);
        Assert.Equal(30_000, mappings.Count(m => m.Permissions == MappingPermissions.None));
    }

    private static Mapping One(ReadOnlySpan<byte> text) => Assert.Single(MapsParser.Parse(text.ToArray(), 10));
}
