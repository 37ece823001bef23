namespace PageAlloc.Insight.Diff;

/// <summary>
/// Tells what grows steadily. Of three or more moments a series does when all of this holds:
/// <list type="bullet">
/// <item>It rises from nearly each moment to the next: one step in five may fail to, and all falls together are at most a fifth of
/// the whole rise. By chance a series of three moments rises twice once in six times, which is why the next condition is needed; with
/// each moment more that grows rarer quickly.</item>
/// <item>It has risen by more than what comes and goes could make, also without its largest step: a single jump is no growth.
/// How much that is whoever has the series says: see <see cref="LeastRise"/> and <see cref="LeastRiseOfBlocks"/>.</item>
/// <item>It goes on: the last fifth of the steps rises (what fell back or stands still is not named), and the second half of the
/// time has at least half of the first half's rise (what fills up and slows down is not named).</item>
/// </list>
/// The rate is the median of the slopes between all pairs of moments (Theil and Sen), so that one odd moment does not make it.
/// </summary>
public static class SteadyGrowth
{
    /// <summary>How many moments it takes.</summary>
    public const int LeastMoments = 3;

    // Of longer series pairs are taken at a distance: their number must not become the square of thousands.
    private const int MostPairs = 1_000_000;

    /// <summary>
    /// The rise that sizes must exceed: 64 KiB, and a part of what there was at first, 1/8 for three moments, half of that for each
    /// more, down to 1/128. The less often a series rose, the more it takes.
    /// </summary>
    /// <param name="first">The first size in bytes.</param>
    /// <param name="moments">How many moments there are.</param>
    /// <param name="churn">The variance of what comes and goes in between: of each block that went the square of its bytes, per step. Then five standard deviations of a difference too.</param>
    public static double LeastRise(double first, int moments, double churn = 0) =>
        Math.Max(5 * Math.Sqrt(2 * churn), Math.Max(64 << 10, first / Math.Pow(2, Math.Clamp(moments, LeastMoments, 7))));

    /// <summary>
    /// The rise that a number of blocks must exceed: five, and five standard deviations of a number of blocks that come and go on
    /// their own (its variance is the number itself), as many as there were at first and go from one moment to the next.
    /// </summary>
    /// <param name="first">The first number of blocks.</param>
    /// <param name="gone">How many go from one moment to the next.</param>
    public static double LeastRiseOfBlocks(double first, double gone) => 5 * Math.Sqrt(Math.Max(1, first + gone));

    /// <summary>Whether a series grows steadily.</summary>
    /// <param name="times">When each value was, ascending: seconds, or numbers of moments.</param>
    /// <param name="values">The values.</param>
    /// <param name="leastRise">What it must have risen by.</param>
    public static bool Is(IReadOnlyList<double> times, IReadOnlyList<double> values, double leastRise)
    {
        int steps = values.Count - 1;
        if (values.Count < LeastMoments)
        {
            return false;
        }

        double[] rises = [.. Enumerable.Range(0, steps).Select(i => values[i + 1] - values[i])];
        int lastSteps = Math.Max(1, steps / 5);
        double all = values[^1] - values[0];
        return rises.Count(rise => rise <= 0) <= steps / 5
            && -rises.Where(rise => rise < 0).Sum() * 5 <= all
            && all - rises.Max() >= leastRise
            && values[^1] > values[^(1 + lastSteps)]
            && GoesOn(times, values);
    }

    /// <summary>The rate: the median of the slopes between all pairs of moments.</summary>
    /// <param name="times">When each value was, ascending.</param>
    /// <param name="values">The values.</param>
    public static double Slope(IReadOnlyList<double> times, IReadOnlyList<double> values)
    {
        var slopes = new List<double>();
        int stride = Math.Max(1, (int)((long)values.Count * values.Count / 2 / MostPairs));
        for (int distance = 1; distance < values.Count; distance += stride)
        {
            for (int i = 0; i + distance < values.Count; i++)
            {
                double time = times[i + distance] - times[i];
                if (time > 0)
                {
                    slopes.Add((values[i + distance] - values[i]) / time);
                }
            }
        }

        slopes.Sort();
        return slopes.Count == 0 ? 0
            : slopes.Count % 2 == 1 ? slopes[slopes.Count / 2]
            : (slopes[(slopes.Count / 2) - 1] + slopes[slopes.Count / 2]) / 2;
    }

    // The value in the middle of the time lies between two moments as a rule.
    private static bool GoesOn(IReadOnlyList<double> times, IReadOnlyList<double> values)
    {
        double middle = (times[0] + times[^1]) / 2;
        int after = Enumerable.Range(1, times.Count - 1).First(i => times[i] >= middle);
        double share = times[after] > times[after - 1] ? (middle - times[after - 1]) / (times[after] - times[after - 1]) : 1;
        double half = values[after - 1] + (share * (values[after] - values[after - 1]));
        return (values[^1] - half) * 2 >= half - values[0];
    }
}
