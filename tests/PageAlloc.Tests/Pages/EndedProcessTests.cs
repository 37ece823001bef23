using PageAlloc.Mappings;
using PageAlloc.Pages;
using PageAlloc.Tests.Mappings;

namespace PageAlloc.Tests.Pages;

/// <summary>Processes that end while they are read, and kernels that answer nonsense.</summary>
public sealed class EndedProcessTests
{
    private const ulong Present = 8, PresentAndHuge = 8 | 64;

    private static readonly Mapping[] Mappings = [TestMapping.Of(0x400000, 0x800000)];

    // 0 is the end of the file, of memory that an exec has left behind; 3 is ESRCH.
    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    public void No_entries_mean_that_the_process_ended(int result)
    {
        AssertEnded(() => Read(new ScriptedSource { Entries = (_, _) => result }.ThenScan(0x800000, (0x400000, 0x401000, Present))));
        AssertEnded(() => Read(new ScriptedSource { Entries = (_, _) => result }.ThenScan(0x800000, (0x400000, 0x600000, PresentAndHuge))));
        AssertEnded(() => Read(new ScriptedSource { CanScan = false, Entries = (_, _) => result }));
    }

    [Fact]
    public void A_process_may_end_between_two_reads()
    {
        int reads = 0;
        var source = new ScriptedSource { CanScan = false, Entries = (_, entries) => reads++ == 0 ? Math.Min(entries.Length, 10) : 0 };
        AssertEnded(() => Read(source));
        Assert.Equal(2, reads);
    }

    [Fact]
    public void A_scan_of_memory_that_is_gone_means_that_the_process_ended() => AssertEnded(() => Read(new ScriptedSource().ThenFail(3)));

    [Fact]
    public void A_process_may_end_between_two_scans() => AssertEnded(
        () => Read(new ScriptedSource().ThenScan(0x500000, (0x400000, 0x401000, 32 | Present)).ThenFail(3)));

    [Theory]
    [InlineData(5, "Input/output error")]
    [InlineData(1, "Operation not permitted")]
    public void Other_errors_are_told_in_words(int error, string words)
    {
        AssertSystemError(words, () => Read(new ScriptedSource().ThenFail(error)));
        AssertSystemError(words, () => Read(new ScriptedSource { CanScan = false, Entries = (_, _) => -error }));
    }

    // A scan without an answer left would be a fault of another kind, so nothing can loop here.
    [Fact]
    public void A_scan_that_stands_still_is_an_error_and_no_endless_loop()
    {
        AssertSystemError("no progress", () => Read(new ScriptedSource().ThenScan(0)));
        AssertSystemError("no progress", () => Read(new ScriptedSource().ThenScan(0x500000).ThenScan(0x500000)));
        AssertSystemError("no progress", () => Read(new ScriptedSource().ThenScan(0x500000).ThenScan(0x400000)));
    }

    [Fact]
    public void A_walk_end_in_front_of_the_last_region_is_not_believed()
    {
        var source = new ScriptedSource()
            .ThenScan(0x401000, (0x400000, 0x401000, 32 | Present), (0x500000, 0x502000, 32 | Present))
            .ThenScan(0x800000, (0x600000, 0x601000, 32 | Present));
        Assert.Equal("1 Zero, 255 NotPresent, 2 Zero, 254 NotPresent, 1 Zero, 511 NotPresent", Tables.Describe(Read(source).Mappings[0]));
        Assert.Equal(2, source.Scans);
    }

    [Fact]
    public void Pages_that_went_after_the_scan_found_them_are_what_pagemap_says()
    {
        var source = new ScriptedSource
        {
            Entries = (first, entries) =>
            {
                entries.Clear();
                return entries.Length;
            },
        };
        source.ThenScan(0x800000, (0x400000, 0x402000, Present), (0x600000, 0x800000, PresentAndHuge));
        Assert.Equal("1024 NotPresent", Tables.Describe(Read(source).Mappings[0]));
    }

    // 16 TiB by pagemap would take a quarter of a minute on a real machine, and 32 GiB of entries here.
    [Fact]
    public void A_huge_empty_mapping_costs_what_is_in_it()
    {
        Mapping[] sparse = [TestMapping.Of(1UL << 40, 17UL << 40)];
        int entriesRead = 0;
        var source = new ScriptedSource
        {
            Entries = (first, entries) =>
            {
                entriesRead += entries.Length;
                entries.Fill((1UL << 63) | (1UL << 56));
                return entries.Length;
            },
        };
        source.ThenScan(17UL << 40, (5UL << 40, (5UL << 40) + 4096, Present));
        PageTable table = PageTableReader.Read(source, sparse, () => throw new InvalidOperationException("smaps was read"), Tables.Pid);
        Assert.Equal("1073741824 NotPresent, 1 Anonymous, 3221225471 NotPresent", Tables.Describe(table.Mappings[0]));
        Assert.Equal(1, entriesRead);
    }

    private static PageTable Read(ScriptedSource source) => PageTableReader.Read(source, Mappings, () => [], Tables.Pid);

    private static void AssertEnded(Action read)
    {
        TargetException e = Assert.Throws<TargetException>(read);
        Assert.Equal(TargetFailure.Ended, e.Failure);
        Assert.Contains("4711", e.Message, StringComparison.Ordinal);
    }

    private static void AssertSystemError(string words, Action read)
    {
        TargetException e = Assert.Throws<TargetException>(read);
        Assert.Equal(TargetFailure.SystemError, e.Failure);
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
        Assert.Contains("4711", e.Message, StringComparison.Ordinal);
    }
}
