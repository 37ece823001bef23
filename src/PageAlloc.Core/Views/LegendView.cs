using System.Buffers;
using PageAlloc.Pages;

namespace PageAlloc.Views;

/// <summary>The legend: what each colour, or letter, stands for. A line has the sizes of one kind of page.</summary>
public static class LegendView
{
    private const int ColumnWidth = 26;

    /// <summary>Writes the legend.</summary>
    /// <param name="table">The table that the map is drawn from.</param>
    /// <param name="mappings">The mappings drawn; only states that occur in them are listed.</param>
    /// <param name="options">How the map is drawn.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void Write(PageTable table, IEnumerable<MappingPages> mappings, MapOptions options, IBufferWriter<byte> output)
    {
        var occurs = new bool[CellStates.Count];
        CellState[] cells = CellStates.Table(table.HugeOrder);
        foreach (MappingPages pages in mappings)
        {
            foreach (PageRun run in pages.Runs)
            {
                occurs[(int)cells[run.State.Code]] = true;
            }
        }

        var sink = new TextSink(output);
        var painter = new CellPainter(options.Style);
        string? line = null;
        for (CellState state = CellState.Unknown; (int)state < CellStates.Count; state++)
        {
            if (!occurs[(int)state] && !options.WholeLegend)
            {
                continue;
            }

            Look look = Palette.Of(state);
            if (line is not null && line != look.Name)
            {
                sink.EndLine();
            }

            sink.Write(line == look.Name ? "  "u8 : "    "u8);
            line = look.Name;
            painter.Paint(sink, [state, state, state, state], 2);
            sink.Write("  "u8);
            sink.Column(Label(look, table), look.SizeClass is >= 0 and < 3 ? ColumnWidth : 0);
        }

        if (line is not null)
        {
            sink.EndLine();
        }
    }

    private static string Label(Look look, PageTable table) => look.SizeClass switch
    {
        0 => $"{PageState.SizeName(0, table.PageSize)} {look.Name}",
        1 => $"{PageState.SizeName(1, table.PageSize)}-{PageState.SizeName(table.HugeOrder - 1, table.PageSize)} {look.Name}",
        2 => $"{PageState.SizeName(table.HugeOrder, table.PageSize)} {look.Name}",
        3 => $"1G {look.Name}",
        _ => look.Name,
    };
}
