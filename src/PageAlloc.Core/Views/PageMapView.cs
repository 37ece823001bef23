using System.Buffers;
using PageAlloc.Mappings;
using PageAlloc.Pages;

namespace PageAlloc.Views;

/// <summary>The picture: for each mapping a line with its name, then rows of pixels, one for each page.</summary>
public static class PageMapView
{
    // Shorter uniform stretches are better seen than told.
    private const ulong FoldedLines = 4;
    private const ulong FittingLines = 8;

    /// <summary>Writes the map of <paramref name="mappings"/>.</summary>
    /// <param name="table">The table that they are from.</param>
    /// <param name="mappings">The mappings to draw.</param>
    /// <param name="options">How.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void Write(PageTable table, IEnumerable<MappingPages> mappings, MapOptions options, IBufferWriter<byte> output)
    {
        var sink = new TextSink(output);
        var painter = new CellPainter(options.Style);
        CellState[] cells = CellStates.Table(table.HugeOrder);
        foreach (MappingPages pages in mappings)
        {
            ulong scale = options.Scale ?? FittingScale(pages.Mapping, options, (ulong)table.PageSize);
            WriteName(sink, pages.Mapping, scale, table.PageSize);
            WriteRows(sink, painter, pages, cells, scale, options, table);
            if (options.Totals)
            {
                TotalsView.WriteMapping(sink, table, pages);
            }
        }
    }

    /// <summary>The name as it is shown: printable, and <c>&lt;anonymous&gt;</c> where the kernel has none.</summary>
    public static string NameOf(Mapping mapping) =>
        mapping.Name.IsEmpty ? "<anonymous>" : ByteText.ToPrintable(mapping.Name.Span);

    private static void WriteName(TextSink sink, Mapping mapping, ulong scale, int pageSize)
    {
        MappingPermissions p = mapping.Permissions;
        sink.Write(NameOf(mapping)).Write(" ["u8)
            .Repeat(p.HasFlag(MappingPermissions.Read) ? 'r' : '-', 1)
            .Repeat(p.HasFlag(MappingPermissions.Write) ? 'w' : '-', 1)
            .Repeat(p.HasFlag(MappingPermissions.Execute) ? 'x' : '-', 1)
            .Repeat(p.HasFlag(MappingPermissions.Shared) ? 's' : 'p', 1)
            .Write("]"u8);
        if (scale > 1)
        {
            sink.Write($"  1 pixel = {TextSink.Pages(scale)} ({TextSink.Size(scale * (ulong)pageSize)})");
        }

        sink.EndLine();
    }

    private static void WriteRows(
        TextSink sink, CellPainter painter, MappingPages pages, CellState[] cells, ulong scale, MapOptions options, PageTable table)
    {
        var pageSize = (ulong)table.PageSize;
        var line = new CellState[options.Width * options.Style.PixelRows];
        var folder = new RunMerger(PixelRuns.Of(pages.Runs, cells, scale));
        AddressRange range = pages.Mapping.Range;
        ulong address = range.Start;
        int at = 0;
        while (folder.MoveNext())
        {
            (CellState state, ulong left) = folder.Current;
            while (left != 0)
            {
                if (at == 0 && options.Fold && left / (ulong)line.Length >= FoldedLines)
                {
                    ulong folded = folder.IsLast ? left : left / (ulong)line.Length * (ulong)line.Length;
                    ulong end = Math.Min(range.End, address + (folded * scale * pageSize));
                    painter.Paint(sink.Address(address), [state, state, state, state], 2);
                    sink.Write(FoldText(state, folded, scale, end - address, table)).EndLine();
                    address = end;
                    left -= folded;
                    continue;
                }

                int taken = (int)Math.Min(left, (ulong)(line.Length - at));
                line.AsSpan(at, taken).Fill(state);
                at += taken;
                left -= (ulong)taken;
                if (at == line.Length)
                {
                    painter.Paint(sink.Address(address), line, options.Width);
                    sink.EndLine();
                    address += (ulong)line.Length * scale * pageSize;
                    at = 0;
                }
            }
        }

        if (at != 0)
        {
            line.AsSpan(at).Clear();
            painter.Paint(sink.Address(address), line, options.Width);
            sink.EndLine();
        }
    }

    // A pixel of several pages may have others among them than the one that it shows.
    private static string FoldText(CellState state, ulong pixels, ulong scale, ulong bytes, PageTable table)
    {
        string label = LegendView.Label(Palette.Of(state), table.PageSize, table.HugeOrder);
        return scale == 1
            ? $" {TextSink.Size(bytes)} {label}, {TextSink.Pages(bytes / (ulong)table.PageSize)}"
            : $" {TextSink.Count(pixels)} pixels of this kind, {TextSink.Size(bytes)} of addresses";
    }

    private static ulong FittingScale(Mapping mapping, MapOptions options, ulong pageSize)
    {
        ulong pixels = (ulong)options.Width * (ulong)options.Style.PixelRows * FittingLines;
        ulong pages = mapping.Range.Length / pageSize;
        return pages <= pixels ? 1 : System.Numerics.BitOperations.RoundUpToPowerOf2((pages + pixels - 1) / pixels);
    }

    /// <summary>Joins neighbouring runs of pixels of the same state, and tells the last one.</summary>
    private sealed class RunMerger(IEnumerable<(CellState State, ulong Pixels)> runs)
    {
        private readonly IEnumerator<(CellState State, ulong Pixels)> _runs = runs.GetEnumerator();
        private (CellState State, ulong Pixels) _next;
        private bool _started;

        public (CellState State, ulong Pixels) Current { get; private set; }

        public bool IsLast { get; private set; }

        public bool MoveNext()
        {
            if (!_started)
            {
                _started = true;
                IsLast = !_runs.MoveNext();
                _next = IsLast ? default : _runs.Current;
            }

            if (IsLast)
            {
                return false;
            }

            Current = _next;
            while (true)
            {
                IsLast = !_runs.MoveNext();
                if (IsLast || _runs.Current.State != Current.State)
                {
                    break;
                }

                Current = (Current.State, Current.Pixels + _runs.Current.Pixels);
            }

            _next = IsLast ? default : _runs.Current;
            return true;
        }
    }
}
