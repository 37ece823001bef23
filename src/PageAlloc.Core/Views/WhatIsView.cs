using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using PageAlloc.Heaps;
using PageAlloc.Targets;

namespace PageAlloc.Views;

/// <summary>Writes what is at an address.</summary>
public static class WhatIsView
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes it as text.</summary>
    public static void WriteText(WhatIs what, IBufferWriter<byte> output)
    {
        var sink = new TextSink(output);
        sink.Write($"0x{what.Address:x}: {what.Text}").EndLine();
        if (what.Mapping is { } mapping)
        {
            string name = PageMapView.NameOf(mapping);
            Field("mapping", $"{mapping.Range} {PageMapView.PermissionsOf(mapping)} {name} + 0x{what.Address - mapping.Range.Start:x}");
        }

        Field("page", what.Page);
        Field("arena", what.Arena is { } arena ? $"@0x{arena.Address:x}  {what.Owner}" : null);
        Field("block", what.Block is { } block ? $"{Describe(block)}, {Offset(block, what.Address)}" : null);
        Field("before", what.Before is { } before ? Describe(before) : null);
        Field("after", what.After is { } after ? Describe(after) : null);
        foreach (Problem problem in what.Problems)
        {
            Field("problem", problem.Text);
        }

        string label = "bytes";
        foreach (WhatIsBytes row in what.Bytes)
        {
            Field(label, $"0x{row.Address:x}  {(row.Bytes.IsEmpty ? Reason(row.Access) : Dump(row.Bytes.Span))}");
            label = "";
        }

        void Field(string label, string? text)
        {
            if (text is not null)
            {
                sink.Write("  "u8).Column(label, 9).Write(text).EndLine();
            }
        }
    }

    /// <summary>Writes it as a JSON object.</summary>
    public static void WriteJson(WhatIs what, IBufferWriter<byte> output)
    {
        using (var json = new Utf8JsonWriter(output, s_options))
        {
            json.WriteStartObject();
            json.WriteString("schema"u8, "pagealloc/1"u8);
            json.WriteString("address"u8, Hex(what.Address));
            json.WriteString("kind"u8, JsonNamingPolicy.CamelCase.ConvertName(what.Kind.ToString()));
            json.WriteString("text"u8, what.Text);
            if (what.Pause is { } pause)
            {
                json.WriteNumber("frozenMilliseconds"u8, Math.Round(pause.TotalMilliseconds, 3));
            }

            WriteMapping(json, what);
            json.WriteString("page"u8, what.Page);
            json.WriteString("arena"u8, what.Arena is { } arena ? Hex(arena.Address) : null);
            WriteBlock(json, "block"u8, what.Block, what.Address);
            WriteBlock(json, "before"u8, what.Before, null);
            WriteBlock(json, "after"u8, what.After, null);
            json.WriteStartArray("bytes"u8);
            foreach (WhatIsBytes row in what.Bytes)
            {
                json.WriteStartObject();
                json.WriteString("address"u8, Hex(row.Address));
                json.WriteString("access"u8, JsonNamingPolicy.CamelCase.ConvertName(row.Access.ToString()));
                json.WriteString("hex"u8, row.Bytes.IsEmpty ? null : Convert.ToHexStringLower(row.Bytes.Span));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("problems"u8);
            foreach (Problem problem in what.Problems)
            {
                json.WriteStringValue(problem.Text);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    private static void WriteMapping(Utf8JsonWriter json, WhatIs what)
    {
        if (what.Mapping is not { } mapping)
        {
            json.WriteNull("mapping"u8);
            return;
        }

        json.WriteStartObject("mapping"u8);
        json.WriteString("start"u8, Hex(mapping.Range.Start));
        json.WriteString("end"u8, Hex(mapping.Range.End));
        json.WriteString("permissions"u8, PageMapView.PermissionsOf(mapping));
        json.WriteString("offset"u8, Hex(mapping.Offset));
        json.WriteString("name"u8, ByteText.ToText(mapping.Name.Span));
        json.WriteEndObject();
    }

    private static void WriteBlock(Utf8JsonWriter json, ReadOnlySpan<byte> name, WhatIsBlock? block, ulong? address)
    {
        if (block is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteString("address"u8, Hex(block.User));
        json.WriteNumber("size"u8, block.Size);
        json.WriteNumber("usable"u8, block.Usable);
        json.WriteString("state"u8, BlockFilter.NameOf(block.State));
        if (address is { } at)
        {
            // In its header it is negative.
            json.WriteNumber("offset"u8, unchecked((long)(at - block.User)));
        }

        json.WriteEndObject();
    }

    private static string Describe(WhatIsBlock block) =>
        $"0x{block.User:x}  {BlockFilter.NameOf(block.State)}, {TextSink.Count(block.Size)} bytes"
        + (block.Usable == 0 ? "" : $" ({TextSink.Count(block.Usable)} usable)");

    private static string Offset(WhatIsBlock block, ulong address) =>
        address < block.User ? $"{TextSink.Count(block.User - address)} before its start" : $"offset {TextSink.Count(address - block.User)}";

    private static string Reason(PageAccess access) => access switch
    {
        PageAccess.Absent => "not present",
        PageAccess.Swapped => "swapped out (--swap-in reads it)",
        _ => "can't be read",
    };

    private static string Dump(ReadOnlySpan<byte> bytes)
    {
        var text = new System.Text.StringBuilder(bytes.Length * 4);
        foreach (byte b in bytes)
        {
            text.Append(CultureInfo.InvariantCulture, $"{b:x2} ");
        }

        text.Append(" |");
        foreach (byte b in bytes)
        {
            text.Append(b is >= 0x20 and < 0x7f ? (char)b : '.');
        }

        return text.Append('|').ToString();
    }

    private static string Hex(ulong value) => string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");
}
