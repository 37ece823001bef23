using System.Buffers;
using System.Text;
using PageAlloc.Symbols;

namespace PageAlloc.Heaps.Glibc;

/// <summary>Finds out which release a libc is of, by what its file says of itself.</summary>
internal static class GlibcVersion
{
    // A libc has two megabytes; a static program, which says nothing, may be of any size.
    private const int MaxSearchedBytes = 64 << 20;
    private const int MaxLength = 16;
    private const int MaxVendorLength = 128;

    private static readonly SearchValues<byte> s_ofNumbers = SearchValues.Create("0123456789."u8);

    private static ReadOnlySpan<byte> Banner => "GNU C Library ("u8;

    private static ReadOnlySpan<byte> BeforeNumber => "release version "u8;

    /// <summary>The release, such as <c>2.36</c>; null when the file does not tell.</summary>
    public static string? Of(ElfImage image)
    {
        // libthread_db asks for the same word. source: nptl_db/nptl-version
        Span<byte> word = stackalloc byte[MaxLength];
        return (image.TryFindSymbol("__nptl_version"u8, out ElfSymbol symbol) || image.TryFindSymbol("nptl_version"u8, out symbol))
            && image.TryRead(symbol.Value, word) && Number(word) is { } number
            ? number
            : InBanner(image.Bytes.Span);
    }

    /// <summary>The release in the text that libc prints when it is run as a program; null when there is none.</summary>
    public static string? InBanner(ReadOnlySpan<byte> bytes)
    {
        int start = bytes.Length > MaxSearchedBytes ? -1 : bytes.IndexOf(Banner);
        if (start < 0)
        {
            return null;
        }

        bytes = bytes[start..Math.Min(bytes.Length, start + MaxVendorLength)];
        start = bytes.IndexOf(BeforeNumber);
        return start < 0 ? null : Number(bytes[(start + BeforeNumber.Length)..]);
    }

    private static string? Number(ReadOnlySpan<byte> text)
    {
        int length = text[..Math.Min(text.Length, MaxLength)].IndexOfAnyExcept(s_ofNumbers);
        text = (length < 0 ? default : text[..length]).TrimEnd((byte)'.');
        return text.Contains((byte)'.') && text[0] != '.' ? Encoding.ASCII.GetString(text) : null;
    }
}
