using PageAlloc.Pages;
using PageAlloc.Tests.Targets;

namespace PageAlloc.Tests.Pages;

/// <summary>/proc/PID/ksm_stat: where nothing was merged, no merged page is unknown.</summary>
public sealed class KsmStatTests
{
    private const UnknownDetails Both = UnknownDetails.FolioSizes | UnknownDetails.MergedPages;

    // The text of Linux 6.18.
    private const string Text = "ksm_rmap_items 0\nksm_zero_pages 0\nksm_merging_pages {0}\nksm_process_profit 0\nksm_merge_any: no\nksm_mergeable: no\n";

    [Theory]
    [InlineData("0", UnknownDetails.FolioSizes)]
    [InlineData("1", Both)]
    [InlineData("65536", Both)]
    [InlineData("many", Both)]
    public void Merged_pages_are_known_when_there_are_none(string merging, UnknownDetails unknown)
    {
        using var process = new FakeProcess();
        process["ksm_stat"] = Text.Replace("{0}", merging, StringComparison.Ordinal);
        Assert.Equal(unknown, KsmStat.Settle(new PageTable([], 4096, 9, Both), process).Unknown);
    }

    [Fact]
    public void Kernels_before_5_19_do_not_say()
    {
        using var process = new FakeProcess();
        Assert.Equal(Both, KsmStat.Settle(new PageTable([], 4096, 9, Both), process).Unknown);
    }

    [Fact]
    public void What_is_known_is_not_asked_for()
    {
        using var process = new FakeProcess();
        Assert.Equal(UnknownDetails.FolioSizes, KsmStat.Settle(new PageTable([], 4096, 9, UnknownDetails.FolioSizes), process).Unknown);
        Assert.Equal(0, process.Opened("ksm_stat"));
    }
}
