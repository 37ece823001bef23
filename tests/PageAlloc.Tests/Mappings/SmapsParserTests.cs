using System.Text;
using PageAlloc.Mappings;

namespace PageAlloc.Tests.Mappings;

/// <summary>/proc/PID/smaps, of which a few figures are taken.</summary>
public sealed class SmapsParserTests
{
    // Written by Linux 6.18 for a mapping of 1 GiB with transparent huge pages, 8 kB of it merged and 12 kB swapped.
    private const string Whole = """
        7f0000000000-7f0040000000 rw-p 00000000 00:00 0 
        Size:            1048576 kB
        KernelPageSize:        4 kB
        MMUPageSize:           4 kB
        Rss:               20488 kB
        Pss:               20480 kB
        Pss_Dirty:         20480 kB
        Shared_Clean:          0 kB
        Shared_Dirty:          0 kB
        Private_Clean:         0 kB
        Private_Dirty:     20480 kB
        Referenced:        20480 kB
        Anonymous:         20488 kB
        KSM:                   8 kB
        LazyFree:              0 kB
        AnonHugePages:     18432 kB
        ShmemPmdMapped:        0 kB
        FilePmdMapped:         0 kB
        Shared_Hugetlb:        0 kB
        Private_Hugetlb:       0 kB
        Swap:                 12 kB
        SwapPss:              12 kB
        Locked:                0 kB
        THPeligible:           1
        VmFlags: rd wr mr mw me ac sd hg mg 

        """;

    [Fact]
    public void The_figures_taken_are_in_bytes()
    {
        SmapsEntry entry = Parse(Whole)[0x7f0000000000];
        Assert.Equal(20_979_712UL, entry.Rss);
        Assert.Equal(12_288UL, entry.Swap);
        Assert.Equal(8_192UL, entry.Ksm);
        Assert.Equal(0UL, entry.Hugetlb);
        Assert.Equal(18_874_368UL, entry.MappedHuge);
        Assert.Equal(4_096UL, entry.KernelPageSize);
        Assert.Equal((true, true), (entry.IsHugeEligible, entry.IsHugeAdvised));
    }

    [Fact]
    public void Each_mapping_has_figures_of_its_own()
    {
        Dictionary<ulong, SmapsEntry> entries = Parse(
            "00400000-00401000 r--p 00000000 08:01 5      /a\nRss:   4 kB\nSwap:  8 kB\n"
            + "00401000-00402000 r--p 00000000 08:01 5      /a\nRss:   0 kB\n"
            + "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0   [vsyscall]\nSize: 4 kB\nRss: 4 kB\n");
        Assert.Equal(3, entries.Count);
        Assert.Equal((4096UL, 8192UL), (entries[0x400000].Rss, entries[0x400000].Swap));
        Assert.Equal((0UL, 0UL), (entries[0x401000].Rss, entries[0x401000].Swap));
        Assert.Null(entries[0x401000].IsHugeEligible);
        Assert.Equal(4096UL, entries[0xffffffffff600000].Rss);
    }

    [Fact]
    public void Huge_pages_of_all_kinds_are_summed() => Assert.Equal(
        (2048UL + 4096 + 8192) << 10,
        Of("AnonHugePages: 2048 kB\nShmemPmdMapped: 4096 kB\nFilePmdMapped: 8192 kB\n").MappedHuge);

    [Fact]
    public void Shared_and_private_hugetlb_pages_are_summed()
    {
        SmapsEntry entry = Of("KernelPageSize: 1048576 kB\nRss: 0 kB\nShared_Hugetlb: 1048576 kB\nPrivate_Hugetlb: 2097152 kB\n");
        Assert.Equal(3UL << 30, entry.Hugetlb);
        Assert.Equal(1UL << 30, entry.KernelPageSize);
        Assert.Equal(0UL, entry.Rss);
    }

    [Fact]
    public void Kernels_before_6_8_do_not_know_merged_pages()
    {
        Assert.Null(Of("Rss: 4 kB\n").Ksm);
        Assert.Equal(0UL, Of("KSM: 0 kB\n").Ksm);
    }

    [Theory]
    [InlineData("SwapPss: 4 kB\n")]
    [InlineData("Rss_Anon: 4 kB\n")]
    [InlineData("rss: 4 kB\n")]
    [InlineData("Rss: many\n")]
    [InlineData("Rss 4 kB\n")]
    [InlineData("VmFlags: rd ex\n")]
    [InlineData("\n\n")]
    public void Lines_that_mean_nothing_here_are_passed_over(string line)
    {
        SmapsEntry entry = Of(line);
        Assert.Equal((0UL, 0UL, 0UL), (entry.Rss, entry.Swap, entry.Hugetlb));
    }

    [Fact]
    public void Fields_that_begin_like_a_hexadecimal_number_are_no_mapping() =>
        Assert.Equal([0x400000UL], Parse("00400000-00401000 r--p 00000000 00:00 0 \nAnonymous: 0 kB\nFilePmdMapped: 0 kB\n").Keys);

    [Fact]
    public void A_mapping_at_address_zero_has_figures_too()
    {
        Dictionary<ulong, SmapsEntry> entries = Parse("00000000-00001000 rw-p 00000000 00:00 0 \nRss:   4 kB\n");
        Assert.Equal(4096UL, Assert.Contains(0UL, (IReadOnlyDictionary<ulong, SmapsEntry>)entries).Rss);
    }

    [Fact]
    public void No_text_has_no_figures() => Assert.Empty(SmapsParser.Parse([]));

    private static SmapsEntry Of(string fields) =>
        Assert.Single(Parse("00400000-40400000 rw-p 00000000 00:00 0 \n" + fields)).Value;

    private static Dictionary<ulong, SmapsEntry> Parse(string text) => SmapsParser.Parse(Encoding.UTF8.GetBytes(text));
}
