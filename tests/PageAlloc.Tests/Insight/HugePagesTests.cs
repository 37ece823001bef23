using System.Globalization;
using System.Text.Json;
using PageAlloc.Insight;
using PageAlloc.Mappings;
using PageAlloc.Pages;
using PageAlloc.Tests.Mappings;
using PageAlloc.Tests.Support;
using PageAlloc.Views;
using static PageAlloc.Tests.Views.Shown;

namespace PageAlloc.Tests.Insight;

/// <summary>How much is in huge pages and could be: on pages that are made up, and as the kernel and the target have it.</summary>
public sealed class HugePagesTests
{
    private const ulong Size = 2 << 20;

    // From 1 MiB before a boundary to 1 MiB behind another: five ranges between.
    [Fact]
    public void Aligned_ranges_inside_the_mapping_are_counted()
    {
        MappingPages pages = Mapping(
            TestMapping.Of(0x1100000, 0x1c00000 + 0x100000, ""),
            Run(PageKind.Anonymous, 256),
            Run(PageKind.Anonymous, 512, order: 9),
            Run(PageKind.Anonymous, 511), Run(PageKind.Anonymous, 1, order: 4),
            Run(PageKind.Anonymous, 500), Run(PageKind.NotPresent, 12 + 512 + 510), Run(PageKind.Anonymous, 2 + 256));
        HugeMapping counts = HugeMapping.Of(pages, Table(pages));
        Assert.Equal((5UL, 1UL, 1UL, 2UL, (12 + 510) * 4096UL), (counts.Ranges, counts.Huge, counts.Whole, counts.Partly, counts.MissingBytes));
    }

    [Theory]
    [InlineData(0x1001000, 0x11ff000)]
    [InlineData(0x1000000, 0x11ff000)]
    [InlineData(0x1001000, 0x13ff000)]
    public void A_mapping_without_a_whole_range_has_none(ulong start, ulong end)
    {
        MappingPages pages = Mapping(TestMapping.Of(start, end, ""), Run(PageKind.Anonymous, (end - start) / 4096));
        HugeMapping counts = HugeMapping.Of(pages, Table(pages));
        Assert.Equal((0UL, 0UL, 0UL, 0UL), (counts.Ranges, counts.Huge, counts.Whole, counts.Partly));
    }

    [Fact]
    public void Files_and_what_the_kernel_leaves_small_are_not_among_what_could_be_huge()
    {
        MappingBacking[] backings = [MappingBacking.Anonymous, MappingBacking.SharedMemory, MappingBacking.File];
        MappingPages[] all =
        [
            .. backings.Select((backing, i) => Mapping(TestMapping.Of((ulong)(i + 1) * Size, (ulong)(i + 2) * Size, "", backing), Run(PageKind.Anonymous, 512))),
        ];
        HugePages huge = HugePages.Of(Table(all), all, null, []);
        Assert.Equal((3UL, 2UL), (huge.Total.Whole, huge.Candidates.Whole));
        Assert.Contains("  4.0 MiB more could be as they are", Text(output => HugePagesView.Write(huge, output)), StringComparison.Ordinal);
        Assert.False((huge.Mappings[0] with { Eligible = 0 }).CanBecomeHuge);
        Assert.False((huge.Mappings[2] with { Eligible = 1 }).CanBecomeHuge);
    }

    // What tests/targets/huge.c made of each: ranges, huge ones, those in small pages as a whole and in part, pages missing.
    // The mprotect of hugeSplit cuts its first range into three mappings.
    [Theory]
    [InlineData("huge", 4, 2, 0, 1, 511)]
    [InlineData("hugeSplit", 2, 1, 0, 1, 9)]
    [InlineData("hugeZero", 2, 1, 0, 0, 0)]
    [InlineData("hugeSwapped", 2, 1, 0, 0, 0)]
    [Trait("Category", "Live")]
    public void The_ranges_are_those_of_the_target_and_smaps(string situation, int ranges, int huge, int whole, int partly, int missing)
    {
        using StandingSituation standing = Situations.Get(situation).Start();
        CommandResult result = CommandRun.Run($"{standing.Pid}", "--format", "json");
        Assert.True(result.ExitCode == 0, result.ToString());
        JsonElement document = JsonDocument.Parse(result.Output).RootElement, all = document.GetProperty("hugePages");
        Assert.Equal(Size, U(all, "pageSize"));
        JsonElement found = Assert.Single(all.GetProperty("mappings").EnumerateArray(), m => U(m, "huge") != 0);
        Assert.Equal(
            ((ulong)ranges, (ulong)huge, (ulong)whole, (ulong)partly, (ulong)missing * 4096),
            (U(found, "ranges"), U(found, "huge"), U(found, "whole"), U(found, "partly"), U(found, "missingBytes")));
        string[] mapped = ["AnonHugePages", "ShmemPmdMapped", "FilePmdMapped"];
        Assert.Equal(
            Smaps.Read(standing.Pid).Mappings.Aggregate(0UL, (sum, m) => sum + mapped.Aggregate(0UL, (s, key) => s + m.Bytes(key))),
            U(all, "huge") * Size);
        Assert.Contains(
            string.Create(CultureInfo.InvariantCulture, $"huge pages (2.0 MiB): {huge * 2}.0 MiB in RAM are huge\n"),
            CommandRun.Run($"{standing.Pid}", "--show", "summary").Text, StringComparison.Ordinal);
    }

    private static ulong U(JsonElement of, string name) => of.GetProperty(name).GetUInt64();
}
