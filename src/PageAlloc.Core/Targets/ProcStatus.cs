namespace PageAlloc.Targets;

/// <summary>Reads fields of texts like /proc/PID/status and /proc/meminfo: lines of a name, a colon and a value.</summary>
internal static class ProcStatus
{
    /// <summary>The value of the field <paramref name="name"/> (colon included), without blanks around it; empty when it is not there.</summary>
    public static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name)
    {
        while (!text.IsEmpty)
        {
            int end = text.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? text : text[..end];
            if (line.StartsWith(name))
            {
                return line[name.Length..].Trim(" \t"u8);
            }

            text = end < 0 ? default : text[(end + 1)..];
        }

        return default;
    }

    /// <summary>A field of the form <c>Name:   n kB</c> in bytes; null when it is not there or is no number.</summary>
    public static ulong? Bytes(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name) =>
        System.Buffers.Text.Utf8Parser.TryParse(Field(text, name), out ulong value, out _) ? value << 10 : null;
}
