using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace PageAlloc.Views;

/// <summary>Writes text as UTF-8 bytes, with no string for what is written often.</summary>
internal sealed class TextSink(IBufferWriter<byte> output)
{
    /// <summary>Writes bytes as they are.</summary>
    public TextSink Write(ReadOnlySpan<byte> bytes)
    {
        output.Write(bytes);
        return this;
    }

    /// <summary>Writes text.</summary>
    public TextSink Write(string text)
    {
        Encoding.UTF8.GetBytes(text, output);
        return this;
    }

    /// <summary>Writes a character of ASCII <paramref name="count"/> times.</summary>
    public TextSink Repeat(char c, int count)
    {
        if (count > 0)
        {
            output.GetSpan(count)[..count].Fill((byte)c);
            output.Advance(count);
        }

        return this;
    }

    /// <summary>Room for <paramref name="length"/> bytes at least, to be written to before anything else is; <see cref="Advance"/> says how many were.</summary>
    public Span<byte> Reserve(int length) => output.GetSpan(length);

    /// <summary>Takes bytes that were written to what <see cref="Reserve"/> gave.</summary>
    public void Advance(int length) => output.Advance(length);

    /// <summary>Writes a number.</summary>
    public TextSink Write(int number)
    {
        Utf8Formatter.TryFormat(number, output.GetSpan(11), out int length);
        output.Advance(length);
        return this;
    }

    /// <summary>Writes text in a column of <paramref name="width"/>: filled up with blanks behind it, or before it when negative.</summary>
    public TextSink Column(string text, int width)
    {
        int fill = Math.Abs(width) - text.Length;
        return width < 0 ? Repeat(' ', fill).Write(text) : Write(text).Repeat(' ', fill);
    }

    /// <summary>Writes the start of a row: the address 16 wide, filled with dots on the left.</summary>
    public TextSink Address(ulong address)
    {
        const int digits = 16;
        const int blanks = 2;
        Span<byte> text = output.GetSpan(digits + (2 * blanks))[..(digits + (2 * blanks))];
        text.Fill((byte)' ');
        for (int i = digits + blanks - 1; i >= blanks; i--, address >>= 4)
        {
            text[i] = address != 0 || i == digits + blanks - 1 ? "0123456789abcdef"u8[(int)(address & 0xf)] : (byte)'.';
        }

        output.Advance(text.Length);
        return this;
    }

    /// <summary>Ends the line.</summary>
    public TextSink EndLine() => Write("\n"u8);

    /// <summary>A count with separators: <c>1,048,576</c>.</summary>
    public static string Count(ulong count) => Amounts.Count(count);

    /// <summary>A count of pages: <c>1 page</c>, <c>1,024 pages</c>.</summary>
    public static string Pages(ulong pages) => Amounts.Of(pages, "page");

    /// <summary>See <see cref="Amounts.Size"/>.</summary>
    public static string Size(ulong bytes) => Amounts.Size(bytes);
}
