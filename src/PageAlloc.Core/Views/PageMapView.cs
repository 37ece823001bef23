using System.Buffers;
using PageAlloc.Mappings;
using PageAlloc.Pages;

namespace PageAlloc.Views;

/// <summary>The picture: for each mapping a line with its name, then rows of pixels, one for each page.</summary>
public static class PageMapView
{
    // Thousands of mappings share a few of them.
    private static readonly string?[] s_permissions = new string?[2 * (int)MappingPermissions.ReadUnknown];

    /// <summary>Writes the map of <paramref name="mappings"/>.</summary>
    /// <param name="table">The table that they are from.</param>
    /// <param name="mappings">The mappings to draw.</param>
    /// <param name="options">How.</param>
    /// <param name="output">Gets UTF-8.</param>
    /// <param name="tops">Pages of heaps' top chunks, which are drawn as such: see <see cref="HeapTops"/>. Null for none.</param>
    public static void Write(
        PageTable table,
        IEnumerable<MappingPages> mappings,
        MapOptions options,
        IBufferWriter<byte> output,
        IReadOnlyList<AddressRange>? tops = null)
    {
        var sink = new TextSink(output);
        var pageSize = (ulong)table.PageSize;
        var cells = new PageCells(table, tops ?? []);
        ulong scale = 1;
        var rows = new PixelRows(sink, new CellPainter(options.Style, Palette.Looks), options, Tell);
        foreach (MappingPages pages in mappings)
        {
            AddressRange range = pages.Mapping.Range;
            scale = options.Scale ?? PixelRows.FittingScale(range.Length / pageSize, options);
            WriteName(sink, pages.Mapping, scale, pageSize);
            rows.Begin(range, scale * pageSize);
            if (scale == 1 && !cells.HasTop(range))
            {
                foreach (PageRun run in pages.Runs)
                {
                    rows.Add((byte)cells[run.State], run.Count);
                }
            }
            else
            {
                foreach ((CellState state, ulong pixels) in PixelRuns.Of(cells.Of(pages), scale))
                {
                    rows.Add((byte)state, pixels);
                }
            }

            rows.End();
            if (options.Totals)
            {
                TotalsView.WriteMapping(sink, table, pages);
            }
        }

        // A pixel of several pages may have others among them than the one that it shows.
        string Tell(byte pixel, ulong pixels, AddressRange range) => scale == 1
            ? $"{TextSink.Size(range.Length)} {LegendView.Label(Palette.Looks[pixel], table)}, {TextSink.Pages(range.Length / pageSize)}"
            : $"{TextSink.Count(pixels)} pixels of this kind, {TextSink.Size(range.Length)} of addresses";
    }

    /// <summary>The name as it is shown: printable, and <c>&lt;anonymous&gt;</c> where the kernel has none.</summary>
    public static string NameOf(Mapping mapping) =>
        mapping.Name.IsEmpty ? "<anonymous>" : ByteText.ToPrintable(mapping.Name.Span);

    /// <summary>The permissions as maps writes them: <c>rw-p</c>.</summary>
    internal static string PermissionsOf(Mapping mapping) => s_permissions[(int)mapping.Permissions] ??= ToText(mapping.Permissions);

    private static string ToText(MappingPermissions p) => p.HasFlag(MappingPermissions.AccessUnknown) ? "????" : string.Concat(
        p.HasFlag(MappingPermissions.ReadUnknown) ? "?" : p.HasFlag(MappingPermissions.Read) ? "r" : "-",
        p.HasFlag(MappingPermissions.Write) ? "w" : "-",
        p.HasFlag(MappingPermissions.Execute) ? "x" : "-",
        p.HasFlag(MappingPermissions.SharingUnknown) ? "?" : p.HasFlag(MappingPermissions.Shared) ? "s" : "p");

    private static void WriteName(TextSink sink, Mapping mapping, ulong scale, ulong pageSize)
    {
        if (!mapping.Name.IsEmpty && ByteText.IsPlain(mapping.Name.Span))
        {
            sink.Write(mapping.Name.Span);
        }
        else
        {
            sink.Write(NameOf(mapping));
        }

        sink.Write(" ["u8).Write(PermissionsOf(mapping)).Write("]"u8);
        if (scale > 1)
        {
            sink.Write($"  1 pixel = {TextSink.Pages(scale)} ({TextSink.Size(scale * pageSize)})");
        }

        sink.EndLine();
    }
}
