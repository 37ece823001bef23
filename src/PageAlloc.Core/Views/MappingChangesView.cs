using System.Buffers;
using PageAlloc.Insight.Diff;

namespace PageAlloc.Views;

/// <summary>Which mappings changed, those first of which most came into RAM or left it, and what became of their pages.</summary>
public static class MappingChangesView
{
    private const int MostMappings = 8;
    private const int NameWidth = 32;
    private const int SizeWidth = 11;
    private const int ChangeWidth = 12;
    private const int AddressWidth = 13;

    /// <summary>Writes the table.</summary>
    /// <param name="diff">What changed.</param>
    /// <param name="style">What the reader can show.</param>
    /// <param name="all">Whether every mapping is listed, not only the first.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void Write(ProcessDiff diff, TextStyle style, bool all, IBufferWriter<byte> output)
    {
        var sink = new TextSink(output);
        sink.EndLine();
        MappingChange[] changed = [.. diff.Mappings.Where(m => m.IsChanged).OrderByDescending(Weight).ThenBy(m => m.Range.Start)];
        if (changed.Length == 0)
        {
            // Which pages were in RAM a core file does not tell: only where mappings are.
            sink.Write(diff.Old.KnowsPages && diff.New.KnowsPages ? "  no mapping changed"u8 : "  no mapping changed, as far as core files tell"u8).EndLine();
            return;
        }

        sink.Write("  "u8).Column("mappings", NameWidth).Column("size", -SizeWidth).Column("change", -ChangeWidth)
            .Column("in RAM", -SizeWidth).Column("change", -ChangeWidth).EndLine();
        int most = all ? int.MaxValue : MostMappings;
        int shown = changed.Length <= most || changed.Length == most + 1 ? changed.Length : most;
        foreach (MappingChange mapping in changed[..shown])
        {
            bool known = IsKnown(diff, mapping);
            Row(
                NameOf(mapping, diff.IsJoined, style), mapping.OldBytes, mapping.NewBytes,
                known || mapping.OldResidentBytes != 0 ? mapping.OldResidentBytes : null, known || mapping.NewResidentBytes != 0 ? mapping.NewResidentBytes : null);
            if (Details(mapping) is { Length: > 0 } details)
            {
                sink.Write("      "u8).Write(details).EndLine();
            }
        }

        if (shown < changed.Length)
        {
            MappingChange[] others = changed[shown..];
            bool known = others.All(m => IsKnown(diff, m));
            Row(
                $"{TextSink.Count((ulong)others.Length)} other mappings", Sum(others, m => m.OldBytes), Sum(others, m => m.NewBytes),
                known ? Sum(others, m => m.OldResidentBytes) : null, known ? Sum(others, m => m.NewResidentBytes) : null);
        }

        void Row(string name, ulong oldSize, ulong newSize, ulong? oldResident, ulong? newResident) =>
            sink.Write("  "u8).Column(name, NameWidth).Column(Difference.Size(newSize), -SizeWidth).Column(Difference.OfSizes(oldSize, newSize), -ChangeWidth)
                .Column(Difference.Size(newResident), -SizeWidth).Column(Difference.OfSizes(oldResident, newResident), -ChangeWidth).EndLine();
    }

    // A side that knows no pages says nothing of RAM.
    private static bool IsKnown(ProcessDiff diff, MappingChange mapping) =>
        (diff.Old.KnowsPages || mapping.Old.Count == 0) && (diff.New.KnowsPages || mapping.New.Count == 0);

    // What changed of RAM and swap counts; the size of what was never touched does not.
    private static (ulong Pages, ulong Size) Weight(MappingChange mapping) => (
        Math.Max(mapping.ChangedPages, Apart(mapping.OldResidentBytes, mapping.NewResidentBytes) + Apart(mapping.OldSwappedBytes, mapping.NewSwappedBytes)),
        Apart(mapping.OldBytes, mapping.NewBytes));

    private static ulong Apart(ulong one, ulong other) => one > other ? one - other : other - one;

    private static string NameOf(MappingChange mapping, bool withAddress, TextStyle style)
    {
        string name = mapping.Name.IsEmpty ? "<anonymous>" : ByteText.ToPrintable(mapping.Name.Span);
        int room = NameWidth - 1 - (withAddress ? AddressWidth : 0);

        // Of a path the end tells most.
        name = name.Length <= room ? name : string.Concat(style.Unicode ? "…" : "~", name.AsSpan(name.Length - room + 1));
        return withAddress ? $"{mapping.Range.Start:x12} {name}" : name;
    }

    private static string Details(MappingChange mapping)
    {
        string what = mapping.Old.Count == 0 ? "new" : mapping.New.Count == 0 ? "gone" : "";
        string pages = PageChangeWords.Of(mapping);
        return what.Length != 0 && pages.Length != 0 ? $"{what}: {pages}" : what + pages;
    }

    private static ulong Sum(MappingChange[] mappings, Func<MappingChange, ulong> of) => mappings.Aggregate(0UL, (sum, m) => sum + of(m));
}
