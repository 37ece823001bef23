using System.Globalization;
using PageAlloc.Insight.Diff;
using PageAlloc.Tests.Heaps.Live;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Insight.Diff;

/// <summary>A program that leaks, by its own account; and others that do not, however their memory goes up and down.</summary>
[Trait("Category", "Live")]
public sealed class LeakTests
{
    // Beyond what the working set has but for a few blocks, which the seeds leave out.
    private const int Size = 1000;
    private const ulong Chunk = 1008;

    [Theory]
    [InlineData(1, Size, 100)]
    [InlineData(2, Size, 2000)]
    [InlineData(3, 300_000, 12)]
    public void A_diff_names_the_leak_with_its_blocks_and_bytes(int seed, int size, int count)
    {
        using LeakProgram program = LeakProgram.Start("leak", seed, size, count);
        Moment old = Moments.Of(program.Pid);
        LeakTruth before = program.Truth;
        program.Step();
        program.Step();
        LeakTruth after = program.Truth;
        var diff = ProcessDiff.Of(old, Moments.Of(program.Pid));
        Assert.Equal(DiffBasis.Addresses, diff.Basis);
        SizeChange first = diff.Blocks!.Sizes.MaxBy(s => (long)s.New.Bytes - (long)s.Old.Bytes)!;
        Assert.Equal((0UL, 2UL * (ulong)count), (before.Blocks, after.Blocks));
        BlockSum leaked = after.Within(first.MinSize, first.MaxSize);
        Assert.True(leaked.Blocks * 10 >= after.Blocks * 9, $"{first} and not {leaked}");
        Assert.Equal(leaked, new BlockSum(first.New.Blocks - first.Old.Blocks, first.New.Bytes - first.Old.Bytes));
        Assert.Equal(leaked, new BlockSum(first.Added.Blocks - first.Gone.Blocks, first.Added.Bytes - first.Gone.Bytes));
        string whatIs = CommandRun.Run("whatis", $"{program.Pid}", $"0x{first.Example:x}").Text;
        Assert.StartsWith($"0x{first.Example:x}: ", whatIs, StringComparison.Ordinal);
        Assert.Matches(@"\n  block    0x[0-9a-f]+  (used|mmapped), [0-9,]+ bytes \([0-9,]+ usable\), offset 0\n", whatIs);
    }

    [Fact]
    public void Without_the_leak_a_diff_names_no_such_size()
    {
        using LeakProgram program = LeakProgram.Start("none", 1, Size, 100);
        Moment old = Moments.Of(program.Pid);
        program.Step();
        program.Step();
        var diff = ProcessDiff.Of(old, Moments.Of(program.Pid));
        Assert.DoesNotContain(diff.Blocks!.Sizes, s => s.MinSize == Chunk);
        Assert.All(diff.Blocks.Sizes, s => Assert.True((long)s.New.Bytes - (long)s.Old.Bytes < 200 * (long)Chunk, $"{s}"));
        Assert.NotEqual(0UL, diff.Blocks.Added.Blocks);
        Assert.Equal(diff.Blocks.Old.Blocks, diff.Blocks.Kept.Blocks + diff.Blocks.Gone.Blocks);
        Assert.Equal(diff.Blocks.New.Bytes, diff.Blocks.Kept.Bytes + diff.Blocks.Added.Bytes);
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 4)]
    [InlineData(3, 6)]
    [InlineData(4, 12)]
    public void A_series_names_the_leak_with_its_rate(int seed, int moments)
    {
        const int count = 150;
        using LeakProgram program = LeakProgram.Start("leak", seed, Size, count);
        List<ulong> truth = [];
        Growth growth = Follow(program, moments, secondsPerStep: 2, truth);
        GrowthSeries leak = Assert.Single(growth.Steady, s => s.Kind == GrowthKind.Size);
        Assert.Equal((Chunk, Chunk), leak.Sizes);
        Assert.Equal(truth, leak.Blocks);
        Assert.Equal(truth.Select(blocks => blocks * Chunk), leak.Bytes);
        Assert.InRange(leak.Rate, (count - 1) * Chunk / 2.0, count * Chunk / 2.0);
        Assert.NotEqual(0UL, leak.Example);
        Assert.True(growth.HasTimes);

        // What comes and goes in the whole heap is more: it takes longer to be sure.
        bool isLong = moments >= 12;
        Assert.True(!isLong || growth.Steady.Any(s => s.Kind == GrowthKind.Arena));
        Assert.True(!isLong || growth.Steady.Any(s => s is { Kind: GrowthKind.Mapping, Name: "[heap]" }));
        Assert.DoesNotContain(growth.Steady, s => s.Kind == GrowthKind.Mapping && s.Name != "[heap]");
    }

    [Theory]
    [InlineData("none", 3)]
    [InlineData("none", 5)]
    [InlineData("none", 10)]
    [InlineData("cache", 7)]
    [InlineData("cache", 10)]
    [InlineData("once", 4)]
    [InlineData("once", 6)]
    [InlineData("sawtooth", 6)]
    [InlineData("sawtooth", 12)]
    public void Without_a_leak_a_series_names_nothing(string shape, int moments)
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            using LeakProgram program = LeakProgram.Start(shape, seed, Size, 150);
            Growth growth = Follow(program, moments, secondsPerStep: 1);
            Assert.True(!growth.Steady.Any(), $"seed {seed}: {string.Join("; ", growth.Steady.Select(s => $"{s.Name}: {string.Join(' ', s.Bytes)}"))}");
        }
    }

    private static Growth Follow(LeakProgram program, int moments, double secondsPerStep, List<ulong>? truth = null)
    {
        var reader = new GrowthReader();
        for (int i = 0; i < moments; i++)
        {
            if (i != 0)
            {
                program.Step();
            }

            reader.Add(Moments.Of(program.Pid, i * secondsPerStep));
            truth?.Add(program.Truth.Within(Chunk, Chunk).Blocks);
        }

        return reader.Finish();
    }

    /// <summary>What the program says of its leak: how many blocks of which sizes of chunks.</summary>
    private sealed record LeakTruth(ulong Blocks, IReadOnlyList<(ulong Size, ulong Blocks)> Chunks)
    {
        public BlockSum Within(ulong least, ulong most) =>
            Chunks.Where(c => c.Size >= least && c.Size <= most).Aggregate(default(BlockSum), (sum, c) => sum + new BlockSum(c.Blocks, c.Size * c.Blocks));
    }

    /// <summary>tests/targets/leak.c.</summary>
    private sealed class LeakProgram(HeapProgram program) : IDisposable
    {
        public int Pid => program.Pid;

        public LeakTruth Truth
        {
            get
            {
                ulong[][] told = [.. program.Lines.Select(l => l.Split(' ')[1..].Select(n => ulong.Parse(n, CultureInfo.InvariantCulture)).ToArray())];
                return new LeakTruth(told[0][0], [.. told[1..].Select(chunks => (chunks[0], chunks[1]))]);
            }
        }

        public static LeakProgram Start(string shape, int seed, int size, int count) =>
            new(HeapProgram.Start(TargetProgram.PathOf("leak"), [shape, $"{seed}", $"{size}", $"{count}"]));

        public void Step() => program.Tell("s");

        public void Dispose() => program.Dispose();
    }
}
