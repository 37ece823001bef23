using System.Buffers;
using System.Globalization;
using System.Text.Json;
using PageAlloc.Insight;

namespace PageAlloc.Views;

/// <summary>How much of a process is in huge pages, and how much could be: two lines of text, or the member <c>hugePages</c> of JSON.</summary>
public static class HugePagesView
{
    /// <summary>Writes the lines; nothing for a process that fills no aligned range.</summary>
    /// <param name="huge">The figures.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void Write(HugePages huge, IBufferWriter<byte> output)
    {
        HugeMapping total = huge.Total;
        if (total.Huge + total.Whole == 0)
        {
            return;
        }

        var sink = new TextSink(output);
        sink.Write($"  huge pages ({TextSink.Size(huge.PageSize)}): {TextSink.Size(total.Huge * huge.PageSize)} in RAM are huge").EndLine();
        sink.Write($"    {TextSink.Size(total.Whole * huge.PageSize)} more could be as they are; {TextSink.Count(total.Partly)} ranges only with {TextSink.Size(total.MissingBytes)} more RAM").EndLine();
        if (huge.HeapFreeBytes is { } free and not 0)
        {
            sink.Write($"    {TextSink.Size(free)} of heap pages inside huge ones hold nothing in use").EndLine();
        }
    }

    /// <summary>Writes the member.</summary>
    internal static void WriteJson(Utf8JsonWriter json, HugePages huge)
    {
        json.WriteStartObject("hugePages"u8);
        json.WriteNumber("pageSize"u8, huge.PageSize);
        WriteCounts(json, huge.Total);
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

    private static void WriteCounts(Utf8JsonWriter json, HugeMapping mapping)
    {
        json.WriteNumber("ranges"u8, mapping.Ranges);
        json.WriteNumber("huge"u8, mapping.Huge);
        json.WriteNumber("whole"u8, mapping.Whole);
        json.WriteNumber("partly"u8, mapping.Partly);
        json.WriteNumber("missingBytes"u8, mapping.MissingBytes);
    }
}
