using PageAlloc.Mappings;
using PageAlloc.Pages;
using PageAlloc.Tests.Mappings;
using PageAlloc.Views;
using static PageAlloc.Tests.Views.Shown;

namespace PageAlloc.Tests.Views;

/// <summary>The picture in letters, as it stands on the screen.</summary>
public sealed class PageMapViewTests
{
    private static readonly MapOptions Ten = new() { Style = Letters, Width = 10 };

    [Fact]
    public void Each_page_is_a_letter_and_each_row_has_its_address() => Assert.Equal(
        """
        [heap] [rw-p]
          ...........10000  aaa..szzzz
          ...........1a000  ff?
        <anonymous> [rw-p]
          ...........10000  x

        """,
        Map(Ten,
            Mapping(
                Run(PageKind.Anonymous, 3), Run(PageKind.NotPresent, 2), Run(PageKind.Swapped, 1), Run(PageKind.Zero, 4),
                Run(PageKind.File, 2), Run(PageKind.Unknown, 1)),
            Mapping("", Run(PageKind.Guard, 1))));

    [Fact]
    public void Every_state_has_its_letter() => Assert.Equal(
        """
        [heap] [rw-p]
          ...........10000  ?.szkxabbAABfggFFGmnMM

        """,
        Map(Ten with { Width = 80 }, Mapping(
            Run(PageKind.Unknown, 1), Run(PageKind.NotPresent, 1), Run(PageKind.Swapped, 1), Run(PageKind.Zero, 1),
            Run(PageKind.Ksm, 1), Run(PageKind.Guard, 1),
            Run(PageKind.Anonymous, 1), Run(PageKind.Anonymous, 1, 1), Run(PageKind.Anonymous, 1, 8), Run(PageKind.Anonymous, 2, 9),
            Run(PageKind.Anonymous, 1, 18),
            Run(PageKind.File, 1), Run(PageKind.File, 1, 4), Run(PageKind.File, 1, 8), Run(PageKind.File, 2, 9), Run(PageKind.File, 1, 18),
            Run(PageKind.SharedMemory, 1), Run(PageKind.SharedMemory, 1, 4), Run(PageKind.SharedMemory, 1, 9),
            Run(PageKind.SharedMemory, 1, 18))));

    [Theory]
    [InlineData(0, "---p")]
    [InlineData(1, "r--p")]
    [InlineData(5, "r-xp")]
    [InlineData(11, "rw-s")]
    [InlineData(15, "rwxs")]
    public void The_name_is_followed_by_the_permissions(int permissions, string letters)
    {
        Mapping mapping = TestMapping.Of(0x400000, 0x401000, "/bin/x") with { Permissions = (MappingPermissions)permissions };
        Assert.Equal($"/bin/x [{letters}]\n  ..........400000  f\n", Map(Ten, Mapping(mapping, Run(PageKind.File, 1))));
    }

    [Fact]
    public void A_full_row_is_not_followed_by_an_empty_one() => Assert.Equal(
        "[heap] [rw-p]\n  ...........10000  aaaaaaaaaa\n", Map(Ten, Mapping(Run(PageKind.Anonymous, 10))));

    [Theory]
    [InlineData(1, "  ...........10000  a\n  ...........11000  a\n  ...........12000  s\n")]
    [InlineData(2, "  ...........10000  aa\n  ...........12000  s\n")]
    [InlineData(3, "  ...........10000  aas\n")]
    [InlineData(4096, "  ...........10000  aas\n")]
    public void A_row_is_as_wide_as_asked_for(int width, string rows) => Assert.Equal(
        "[heap] [rw-p]\n" + rows, Map(Ten with { Width = width }, Mapping(Run(PageKind.Anonymous, 2), Run(PageKind.Swapped, 1))));

    [Fact]
    public void Eighty_columns_are_usual() => Assert.Equal(
        $"[heap] [rw-p]\n  ...........10000  {new string('a', 80)}\n  ...........60000  a\n",
        Map(new MapOptions { Style = Letters }, Mapping(Run(PageKind.Anonymous, 81))));

    [Fact]
    public void Addresses_of_64_bits_fit()
    {
        Mapping mapping = TestMapping.Of(0xffffffffff600000, 0xffffffffff601000, "[vsyscall]", MappingBacking.Device);
        Assert.Equal("[vsyscall] [rw-p]\n  ffffffffff600000  ?\n", Map(Ten, Mapping(mapping, Run(PageKind.Unknown, 1))));
    }

    [Theory]
    [InlineData("/tmp/a\u001b[2Jb", "/tmp/a\\x1b[2Jb [rw-p]")]
    [InlineData("/tmp/a\rb\u0007", "/tmp/a\\x0db\\x07 [rw-p]")]
    [InlineData("/tmp/\u009b31m", "/tmp/\\xc2\\x9b31m [rw-p]")]
    [InlineData("/tmp/a\\012b", "/tmp/a\\012b [rw-p]")]
    [InlineData("/tmp/Ünïcödé", "/tmp/Ünïcödé [rw-p]")]
    public void A_name_can_not_steer_the_terminal(string name, string line) =>
        Assert.Equal(line, Map(Ten, Mapping(name, Run(PageKind.File, 1))).Split('\n')[0]);

    [Fact]
    public void A_name_of_other_bytes_is_shown_in_numbers()
    {
        Mapping mapping = TestMapping.Of(0x1000, 0x2000) with { Name = new byte[] { (byte)'/', 0xff, (byte)'x' } };
        Assert.Equal("/\\xffx", PageMapView.NameOf(mapping));
    }

    [Fact]
    public void Totals_are_a_line_below() => Assert.Equal(
        """
        [heap] [rw-p]
          ...........10000  aabb..ks
          8 pages, 32.0 KiB: 8.0 KiB not present, 4.0 KiB swapped, 4.0 KiB merged by KSM, 8.0 KiB 4K anonymous, 8.0 KiB 64K anonymous

        """,
        Map(Ten with { Totals = true }, Mapping(
            Run(PageKind.Anonymous, 2), Run(PageKind.Anonymous, 2, 4), Run(PageKind.NotPresent, 2), Run(PageKind.Ksm, 1), Run(PageKind.Swapped, 1))));

    [Fact]
    public void Totals_of_one_page_and_of_swapped_shared_memory_are_told_too() => Assert.Equal(
        """
        /dev/shm/x [rw-p]
          ...........10000  .
          1 page, 4.0 KiB: 4.0 KiB not present, 4.0 KiB of shared memory swapped

        """,
        Map(Ten with { Totals = true }, Mapping("/dev/shm/x", Run(PageKind.NotPresent, 1)) with { SwappedSharedBytes = 4096 }));

    [Fact]
    public void No_mappings_are_no_picture() => Assert.Equal("", Map(Ten));
}
