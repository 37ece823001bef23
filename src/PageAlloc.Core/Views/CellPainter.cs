using System.Text;

namespace PageAlloc.Views;

/// <summary>
/// Paints rows of pixels in a style. With colours and Unicode a character is two pixels: its upper half in the
/// foreground's colour, its lower half in the background's. A pixel is the number of its look; 0 is no pixel.
/// </summary>
internal sealed class CellPainter
{
    private readonly TextStyle _style;
    private readonly byte[] _letters;
    private readonly bool[] _isOwn;
    private readonly byte[][] _foreground;
    private readonly byte[][] _background;

    // The sequence that selects the colours of two pixels, made when they first occur together.
    private readonly byte[]?[] _selections;

    /// <summary>Makes a painter of pixels that look so.</summary>
    /// <param name="style">What the reader can show.</param>
    /// <param name="looks">The looks; one without an index has the terminal's own colour, and is drawn as a full block.</param>
    public CellPainter(TextStyle style, IReadOnlyList<Look> looks)
    {
        _style = style;
        _letters = [.. looks.Select(look => (byte)look.Letter)];
        _isOwn = [.. looks.Select((look, number) => number != 0 && look.Index256 < 0)];
        _foreground = [.. looks.Select(look => Encoding.ASCII.GetBytes(Parameter(look, foreground: true)))];
        _background = [.. looks.Select(look => Encoding.ASCII.GetBytes(Parameter(look, foreground: false)))];
        _selections = new byte[_letters.Length * _letters.Length][];
    }

    /// <summary>
    /// Paints a line: <paramref name="width"/> pixels of the upper row, then as many of the lower one where the style
    /// has two. Pixels of number 0 at the end are left out.
    /// </summary>
    public void Paint(TextSink sink, ReadOnlySpan<byte> pixels, int width)
    {
        ReadOnlySpan<byte> upper = pixels[..width].TrimEnd((byte)0);
        if (_style.Colors == ColorDepth.None)
        {
            Span<byte> text = sink.Reserve(upper.Length);
            for (int i = 0; i < upper.Length; i++)
            {
                text[i] = _letters[upper[i]];
            }

            sink.Advance(upper.Length);
            return;
        }

        ReadOnlySpan<byte> lower = _style.PixelRows == 2 ? pixels[width..] : upper;
        for (int i = 0; i < upper.Length; i++)
        {
            if (i == 0 || upper[i] != upper[i - 1] || lower[i] != lower[i - 1])
            {
                sink.Write(Selection(upper[i], lower[i]));
            }

            sink.Write(Glyph(upper[i], lower[i]));
        }

        sink.Write(upper.IsEmpty ? ""u8 : "\u001b[0m"u8);
    }

    /// <summary>Paints two characters of one look, as legends and folded stretches show it.</summary>
    public void PaintSample(TextSink sink, byte pixel) => Paint(sink, [pixel, pixel, pixel, pixel], 2);

    // The terminal's own colour can't be a background: the half that shows it is always drawn.
    private ReadOnlySpan<byte> Glyph(byte upper, byte lower) =>
        upper != lower ? (_isOwn[lower] ? "▄"u8 : "▀"u8)
        : !_isOwn[upper] ? " "u8
        : _style.Unicode ? "█"u8
        : "?"u8;

    private byte[] Selection(byte upper, byte lower)
    {
        ref byte[]? selection = ref _selections[(upper * _letters.Length) + lower];
        if (selection is null)
        {
            bool drawLower = _isOwn[lower] && !_isOwn[upper];
            byte behind = drawLower ? upper : lower;
            selection = [.. "\u001b["u8, .. _foreground[drawLower ? lower : upper], (byte)';', .. _isOwn[behind] ? "49"u8 : _background[behind], (byte)'m'];
        }

        return selection;
    }

    private string Parameter(Look look, bool foreground)
    {
        int own = foreground ? 39 : 49;
        return _style.Colors switch
        {
            ColorDepth.TrueColor when look.Index256 >= 0 =>
                $"{own - 1};2;{look.Rgb >> 16};{(look.Rgb >> 8) & 0xff};{look.Rgb & 0xff}",
            ColorDepth.Indexed when look.Index256 >= 0 => $"{own - 1};5;{look.Index256}",
            ColorDepth.Sixteen when look.Index16 >= 0 => $"{(look.Index16 < 8 ? own - 9 + look.Index16 : own + 51 + look.Index16 - 8)}",
            _ => $"{own}",
        };
    }
}
