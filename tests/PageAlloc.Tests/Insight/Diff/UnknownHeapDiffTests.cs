using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Insight.Diff;
using PageAlloc.Pages;
using PageAlloc.Tests.Docs;
using PageAlloc.Tests.Views;
using PageAlloc.Views;
using static PageAlloc.Tests.Insight.Diff.DiffScreen;
using static PageAlloc.Tests.Views.Shown;

namespace PageAlloc.Tests.Insight.Diff;

/// <summary>Heaps that are not known, or not whole: nothing of them has come, gone or grown.</summary>
public sealed class UnknownHeapDiffTests
{
    private static readonly TextStyle s_ascii = new(ColorDepth.None, Unicode: false);

    private static readonly Func<Moment, Moment>[] s_losses =
    [
        WithoutArenas,
        m => WithBrokenRing(m, Sketch(0), ProblemKind.BrokenLink),
        m => WithBrokenRing(m, Sketch(0), ProblemKind.Swapped),
    ];

    public static TheoryData<int> Losses => [0, 1, 2];

    [Theory]
    [MemberData(nameof(Losses))]
    public void Heaps_that_were_not_found_are_unknown_and_not_zero(int loss)
    {
        Moment whole = At(1, Sketch(1)), lost = s_losses[loss](At(0, Sketch(0)));
        Assert.True(whole.KnowsHeaps);
        Assert.False(lost.KnowsHeaps);
        foreach ((Moment old, Moment now, string row, string whose) in new[] { (lost, whole, @"\?  +48\.1 KiB", "old"), (whole, lost, @"48\.1 KiB  +\?", "new") })
        {
            var diff = ProcessDiff.Of(old, now);
            Assert.Equal(DiffBasis.Addresses, diff.Basis);
            Assert.Null(diff.Blocks);
            Assert.Empty(diff.Arenas);
            string text = Text(output => DiffView.Write(diff, s_ascii, true, output));
            Assert.Matches($@"\n  heap, used  +{row}  +\?\n", text);
            Assert.Matches(@"\n  blocks in use .* \?\n", text);
            Assert.Contains($"\n  blocks are not compared: the heaps of the {whose} moment are not known\n", text, StringComparison.Ordinal);
            Assert.DoesNotContain("  arenas", text, StringComparison.Ordinal);
            JsonNode json = JsonNode.Parse(Text(output => DiffJson.Write(diff, null, output)))!;
            Assert.Null(json[whose]!["heaps"]);
            Assert.NotNull(json[whose == "old" ? "new" : "old"]!["heaps"]);
            Assert.True(json["arenas"] is null && json["blocks"] is null);
            Assert.Equal("", Assert.Single(SchemaValidator.CheckWith(SchemaValidator.DiffSchema, [json])));
        }
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void Of_heaps_that_were_not_found_nothing_grows(int loss)
    {
        Growth growth = Grow([s_losses[loss](At(0, Sketch(0))), .. Enumerable.Range(1, 7).Select(i => At(i, Sketch(i)))]);
        Assert.Equal(1, growth.MomentsWithUnknownHeap);
        Assert.DoesNotContain(growth.Series, s => s.Kind is GrowthKind.Size or GrowthKind.Arena);
        Assert.DoesNotContain(growth.Totals, s => s.Name.StartsWith("heap", StringComparison.Ordinal));
        string text = Text(output => GrowthView.Write(growth, s_ascii, false, output));
        Assert.Contains("\n  not all of the heap is known at one moment:", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_came_to_be_known_is_no_growth()
    {
        HeapSketch old = new HeapSketch(0x100000).Add(BlockState.Used, 64, 10).Add(BlockState.Unknown, 4096).Add(BlockState.Top, 4096);
        HeapSketch now = new HeapSketch(0x100000).Add(BlockState.Used, 64, 9).Add(BlockState.Small, 64).Add(BlockState.Used, 64, 64).Add(BlockState.Used, 128).Add(BlockState.Top, 3968);
        var diff = ProcessDiff.Of(At(0, old), At(1, now));
        Assert.Equal((64UL, 1UL, 1UL), (diff.Blocks!.UnknownBefore.Blocks, diff.Blocks.Added.Blocks, diff.Blocks.Gone.Blocks));
        string text = Text(output => DiffView.Write(diff, s_ascii, true, output));
        Assert.Matches(@"\n  heap, used  +640 B  +4\.7 KiB  +\+64 B\n", text);
        Assert.Matches(@"\n  blocks in use  +10  +74  +0\n", text);
        Assert.Matches(@"\n  more blocks of .*\n  128 bytes  +1  +0  +\+128 B .*\n  fewer blocks of .*\n  64 bytes  +0  +1  +-64 B  +4\.6 KiB\n", text);
        Assert.Matches(@"\n  0x7f0000000c60  +8\.6K +0( +\?){5}\n", text);
    }

    [Fact]
    public void Of_an_arena_that_was_not_read_whole_nothing_grows()
    {
        Moment[] all = [.. Enumerable.Range(0, 8).Select(i => At(i, i == 2 ? new HeapSketch(0x100000).Add(BlockState.Used, 208, 200).Add(BlockState.Unknown, 4096) : Sketch(i)))];
        Growth growth = Grow(all);
        Assert.Equal(1, growth.MomentsWithUnknownHeap);
        Assert.DoesNotContain(growth.Series, s => s.Kind is GrowthKind.Size or GrowthKind.Arena);
        all[2] = At(2, Sketch(2));
        growth = Grow(all);
        Assert.Contains(growth.Steady, s => s.Kind == GrowthKind.Size);
        Assert.Contains(growth.Series, s => s.Kind == GrowthKind.Arena);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Columns_of_long_numbers_do_not_touch(bool hasTimes)
    {
        const ulong most = (1023UL << 20) + (900 << 10);
        GrowthSeries Series(GrowthKind kind, string name, ulong address) =>
            new() { Kind = kind, Name = name, Address = address, Bytes = [.. Enumerable.Range(0, 40).Select(i => most - (ulong)(40 - i))], IsSteady = true, Rate = most };
        Growth growth = Grow([At(0, null), At(1, null), At(2, null)]) with
        {
            HasTimes = hasTimes,
            Totals = [Series(GrowthKind.Total, "in RAM (Rss)", 0)],
            Series = [Series(GrowthKind.Size, "512.0 MiB to 1024.0 MiB", 0), Series(GrowthKind.Mapping, "/usr/lib/of a long name", 0x7f0000000000)],
        };
        string[] lines = Text(output => GrowthView.Write(growth, s_ascii, false, output)).Split('\n');
        string[] rows = [.. lines.Where(l => l.Contains('+', StringComparison.Ordinal))];
        Assert.Equal(3, rows.Length);
        Assert.All(rows, row => Assert.Equal(5, Regex.Split(row.Trim(), " {2,}").Length));
        Assert.All(lines, line => Assert.InRange(line.Length, 0, 80));
        Assert.All(lines.Where(l => l.Contains("first", StringComparison.Ordinal)), l => Assert.EndsWith(hasTimes ? "  rate" : "  each time", l, StringComparison.Ordinal));
    }

    [Fact]
    public void Two_processes_at_the_same_addresses_are_said_to_be_two()
    {
        Moment old = At(0, Sketch(0)), now = At(1, Sketch(0)) with { Target = Target(1235) };
        string text = Text(output => DiffView.WriteHeader(ProcessDiff.Of(old, now), s_ascii, output));
        Assert.Contains("\n  1234 and 1235 are different processes by number:\n  blocks are compared by address, as the code is at the same addresses\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("by number", Text(output => DiffView.WriteHeader(ProcessDiff.Of(old, old), s_ascii, output)), StringComparison.Ordinal);
    }

    private static Moment At(double second, HeapSketch? heap) => DiffScreen.Moment(second, heap, Code(0x10000), DiffScreen.At(0x100000, "[heap]", Run(PageKind.Anonymous, 64)));

    private static HeapSketch Sketch(int i) => new HeapSketch(0x100000).Add(BlockState.Used, 208, 200 + (i * 37)).Add(BlockState.Top, 4096);

    private static Growth Grow(Moment[] moments)
    {
        var reader = new GrowthReader();
        Array.ForEach(moments, reader.Add);
        return reader.Finish();
    }
}
