using PageAlloc.Insight.Diff;

namespace PageAlloc.Tests.Insight.Diff;

/// <summary>The criterion of steady growth, on series that are made up.</summary>
public sealed class SteadyGrowthTests
{
    [Theory]
    [InlineData("a line", new double[] { 0, 10, 20 }, true)]
    [InlineData("a line", new double[] { 100, 110, 120, 130, 140 }, true)]
    [InlineData("a line with noise", new double[] { 0, 8, 21, 30, 38, 52 }, true)]
    [InlineData("a line that pauses once in six", new double[] { 0, 10, 20, 20, 30, 40 }, true)]
    [InlineData("a line on a jump", new double[] { 0, 10, 20, 530, 540, 550 }, true)]
    [InlineData("quicker and quicker", new double[] { 0, 10, 30, 60, 100 }, true)]
    [InlineData("looked at more often than it grows", new double[] { 0, 0, 10, 10, 20, 30, 30, 40, 40, 50 }, true)]
    [InlineData("two moments", new double[] { 0, 100 }, false)]
    [InlineData("nothing", new double[] { 50, 50, 50, 50 }, false)]
    [InlineData("less and less", new double[] { 40, 30, 20, 10 }, false)]
    [InlineData("one step", new double[] { 0, 0, 100, 100, 100 }, false)]
    [InlineData("one step first", new double[] { 0, 100, 100 }, false)]
    [InlineData("one step last", new double[] { 0, 0, 0, 100 }, false)]
    [InlineData("one step with a little growth", new double[] { 0, 1, 100, 101, 102 }, false)]
    [InlineData("a cache that fills", new double[] { 0, 30, 60, 90, 90, 90, 90 }, false)]
    [InlineData("a cache that fills more and more slowly", new double[] { 0, 50, 75, 87, 93, 96, 98 }, false)]
    [InlineData("two teeth", new double[] { 0, 150, 300, 0, 150, 300 }, false)]
    [InlineData("two steps", new double[] { 0, 0, 0, 100, 100, 100, 200, 200, 200 }, false)]
    [InlineData("a sawtooth", new double[] { 0, 30, 60, 0, 30, 60, 0, 30, 60 }, false)]
    [InlineData("a slow sawtooth", new double[] { 0, 20, 40, 60, 80, 0 }, false)]
    [InlineData("up and down", new double[] { 0, 50, 0, 50, 0, 50 }, false)]
    [InlineData("a rise that is too small", new double[] { 0, 1, 2, 3 }, false)]
    public void Only_what_grows_on_and_on_does(string what, double[] values, bool isSteady) =>
        Assert.True(isSteady == SteadyGrowth.Is(Times(values.Length), values, leastRise: 5), what);

    [Fact]
    public void A_long_series_is_judged_like_a_short_one()
    {
        double[] times = Times(100_000);
        double[] line = [.. times.Select(t => (3 * t) + (t % 7))];
        Assert.True(SteadyGrowth.Is(times, line, 1000));
        Assert.Equal(3, SteadyGrowth.Slope(times, line), 0.001);
        Assert.False(SteadyGrowth.Is(times, [.. times.Select(t => t % 50_000)], 1000));
    }

    [Fact]
    public void Times_count_where_moments_are_not_equally_apart()
    {
        Assert.True(SteadyGrowth.Is([0, 1, 10, 11], [0, 10, 100, 110], 5));
        Assert.False(SteadyGrowth.Is([0, 1, 2, 3, 100], [0, 30, 60, 90, 91], 5));
    }

    [Fact]
    public void The_rate_is_that_of_most_steps()
    {
        Assert.Equal(5, SteadyGrowth.Slope([0, 2, 4], [0, 10, 20]));
        Assert.Equal(10, SteadyGrowth.Slope([0, 1, 2, 3, 4, 5, 6, 7], [0, 10, 20, 30, 1040, 50, 60, 70]), 0.01);
        Assert.Equal(0, SteadyGrowth.Slope([0, 0, 0], [1, 2, 3]));
    }

    // A number of blocks that come and go: Poisson, and each moment a new draw, which is the worst.
    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(6)]
    public void Blocks_that_come_and_go_are_hardly_ever_named(int moments)
    {
        var random = new Random(moments);
        int named = 0;
        for (int i = 0; i < 20_000; i++)
        {
            double mean = 1 << random.Next(0, 10);
            double[] values = [.. Enumerable.Range(0, moments).Select(_ => Poisson(random, mean))];
            named += SteadyGrowth.Is(Times(moments), values, SteadyGrowth.LeastRiseOfBlocks(values[0], gone: 0)) ? 1 : 0;
        }

        Assert.InRange(named, 0, 4);
    }

    [Theory]
    [InlineData(3, 200)]
    [InlineData(6, 60)]
    [InlineData(12, 25)]
    public void A_leak_among_them_is_named(int moments, int perStep)
    {
        var random = new Random(moments);
        int named = 0;
        for (int i = 0; i < 1000; i++)
        {
            double[] values = [.. Enumerable.Range(0, moments).Select(step => Poisson(random, 100) + (step * perStep))];
            named += SteadyGrowth.Is(Times(moments), values, SteadyGrowth.LeastRiseOfBlocks(values[0], gone: 0)) ? 1 : 0;
        }

        Assert.InRange(named, 900, 1000);
    }

    private static double[] Times(int count) => [.. Enumerable.Range(0, count)];

    private static double Poisson(Random random, double mean)
    {
        int count = -1;
        for (double sum = 0; sum < mean; count++)
        {
            sum -= Math.Log(1 - random.NextDouble());
        }

        return count;
    }
}
