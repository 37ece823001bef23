using System.Buffers;
using System.Globalization;
using PageAlloc.Insight;

namespace PageAlloc.Views;

/// <summary>The ledger as a table: what is in RAM and in swap, by what it is for.</summary>
public static class LedgerView
{
    private const int NameWidth = 36;
    private const int SizeWidth = 13;
    private const int ShareWidth = 8;
    private const int MostLines = 10;
    // In parts of a thousand: of more lines, smaller ones share one.
    private const ulong SmallShare = 5;

    /// <summary>Writes the lines that have something, their sums, and what is beside them.</summary>
    /// <param name="ledger">The ledger.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void Write(Ledger ledger, IBufferWriter<byte> output)
    {
        var sink = new TextSink(output);
        if (!ledger.IsKnown)
        {
            sink.EndLine().Write($"  mapped {TextSink.Size(ledger.MappedBytes)}, of which the core file holds {TextSink.Size(ledger.DumpedBytes)}").EndLine();
            sink.Write("  in RAM and in swap: not known, as core files do not tell it"u8).EndLine();
            return;
        }

        sink.EndLine().Write("  "u8).Column("memory", NameWidth).Column("in RAM", -SizeWidth).Column("share", -ShareWidth).Column("in swap", -SizeWidth).EndLine();
        LedgerLine[] lines = [.. ledger.Lines.Where(l => (l.ResidentBytes | l.SwappedBytes) != 0)];
        ILookup<bool, LedgerLine> bySize = lines.ToLookup(l => lines.Length > MostLines && IsSmall(l, ledger));
        foreach (LedgerLine line in bySize[false])
        {
            Line(LedgerWords.Label(line.Kind), line.ResidentBytes, line.SwappedBytes);
        }

        if (bySize[true].Any())
        {
            ulong swapped = bySize[true].Aggregate(0UL, (sum, l) => sum + l.SwappedBytes);
            Line($"{bySize[true].Count()} smaller kinds", bySize[true].Aggregate(0UL, (sum, l) => sum + l.ResidentBytes), swapped);
        }

        sink.Write("  "u8).Repeat('-', NameWidth + (2 * SizeWidth) + ShareWidth).EndLine();
        Row("all (Rss, Swap)", ledger.ResidentBytes, "100.0%", ledger.SwappedBytes);
        WriteDifferences(ledger, sink);
        if (Beside(ledger) is { Length: > 0 } beside)
        {
            sink.Write($"  not in Rss: {beside}").EndLine();
        }

        void Line(string name, ulong resident, ulong swapped) => Row(
            name, resident, string.Create(CultureInfo.InvariantCulture, $"{100.0 * resident / Math.Max(1, ledger.ResidentBytes):F1}%"), swapped);

        void Row(string name, ulong resident, string share, ulong swapped) =>
            sink.Write("  "u8).Column(name, NameWidth).Column(Size(resident), -SizeWidth).Column(share, -ShareWidth)
                .Column(Size(swapped), -SizeWidth).EndLine();
    }

    private static bool IsSmall(LedgerLine line, Ledger ledger) =>
        line.ResidentBytes * 1000 < ledger.ResidentBytes * SmallShare && line.SwappedBytes * 1000 <= ledger.SwappedBytes * SmallShare;

    // The process went on while it was read, or the kernel counts behind.
    private static void WriteDifferences(Ledger ledger, TextSink sink)
    {
        if (ledger.ResidentNotAccounted is { } resident && ledger.SwappedNotAccounted is { } swapped && (resident | swapped) != 0)
        {
            sink.Write("  "u8).Column("VmRSS and VmSwap differ by", NameWidth).Column(Signed(resident), -SizeWidth)
                .Repeat(' ', ShareWidth).Column(Signed(swapped), -SizeWidth).EndLine();
        }
    }

    private static string Beside(Ledger ledger) => string.Join(", ", new[]
    {
        ledger.Status is { } status ? $"page tables {Size(status.PageTables)}" : "",
        ledger.HugetlbBytes != 0 ? $"hugetlb pages {Size(ledger.HugetlbBytes)}" : "",
        ledger.SwappedSharedBytes != 0 ? $"{Size(ledger.SwappedSharedBytes)} of the swap is shared memory, which VmSwap leaves out" : "",
    }.Where(part => part.Length != 0));

    private static string Size(ulong bytes) => bytes == 0 ? "0" : TextSink.Size(bytes);

    private static string Signed(long bytes) => bytes < 0 ? "-" + Size((ulong)-bytes) : Size((ulong)bytes);
}
