using System.Buffers;
using PageAlloc.Insight.Diff;
using PageAlloc.Mappings;

namespace PageAlloc.Views;

/// <summary>The picture of what changed: for each mapping a line with its name, then rows of pixels, one for each page, by what became of it.</summary>
public static class DiffMapView
{
    private const int ColumnWidth = 36;

    /// <summary>Writes the legend and the map.</summary>
    /// <param name="diff">What changed; nothing is written of processes whose addresses have nothing to do with each other.</param>
    /// <param name="all">Whether mappings are drawn in which nothing changed.</param>
    /// <param name="legend">Whether there is a legend.</param>
    /// <param name="options">How.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void Write(ProcessDiff diff, bool all, bool legend, MapOptions options, IBufferWriter<byte> output)
    {
        var sink = new TextSink(output);
        MappingChange[] drawn = [.. diff.Mappings.Where(m => m.Pages is not null && (all || m.IsChanged))];
        if (drawn.Length == 0)
        {
            sink.EndLine().Write(diff.IsJoined ? "  no page changed"u8 : "  pages can't be compared one by one: there is no map"u8).EndLine();
            return;
        }

        var pageSize = (ulong)diff.New.Table.PageSize;
        ulong scale = 1;
        var painter = new CellPainter(options.Style, DiffPalette.Looks);
        sink.EndLine();
        if (legend)
        {
            WriteLegend(drawn, painter, options, sink);
            LegendView.WriteKey(diff.New.Table, options, output);
        }

        var rows = new PixelRows(sink, painter, options, Tell);
        foreach (MappingChange mapping in drawn)
        {
            scale = options.Scale ?? PixelRows.FittingScale(mapping.Range.Length / pageSize, options);
            WriteName(mapping, scale, pageSize, sink);
            rows.Begin(mapping.Range, scale * pageSize);
            IEnumerable<(byte Pixel, ulong Pages)> pages = mapping.Runs().Select(run => (DiffPalette.PixelOf(run.Change), run.Pages));
            foreach ((byte pixel, ulong pixels) in PixelRuns.Of(pages, scale, DiffPalette.Looks.Count, DiffPalette.Unchanged))
            {
                rows.Add(pixel, pixels);
            }

            rows.End();
        }

        string Tell(byte pixel, ulong pixels, AddressRange range) => scale == 1
            ? $"{TextSink.Size(range.Length)} {DiffPalette.Looks[pixel].Name}, {TextSink.Pages(range.Length / pageSize)}"
            : $"{TextSink.Count(pixels)} pixels of this kind, {TextSink.Size(range.Length)} of addresses";
    }

    private static void WriteLegend(MappingChange[] drawn, CellPainter painter, MapOptions options, TextSink sink)
    {
        PageChange[] changes = [.. Enum.GetValues<PageChange>().Where(change => options.WholeLegend || drawn.Any(m => m.Pages![(int)change] != 0))];
        for (int i = 0; i < changes.Length; i++)
        {
            string name = DiffPalette.Of(changes[i]).Name;
            painter.PaintSample(sink.Write("    "u8), DiffPalette.PixelOf(changes[i]));
            bool isLast = i % 2 == 1 || i == changes.Length - 1;
            sink.Write("  "u8).Column(name, isLast ? 0 : ColumnWidth - 8);
            if (isLast)
            {
                sink.EndLine();
            }
        }
    }

    private static void WriteName(MappingChange mapping, ulong scale, ulong pageSize, TextSink sink)
    {
        Mapping last = (mapping.New.Count != 0 ? mapping.New : mapping.Old)[0].Mapping;
        sink.Write($"{PageMapView.NameOf(last)} [{PageMapView.PermissionsOf(last)}]");
        string? what = mapping.Old.Count == 0 ? "new"
            : mapping.New.Count == 0 ? "gone"
            : mapping.NewBytes > mapping.OldBytes ? $"grew by {TextSink.Size(mapping.NewBytes - mapping.OldBytes)}"
            : mapping.NewBytes < mapping.OldBytes ? $"shrank by {TextSink.Size(mapping.OldBytes - mapping.NewBytes)}"
            : null;
        sink.Write(what is null ? "" : $"  {what}").Write(scale > 1 ? $"  1 pixel = {TextSink.Pages(scale)} ({TextSink.Size(scale * pageSize)})" : "").EndLine();
    }
}
