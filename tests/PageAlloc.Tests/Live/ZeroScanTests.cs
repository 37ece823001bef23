using System.Text.Json;
using PageAlloc.Insight;
using PageAlloc.Mappings;
using PageAlloc.Pages;
using PageAlloc.Targets;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Live;

/// <summary>Small pages of zeros inside huge ones, and which ranges may become huge: as target and kernel have it.</summary>
[Collection(SystemStateCollection.Name)]
[Trait("Category", "Live")]
public sealed class ZeroScanTests
{
    private const ulong Size = 2 << 20, PageSize = 4096;

    // What tests/targets/huge.c left of zeros: of hugeBlank 511 pages and 10. make_huge writes one byte to each page.
    [Theory]
    [InlineData("hugeBlank", 3, 521)]
    [InlineData("huge", 2, 0)]
    [InlineData("hugeSplit", 1, 0)]
    public void The_zeros_are_those_of_the_target(string situation, ulong huge, ulong zero)
    {
        using StandingSituation standing = Situations.Get(situation).Start();
        foreach (string[] command in new string[][] { [$"{standing.Pid}"], ["summary", $"{standing.Pid}"] })
        {
            JsonElement all = Show([.. command, "--zero-scan", "--format", "json"]).GetProperty("hugePages");
            JsonElement found = Assert.Single(all.GetProperty("mappings").EnumerateArray(), m => U(m, "huge") != 0);
            foreach (JsonElement counts in new[] { all, found })
            {
                Assert.Equal((huge * Size, zero * PageSize), (U(counts, "scannedBytes"), U(counts, "zeroBytes")));
            }

            Assert.Equal(0UL, U(all, "notScannedBytes"));
            string text = CommandRun.Run([.. command, "--zero-scan"]).Text;
            Assert.Contains($"splitting would save them\n      {huge * 2}.0 MiB searched\n", text, StringComparison.Ordinal);
            Assert.True(command.Length == 1 || text.Split('\n').All(line => line.Length <= 80), text);
        }
    }

    [Fact]
    public void Nothing_is_read_when_it_is_not_asked_for()
    {
        using StandingSituation standing = Situations.Get("hugeBlank").Start();
        JsonElement all = Show([$"{standing.Pid}", "--format", "json"]).GetProperty("hugePages");
        Assert.Equal(0UL, U(all, "scannedBytes"));
        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null), (all.GetProperty("zeroBytes").ValueKind, all.GetProperty("eligible").ValueKind));
    }

    [Fact]
    public void Only_the_mappings_shown_are_read()
    {
        using StandingSituation standing = Situations.Get("hugeBlank").Start();
        JsonElement all = Show([$"{standing.Pid}", "--format", "json", "--zero-scan", "--filter", "stack"]).GetProperty("hugePages");
        Assert.Equal((0UL, 0UL), (U(all, "scannedBytes"), U(all, "notScannedBytes")));
    }

    [Fact]
    public void What_is_beyond_the_cap_is_counted_as_left()
    {
        using StandingSituation standing = Situations.Get("hugeBlank").Start();
        using LiveProcess process = LiveProcess.Open(standing.Pid);
        PageTable table = PageTableReader.Read(process, MappingTable.Read(process));
        ZeroScan scan = ZeroScan.Read(process, table, table.Mappings, (2 * Size) + PageSize);
        Assert.Equal((2 * Size, 511 * PageSize, Size), (scan.ScannedBytes, scan.ZeroBytes, scan.LeftBytes));
    }

    [Theory]
    [InlineData("hugeBlank")]
    [InlineData("huge")]
    [InlineData("hugeZero")]
    [InlineData("hugeSwapped")]
    [InlineData("forked")]
    public void The_search_leaves_no_trace(string situation)
    {
        using StandingSituation standing = Situations.Get(situation).Start();
        string before = $"{SituationLook.Settle(standing.Pid)}";
        using (StateWatch watch = StateWatch.Of(standing.Pid))
        {
            _ = Show([$"{standing.Pid}", "--zero-scan", "--format", "json"]);
            Assert.Equal("S", watch.Stop());
        }

        Assert.Equal(before, $"{Vitals.Of(standing.Pid)}");
    }

    // Nothing but a map of pages, and nobody would see what was found.
    [Fact]
    public void It_goes_with_what_shows_it() =>
        Assert.Equal(2, CommandRun.Run($"{Environment.ProcessId}", "--show", "pages", "--zero-scan").ExitCode);

    // make_huge and its callers end with MADV_NOHUGEPAGE; the kernel says so in smaps.
    [Theory]
    [InlineData("huge", false)]
    [InlineData("hugeAdvised", true)]
    public void Ranges_may_become_huge_where_the_kernel_says_so(string situation, bool expected)
    {
        using IDisposable mode = SystemState.HugePageMode("madvise");
        using StandingSituation standing = Situations.Get(situation).Start();
        JsonElement found = Assert.Single(
            Show([$"{standing.Pid}", "--zero-scan", "--format", "json"]).GetProperty("hugePages").GetProperty("mappings").EnumerateArray(),
            m => m.GetProperty("start").GetString() == $"0x{standing.Target.Regions[0].Start:x}");
        Assert.Equal(4UL, U(found, "ranges"));
        Assert.Equal(expected ? 4UL : 0UL, U(found, "eligible"));
        SmapsMapping kernel = Assert.Single(Smaps.Read(standing.Pid).Mappings, m => m.Start == standing.Target.Regions[0].Start);
        Assert.Equal(expected, kernel.Number("THPeligible") != 0);
    }

    private static JsonElement Show(string[] arguments)
    {
        CommandResult result = CommandRun.Run(arguments);
        Assert.True(result.ExitCode == 0, result.ToString());
        return JsonDocument.Parse(result.Output).RootElement;
    }

    private static ulong U(JsonElement of, string name) => of.GetProperty(name).GetUInt64();
}
