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
    /// <param name="tops">Pages of heaps' top chunks, as the map is given them; null for none.</param>
    public static void Write(
        PageTable table,
        IEnumerable<MappingPages> mappings,
        MapOptions options,
        IBufferWriter<byte> output,
        IReadOnlyList<AddressRange>? tops = null)
    {
        var occurs = new bool[CellStates.Count];
        var cells = new PageCells(table, tops ?? []);
        foreach (MappingPages pages in mappings)
        {
            if (cells.HasTop(pages.Mapping.Range))
            {
                foreach ((CellState state, _) in cells.Of(pages))
                {
                    occurs[(int)state] = true;
                }
            }
            else if (pages.Runs.Counts is { } counts)
            {
                foreach ((PageState state, _) in counts.NonZero())
                {
                    occurs[(int)cells[state]] = true;
                }
            }
            else
            {
                foreach (PageRun run in pages.Runs)
                {
                    occurs[(int)cells[run.State]] = true;
                }
            }
        }

        var sink = new TextSink(output);
        var painter = new CellPainter(options.Style, Palette.Looks);
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
            painter.PaintSample(sink, (byte)state);
            before = Label(look, table);
            sink.Write("  "u8).Write(before);
        }

        if (line is not null)
        {
            sink.EndLine();
        }
    }

    /// <summary>Writes the line that says how a row is read; nothing where each mapping says it, as with a scale.</summary>
    /// <param name="table">The table that the map is drawn from.</param>
    /// <param name="options">How the map is drawn.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void WriteKey(PageTable table, MapOptions options, IBufferWriter<byte> output)
    {
        if (options.Scale != 1)
        {
            return;
        }

        string page = $"page ({TextSink.Size((ulong)table.PageSize)})";
        string key = options.Style.PixelRows == 2
            ? $"upper half of a character: a {page}; lower half: the page {options.Width} behind it"
            : $"each character is a {page}";
        new TextSink(output).Write("    "u8).Write(key).EndLine();
    }

    /// <summary>The name of a state with the sizes that it stands for: <c>8K-1M anonymous</c>.</summary>
    internal static string Label(Look look, PageTable table) => look.SizeClass switch
    {
        0 => $"{PageState.SizeName(0, table.PageSize)} {look.Name}",
        1 => $"{PageState.SizeName(1, table.PageSize)}-{PageState.SizeName(table.HugeOrder - 1, table.PageSize)} {look.Name}",
        2 => $"{PageState.SizeName(table.HugeOrder, table.PageSize)} {look.Name}",
        3 => $"{GiganticSizes(table)} {look.Name}",
        _ => look.Name,
    };

    // Of hugetlb pages above a huge page there are 1G ones, and on other machines than x86 32M, 16G and more.
    private static string GiganticSizes(PageTable table)
    {
        int[] orders =
        [
            .. table.Mappings.SelectMany(m => m.Runs)
                .Where(r => r.State.HasSize && r.State.Order > table.HugeOrder).Select(r => r.State.Order).Distinct().Order(),
        ];
        return orders.Length == 0 ? "1G" : string.Join('/', orders.Select(o => PageState.SizeName(o, table.PageSize)));
    }
}
