using System.Text.Json;
using PageAlloc.Insight;

namespace PageAlloc.Views;

/// <summary>The member <c>pins</c> of <c>heaps</c> in the JSON contract.</summary>
internal static class PinsJson
{
    /// <summary>Writes the member.</summary>
    public static void Write(Utf8JsonWriter json, HeapPins pins)
    {
        json.WriteStartObject("pins"u8);
        json.WriteNumber("totalBytes"u8, pins.TotalBytes);
        json.WriteNumber("pages"u8, pins.Pages);
        json.WriteNumber("overheadBytes"u8, pins.OverheadBytes);
        json.WriteNumber("tcacheBytes"u8, pins.TcacheBytes);
        json.WriteStartArray("bySize"u8);
        foreach (PinningSizeSample sample in pins.BySize)
        {
            PinningSize size = sample.Size;
            json.WriteStartObject();
            json.WriteNumber("minSize"u8, size.MinSize);
            json.WriteNumber("maxSize"u8, size.MaxSize);
            json.WriteNumber("blocks"u8, size.Blocks);
            json.WriteNumber("bytes"u8, size.Bytes);
            json.WriteString("example"u8, PinsView.Address(size.Largest.Chunk, sample.Arena));
            json.WriteString("content"u8, sample.Content);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("blocks"u8);
        foreach (PinningBlockSample sample in pins.Blocks)
        {
            json.WriteStartObject();
            json.WriteString("address"u8, PinsView.Address(sample.Block.Chunk, sample.Arena));
            json.WriteNumber("size"u8, sample.Block.Size);
            json.WriteNumber("bytes"u8, sample.Block.Bytes);
            json.WriteString("arena"u8, $"0x{sample.Arena.Address:x}");
            json.WriteString("content"u8, sample.Content);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WritePropertyName("underTop"u8);
        WriteUnderTop(json, pins);
        json.WriteEndObject();
    }

    private static void WriteUnderTop(Utf8JsonWriter json, HeapPins pins)
    {
        if (pins.UnderTop is not { } last)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        json.WriteString("address"u8, PinsView.Address(last.Chunk, pins.UnderTopArena!));
        json.WriteNumber("size"u8, last.Size);
        json.WriteString("state"u8, last.IsCached ? "tcache"u8 : "used"u8);
        json.WriteNumber("freeBelowBytes"u8, last.FreeBelow);
        json.WriteNumber("residentBelowBytes"u8, last.ResidentBelow);
        json.WriteNumber("keptBelowBytes"u8, last.KeptBelow);
        json.WriteEndObject();
    }
}
