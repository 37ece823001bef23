using System.Buffers;
using PageAlloc.Pages;

namespace PageAlloc.Views;

/// <summary>How many pages are in each state: a table of all mappings, or a line for one.</summary>
public static class TotalsView
{
    private const int NameWidth = 30;
    private const int CountWidth = 16;
    private const int SizeWidth = 12;

    /// <summary>Writes the totals of mappings.</summary>
    /// <param name="table">The table.</param>
    /// <param name="shown">Those of it that are shown.</param>
    /// <param name="mappings">How many mappings the process has.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void Write(PageTable table, IReadOnlyList<MappingPages> shown, int mappings, IBufferWriter<byte> output)
    {
        var sink = new TextSink(output);
        var counts = new PageCounts();
        ulong hugetlb = 0;
        ulong swappedShared = 0;
        foreach (MappingPages pages in shown)
        {
            counts.Add(pages.Runs);
            hugetlb += pages.Mapping.HugetlbPageSize != 0 ? pages.Runs.Resident : 0;
            swappedShared += pages.SwappedSharedBytes;
        }

        var pageSize = (ulong)table.PageSize;
        sink.EndLine();
        string unit = $"{PageState.SizeName(0, table.PageSize)} pages";
        sink.Write("  "u8).Column("state", NameWidth).Column(unit, -CountWidth).Column("size", -SizeWidth).EndLine();
        foreach ((PageState state, ulong pages) in counts.NonZero().OrderBy(s => s.State.IsResident))
        {
            Row(NameOf(state, table), pages);
        }

        sink.Write("  "u8).Repeat('-', NameWidth + CountWidth + SizeWidth).EndLine();
        Row(mappings == shown.Count ? "all mappings" : $"{shown.Count} of {mappings} mappings", counts.Total);
        if (!table.IsResidencyKnown)
        {
            sink.Write("  "u8).Column("in RAM (Rss)", NameWidth).Column("not known", -CountWidth).EndLine();
            return;
        }

        Row("in RAM (Rss)", counts.Resident - hugetlb);
        if (hugetlb != 0)
        {
            Row("in RAM, hugetlb (not in Rss)", hugetlb);
        }

        if (swappedShared != 0)
        {
            Row("swapped shared (not present)", swappedShared / pageSize);
        }

        void Row(string name, ulong pages) =>
            sink.Write("  "u8).Column(name, NameWidth).Column(TextSink.Count(pages), -CountWidth)
                .Column(TextSink.Size(pages * pageSize), -SizeWidth).EndLine();
    }

    /// <summary>The name of a state with the size of the page behind it: <c>4K anonymous</c>.</summary>
    internal static string NameOf(PageState state, PageTable table)
    {
        string name = Palette.Of(CellStates.Table(table.HugeOrder)[state.Code]).Name;
        return state.HasSize ? $"{PageState.SizeName(state.Order, table.PageSize)} {name}" : name;
    }

    /// <summary>Writes the totals of one mapping in a line.</summary>
    internal static void WriteMapping(TextSink sink, PageTable table, MappingPages pages)
    {
        PageCounts counts = pages.Count();
        ulong bytes = counts.Total * (ulong)table.PageSize;
        sink.Write($"  {TextSink.Pages(counts.Total)}, {TextSink.Size(bytes)}:");
        string separator = " ";
        foreach ((PageState state, ulong count) in counts.NonZero())
        {
            sink.Write($"{separator}{TextSink.Size(count * (ulong)table.PageSize)} {NameOf(state, table)}");
            separator = ", ";
        }

        if (pages.SwappedSharedBytes != 0)
        {
            sink.Write($"{separator}{TextSink.Size(pages.SwappedSharedBytes)} of shared memory swapped");
        }

        sink.EndLine();
    }
}
