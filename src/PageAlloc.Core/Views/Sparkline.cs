namespace PageAlloc.Views;

/// <summary>A series as a chart one line high: the lowest bar is its least value, the highest its greatest.</summary>
internal static class Sparkline
{
    private const string Blocks = "▁▂▃▄▅▆▇█";
    private const string Letters = ".:-=+*%#";

    /// <summary>Draws the chart.</summary>
    /// <param name="values">The values.</param>
    /// <param name="most">Characters at most; of a longer series each shows the greatest of several values.</param>
    /// <param name="style">What the reader can show.</param>
    public static string Of(IReadOnlyList<ulong> values, int most, TextStyle style)
    {
        string levels = style.Unicode ? Blocks : Letters;
        ulong least = values.Min();
        ulong span = values.Max() - least;
        int width = Math.Min(values.Count, most);
        return string.Create(width, (values, levels, least, span), static (chart, s) =>
        {
            for (int i = 0; i < chart.Length; i++)
            {
                int from = (int)((long)i * s.values.Count / chart.Length);
                int to = (int)((long)(i + 1) * s.values.Count / chart.Length);
                ulong value = Enumerable.Range(from, to - from).Max(at => s.values[at]);
                chart[i] = s.levels[s.span == 0 ? 0 : (int)((double)(value - s.least) / s.span * (s.levels.Length - 1))];
            }
        });
    }
}
