namespace PageAlloc.Insight.Diff;

/// <summary>
/// Tells what grows steadily. Of three or more moments a series does when all of this holds:
/// <list type="bullet">
/// <item>Of nearly all pairs of moments the later has more: Kendall's tau of values and times is 0.8 or more, and all falls from one
/// moment to the next are together at most a fifth of the whole rise. By chance three moments rise once in six times, which is why
/// the next condition is needed; with each moment more that grows rarer quickly.</item>
/// <item>It has risen by more than what comes and goes could make, also without its largest step: a single jump is no growth.
/// How much that is whoever has the series says: see <see cref="LeastRise"/> and <see cref="LeastRiseOfBlocks"/>.</item>
/// <item>It goes on: over the last third of the steps it rises (what fell back or stands still is not named), and the second half of the
/// time has at least half of the first half's rise (what fills up and slows down is not named).</item>
/// </list>
/// The rate is the median of the slopes between all pairs of moments (Theil and Sen), so that one odd moment does not make it.
/// </summary>
public static class SteadyGrowth
{
    /// <summary>How many moments it takes.</summary>
    public const int LeastMoments = 3;

    // Of longer series moments are left out, as the work is the square of their number.
    private const int MostMoments = 400;

    private const double LeastTau = 0.8;

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
        if (values.Count < LeastMoments)
        {
            return false;
        }

        double all = values[^1] - values[0];
        if (all < leastRise)
        {
            return false;
        }

        times = Thinned(times);
        values = Thinned(values);
        int steps = values.Count - 1;
        double[] rises = [.. Enumerable.Range(0, steps).Select(i => values[i + 1] - values[i])];
        return all - rises.Max() >= leastRise
            && -rises.Where(rise => rise < 0).Sum() * 5 <= all
            && values[^1] > values[^(1 + Math.Max(1, steps / 3))]
            && GoesOn(times, values)
            && Tau(values) >= LeastTau;
    }

    /// <summary>The rate: the median of the slopes between all pairs of moments.</summary>
    /// <param name="times">When each value was, ascending.</param>
    /// <param name="values">The values.</param>
    public static double Slope(IReadOnlyList<double> times, IReadOnlyList<double> values)
    {
        times = Thinned(times);
        values = Thinned(values);
        var slopes = new List<double>();
        for (int from = 0; from < values.Count; from++)
        {
            for (int to = from + 1; to < values.Count; to++)
            {
                if (times[to] > times[from])
                {
                    slopes.Add((values[to] - values[from]) / (times[to] - times[from]));
                }
            }
        }

        slopes.Sort();
        return slopes.Count == 0 ? 0
            : slopes.Count % 2 == 1 ? slopes[slopes.Count / 2]
            : (slopes[(slopes.Count / 2) - 1] + slopes[slopes.Count / 2]) / 2;
    }

    // Of all pairs, how many more rise than fall.
    private static double Tau(IReadOnlyList<double> values)
    {
        long sum = 0;
        for (int from = 0; from < values.Count; from++)
        {
            for (int to = from + 1; to < values.Count; to++)
            {
                sum += Math.Sign(values[to] - values[from]);
            }
        }

        return 2.0 * sum / ((double)values.Count * (values.Count - 1));
    }

    // The first and the last, and others at equal distances.
    private static IReadOnlyList<double> Thinned(IReadOnlyList<double> values) =>
        values.Count <= MostMoments ? values : [.. Enumerable.Range(0, MostMoments).Select(i => values[(int)((long)i * (values.Count - 1) / (MostMoments - 1))])];

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
