using System.Text;
using PageAlloc.Mappings;
using PageAlloc.Symbols;

namespace PageAlloc.Tests.Symbols;

/// <summary>Which mappings make a module.</summary>
public sealed class ModuleTableTests
{
    [Fact]
    public void A_library_is_its_mappings_and_what_lies_behind_them()
    {
        Module module = Assert.Single(Of("""
            7000-8000 r--p 0 08:01 5 /lib/a.so
            8000-9000 r-xp 1000 08:01 5 /lib/a.so
            9000-a000 r--p 2000 08:01 5 /lib/a.so
            a000-b000 rw-p 3000 08:01 5 /lib/a.so
            b000-d000 rw-p 0 00:00 0
            d000-e000 rw-p 0 00:00 0 [heap]
            """));
        Assert.Equal(4, module.Mappings.Count);
        Assert.Equal(new AddressRange(0xb000, 0xd000), module.Bss!.Range);
        Assert.Equal(new AddressRange(0x7000, 0xd000), module.Range);
        Assert.Equal("/lib/a.so", module.ToString());
    }

    [Fact]
    public void Each_copy_of_a_file_is_a_module() => Assert.Equal(
        ["7000-9000", "9000-b000", "c000-e000"],
        Ranges("""
            7000-8000 r-xp 0 08:01 5 /lib/a.so
            8000-9000 rw-p 1000 08:01 5 /lib/a.so
            9000-a000 r-xp 0 08:01 5 /lib/a.so
            a000-b000 rw-p 1000 08:01 5 /lib/a.so
            c000-d000 r-xp 0 08:01 5 /lib/a.so
            d000-e000 rw-p 1000 08:01 5 /lib/a.so
            """));

    [Fact]
    public void In_a_tiny_file_all_segments_begin_on_the_first_page() => Assert.Equal(
        ["7000-b000", "b000-f000"],
        Ranges("""
            7000-8000 r--p 0 08:01 5 /lib/tiny.so
            8000-9000 r-xp 0 08:01 5 /lib/tiny.so
            9000-a000 r--p 0 08:01 5 /lib/tiny.so
            a000-b000 rw-p 0 08:01 5 /lib/tiny.so
            b000-c000 r--p 0 08:01 5 /lib/tiny.so
            c000-d000 r-xp 0 08:01 5 /lib/tiny.so
            d000-e000 r--p 0 08:01 5 /lib/tiny.so
            e000-f000 rw-p 0 08:01 5 /lib/tiny.so
            """));

    [Fact]
    public void A_file_read_as_data_is_no_module() => Assert.Equal(
        ["50000-71000"],
        Ranges("""
            10000-50000 r--p 0 08:01 5 /lib/a.so
            50000-70000 r-xp 0 08:01 5 /lib/a.so
            70000-71000 rw-p 20000 08:01 5 /lib/a.so
            80000-c0000 r--p 0 08:01 5 /lib/a.so
            d0000-d1000 r-xp 0 00:00 0 [vdso]
            e0000-f0000 r--s 0 08:01 6 /usr/share/data
            """));

    [Fact]
    public void Holes_and_anonymous_text_do_not_end_a_module_and_other_files_do() => Assert.Equal(
        ["400000-602000", "700000-701000"],
        Ranges("""
            400000-401000 r--p 0 08:01 5 /bin/a
            401000-450000 r-xp 0 00:00 0
            450000-451000 r-xp 50000 08:01 5 /bin/a
            600000-602000 rw-p 100000 08:01 5 /bin/a
            700000-701000 r-xp 0 08:01 6 /lib/b
            800000-801000 rw-p 1000 08:01 5 /bin/a
            """));

    [Fact]
    public void Only_writable_memory_right_behind_is_bss()
    {
        Assert.Null(Assert.Single(Of("7000-8000 r-xp 0 08:01 5 /a\n8000-9000 rw-p 1000 08:01 5 /a\na000-b000 rw-p 0 00:00 0")).Bss);
        Assert.Null(Assert.Single(Of("7000-8000 r-xp 0 08:01 5 /a\n8000-9000 rw-p 0 00:00 0")).Bss);
        Assert.Null(Assert.Single(Of("7000-8000 r-xp 0 08:01 5 /a\n8000-9000 rw-p 1000 08:01 5 /a\n9000-a000 r--p 0 00:00 0")).Bss);
        Assert.NotNull(Assert.Single(Of("7000-8000 r-xp 0 08:01 5 /a\n8000-9000 rw-p 1000 08:01 5 /a\n9000-a000 rw-p 0 00:00 0 [anon: glibc: .bss]")).Bss);
    }

    [Fact]
    public void The_bias_is_counted_from_the_first_mapping()
    {
        Module module = Of("7f0000000000-7f0000001000 r-xp 0 08:01 5 /a")[0];
        var builder = new ElfBuilder();
        ElfImage image = ElfImage.Parse(builder.Build());
        Assert.Equal(0x7f0000000000UL, module.LoadBias(image));
        Assert.Equal(new AddressRange(0x7f0000000000, 0x7f0000000000 + (ulong)builder.End + 0x100), Assert.Single(module.WritableRanges(image)));
        Module low = Of("1000-2000 r-xp 0 08:01 5 /a")[0];
        Assert.Equal(unchecked(0x1000 - 0xffff_0000_0000_0000), low.LoadBias([new ElfSegment(ElfSegmentType.Load, 0, 0, 0xffff_0000_0000_0000, 1, 1)]));
        Assert.Throws<InvalidDataException>(() => low.LoadBias([new ElfSegment(ElfSegmentType.Load, 0, 0x100000, 0, 1, 1)]));
    }

    private static IEnumerable<string> Ranges(string maps) => Of(maps).Select(m => $"{m.Range.Start:x}-{m.Range.End:x}");

    private static IReadOnlyList<Module> Of(string maps) => ModuleTable.Of(MapsParser.Parse(Encoding.ASCII.GetBytes(maps), 100));
}
