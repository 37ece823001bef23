using System.Buffers;
using PageAlloc.Pages;

namespace PageAlloc.Views;

/// <summary>The legend: what each colour, or letter, stands for. A line has the sizes of one kind of page.</summary>
public static class LegendView
{
    private const int ColumnWidth = 28;

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
        string before = "";
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

            sink.Repeat(' ', line == look.Name ? ColumnWidth - before.Length : 4);
            line = look.Name;
            painter.Paint(sink, [state, state, state, state], 2);
            before = Label(look, table.PageSize, table.HugeOrder);
            sink.Write("  "u8).Write(before);
        }

        if (line is not null)
        {
            sink.EndLine();
        }
    }

    /// <summary>The name of a state with the sizes that it stands for: <c>8K-1M anonymous</c>.</summary>
    internal static string Label(Look look, int pageSize, int hugeOrder) => look.SizeClass switch
    {
        0 => $"{PageState.SizeName(0, pageSize)} {look.Name}",
        1 => $"{PageState.SizeName(1, pageSize)}-{PageState.SizeName(hugeOrder - 1, pageSize)} {look.Name}",
        2 => $"{PageState.SizeName(hugeOrder, pageSize)} {look.Name}",
        3 => $"1G {look.Name}",
        _ => look.Name,
    };
}
