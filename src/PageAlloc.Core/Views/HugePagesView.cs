using System.Buffers;
using System.Globalization;
using System.Text.Json;
using PageAlloc.Insight;
using PageAlloc.Pages;

namespace PageAlloc.Views;

/// <summary>How much of a process is in huge pages, and how much could be: some lines of text, or the member <c>hugePages</c> of JSON.</summary>
public static class HugePagesView
{
    /// <summary>Writes the lines; nothing for a process that fills no aligned range.</summary>
    /// <param name="huge">The figures.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void Write(HugePages huge, IBufferWriter<byte> output)
    {
        HugeMapping total = huge.Total;
        HugeMapping more = huge.Candidates;
        if (total.Huge + more.Whole == 0)
        {
            return;
        }

        var sink = new TextSink(output);
        sink.Write($"  huge pages ({TextSink.Size(huge.PageSize)}): {TextSink.Size(total.Huge * huge.PageSize)} in RAM are huge").EndLine();
        sink.Write($"    {TextSink.Size(more.Whole * huge.PageSize)} more could be as they are; {TextSink.Count(more.Partly)} ranges only with {TextSink.Size(more.MissingBytes)} more RAM").EndLine();
        if (huge.HeapFreeBytes is { } free and not 0)
        {
            sink.Write($"    {TextSink.Size(free)} of heap pages inside huge ones hold nothing in use").EndLine();
        }

        WriteDetails(huge, total, sink);
    }

    private static void WriteDetails(HugePages huge, HugeMapping total, TextSink sink)
    {
        if (total.Eligible is { } eligible)
        {
            sink.Write($"    {TextSink.Count(eligible)} of {TextSink.Count(total.Ranges)} ranges may become huge by the kernel's rules").EndLine();
        }

        if (total.ZeroBytes is { } zero)
        {
            string left = huge.LeftBytes == 0 ? "" : $"; {TextSink.Size(huge.LeftBytes)} left out, beyond the cap or changed meanwhile";
            sink.Write($"    {TextSink.Size(zero)} of small pages in them are all zeros: splitting would save them").EndLine();
            sink.Write($"      {TextSink.Size(total.ScannedBytes)} searched{left}").EndLine();
        }
    }

    /// <summary>Writes the member.</summary>
    internal static void WriteJson(Utf8JsonWriter json, HugePages huge)
    {
        json.WriteStartObject("hugePages"u8);
        json.WriteNumber("pageSize"u8, huge.PageSize);
        WriteCounts(json, huge.Total);
        json.WriteNumber("notScannedBytes"u8, huge.LeftBytes);
        WriteFolios(json, huge);
        if (huge.HeapFreeBytes is { } free)
        {
            json.WriteNumber("heapFreeBytes"u8, free);
        }

        json.WriteStartArray("mappings"u8);
        foreach (HugeMapping mapping in huge.Mappings)
        {
            json.WriteStartObject();
            json.WriteString("start"u8, string.Create(CultureInfo.InvariantCulture, $"0x{mapping.Mapping.Range.Start:x}"));
            WriteCounts(json, mapping);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteFolios(Utf8JsonWriter json, HugePages huge)
    {
        if (huge.Folios is null)
        {
            json.WriteNull("folios"u8);
            return;
        }

        json.WriteStartArray("folios"u8);
        foreach (FolioCount folio in huge.Folios)
        {
            json.WriteStartObject();
            json.WriteNumber("size"u8, huge.BasePageSize << folio.Order);
            json.WriteString("kind"u8, folio.Kind switch { PageKind.Anonymous => "anonymous"u8, PageKind.File => "file"u8, _ => "sharedMemory"u8 });
            json.WriteNumber("alignedPages"u8, folio.AlignedPages);
            json.WriteNumber("unalignedPages"u8, folio.UnalignedPages);
            json.WriteNumber("partialPages"u8, folio.PartialPages);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter json, ReadOnlySpan<byte> name, ulong? value)
    {
        json.WritePropertyName(name);
        if (value is { } number)
        {
            json.WriteNumberValue(number);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    private static void WriteCounts(Utf8JsonWriter json, HugeMapping mapping)
    {
        json.WriteNumber("ranges"u8, mapping.Ranges);
        json.WriteNumber("huge"u8, mapping.Huge);
        json.WriteNumber("whole"u8, mapping.Whole);
        json.WriteNumber("partly"u8, mapping.Partly);
        json.WriteNumber("missingBytes"u8, mapping.MissingBytes);
        WriteNumber(json, "eligible"u8, mapping.Eligible);
        json.WriteNumber("scannedBytes"u8, mapping.ScannedBytes);
        WriteNumber(json, "zeroBytes"u8, mapping.ZeroBytes);
    }
}
