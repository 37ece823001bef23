using System.Buffers;
using System.Globalization;
using System.Text;

namespace PageAlloc;

/// <summary>
/// Text from the kernel, which is bytes: names may hold anything but NUL. Shown as UTF-8; a byte that is not part of
/// valid UTF-8 becomes <c>\xNN</c>. What the kernel itself escaped (<c>\012</c>) stays.
/// </summary>
internal static class ByteText
{
    /// <summary>The text, with invalid bytes as \xNN; control characters stay, as JSON escapes them itself.</summary>
    public static string ToText(ReadOnlySpan<byte> bytes) => Decode(bytes, escapeControls: false);

    /// <summary>The same, with control characters as \xNN too: safe to send to a terminal.</summary>
    public static string ToPrintable(ReadOnlySpan<byte> bytes) => Decode(bytes, escapeControls: true);

    /// <summary>Whether text can be shown as it is.</summary>
    public static bool IsPlain(ReadOnlySpan<byte> bytes) =>
        System.Text.Ascii.IsValid(bytes) && bytes.IndexOfAnyInRange((byte)0, (byte)31) < 0 && !bytes.Contains((byte)127);

    private static string Decode(ReadOnlySpan<byte> bytes, bool escapeControls)
    {
        if (escapeControls ? IsPlain(bytes) : System.Text.Ascii.IsValid(bytes))
        {
            return Encoding.ASCII.GetString(bytes);
        }

        var text = new StringBuilder(bytes.Length + 16);
        Span<char> chars = stackalloc char[2];
        while (!bytes.IsEmpty)
        {
            OperationStatus status = Rune.DecodeFromUtf8(bytes, out Rune rune, out int consumed);
            if (status == OperationStatus.Done && !(escapeControls && Rune.IsControl(rune)))
            {
                text.Append(chars[..rune.EncodeToUtf16(chars)]);
            }
            else
            {
                foreach (byte b in bytes[..consumed])
                {
                    text.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}");
                }
            }

            bytes = bytes[consumed..];
        }

        return text.ToString();
    }
}
