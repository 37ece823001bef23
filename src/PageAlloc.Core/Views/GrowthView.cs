using System.Buffers;
using System.Globalization;
using PageAlloc.Insight.Diff;

namespace PageAlloc.Views;

/// <summary>What grows steadily over three or more moments, with a small chart of each; or that nothing does.</summary>
public static class GrowthView
{
    private const int MostRows = 5;
    // Each column has two blanks at least before what can stand in it: "1023.9 MiB", "+1023.9 MiB/s".
    private const int NameWidth = 27;
    private const int ChartWidth = 12;
    private const int SizeWidth = 12;
    private const int RateWidth = 15;

    /// <summary>Writes which process it is, and how many moments of it there are.</summary>
    /// <param name="growth">How the process went.</param>
    /// <param name="style">What the reader can show.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void WriteHeader(Growth growth, TextStyle style, IBufferWriter<byte> output)
    {
        const int screenWidth = 80;
        const int addressWidth = 20;
        HeaderView.Write(growth.Moments[^1].Target, new MapOptions { Style = style, Width = screenWidth - addressWidth }, output);
        var sink = new TextSink(output);
        string over = growth.HasTimes ? $" over {DiffView.Seconds(growth.Moments[^1].Time!.Value - growth.Moments[0].Time!.Value)}" : ", at times that are not known";
        sink.Write($"  {TextSink.Count((ulong)growth.Moments.Count)} moments{over}").EndLine();
        if (growth.Basis != DiffBasis.Addresses)
        {
            sink.Write("  they are of different processes: mappings are followed by name, and churn is not known"u8).EndLine();
        }
        else if (growth.Moments.Select(m => DiffView.TwoProcesses(growth.Moments[0].Target, m.Target)).FirstOrDefault(two => two is not null) is { } two)
        {
            sink.Write("  "u8).Write(two).EndLine();
        }
    }

    /// <summary>Writes the sums and what grows.</summary>
    /// <param name="growth">How the process went.</param>
    /// <param name="style">What the reader can show.</param>
    /// <param name="all">Whether all that grows is listed, not only the quickest.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void Write(Growth growth, TextStyle style, bool all, IBufferWriter<byte> output)
    {
        var sink = new TextSink(output);
        sink.EndLine();
        WriteRows("", growth.Totals, growth, style, int.MaxValue, sink);
        if (growth.MomentsWithUnknownHeap != 0)
        {
            string at = growth.MomentsWithUnknownHeap == 1 ? "one moment" : $"{TextSink.Count((ulong)growth.MomentsWithUnknownHeap)} moments";
            sink.Write($"  not all of the heap is known at {at}:").EndLine().Write("  of sizes, and of arenas in question, nothing is said"u8).EndLine();
        }

        sink.EndLine();
        ILookup<GrowthKind, GrowthSeries> steady = growth.Steady.ToLookup(s => s.Kind);
        int most = all ? int.MaxValue : MostRows;
        WriteRows("grows steadily: blocks of", [.. steady[GrowthKind.Size]], growth, style, most, sink);
        WriteRows("grows steadily: arena", [.. steady[GrowthKind.Arena]], growth, style, most, sink);
        WriteRows("grows steadily: mapping", [.. steady[GrowthKind.Mapping]], growth, style, most, sink);
        if (steady.Count == 0)
        {
            sink.Write("  nothing grows steadily"u8).EndLine();
        }
    }

    private static void WriteRows(string title, IReadOnlyList<GrowthSeries> rows, Growth growth, TextStyle style, int most, TextSink sink)
    {
        if (rows.Count == 0)
        {
            return;
        }

        int shown = rows.Count <= most || rows.Count == most + 1 ? rows.Count : most;
        sink.Write("  "u8).Column(title, NameWidth + ChartWidth).Column("first", -SizeWidth).Column("last", -SizeWidth).Column(growth.HasTimes ? "rate" : "each time", -RateWidth).EndLine();
        foreach (GrowthSeries row in rows.Take(shown))
        {
            sink.Write("  "u8).Column(NameOf(row, style), NameWidth).Column(Sparkline.Of(row.Bytes, ChartWidth, style), ChartWidth)
                .Column(Difference.Size(row.Bytes[0]), -SizeWidth).Column(Difference.Size(row.Bytes[^1]), -SizeWidth)
                .Column(Rate(row.Rate, growth.HasTimes), -RateWidth).EndLine();
            if (Details(row) is { Length: > 0 } details)
            {
                sink.Write("      "u8).Write(details).EndLine();
            }
        }

        if (shown < rows.Count)
        {
            sink.Write($"  and {TextSink.Count((ulong)(rows.Count - shown))} more (--all lists them)").EndLine();
        }
    }

    private static string NameOf(GrowthSeries row, TextStyle style)
    {
        int room = NameWidth - 2;
        string name = row.Kind == GrowthKind.Mapping && row.Address != 0 ? $"{row.Address:x12} {row.Name}" : row.Name;
        return name.Length <= room ? name : string.Concat(name.AsSpan(0, room - 1), style.Unicode ? "…" : "~");
    }

    private static string Rate(double rate, bool perSecond) =>
        $"{(rate < 0 ? "-" : rate > 0 ? "+" : "")}{Difference.Size((ulong)Math.Round(Math.Abs(rate)))}{(perSecond ? "/s" : "")}";

    private static string Details(GrowthSeries row)
    {
        if (row.Blocks is not { } blocks || !row.IsSteady)
        {
            return "";
        }

        double step = ((double)blocks[^1] - blocks[0]) / (blocks.Count - 1);
        string each = step.ToString("+#,0;-#,0;0", CultureInfo.InvariantCulture);
        string example = row.Example == 0 ? "" : $"; one of the new: 0x{row.Example:x}";
        return $"from {TextSink.Count(blocks[0])} to {TextSink.Count(blocks[^1])} blocks, {each} each time{example}";
    }
}
