using System.Text;

namespace PageAlloc.Views;

/// <summary>
/// Paints rows of pixels in a style. With colours and Unicode a character is two pixels: its upper half in the
/// foreground's colour, its lower half in the background's.
/// </summary>
internal sealed class CellPainter
{
    private readonly TextStyle _style;
    private readonly byte[] _letters = new byte[CellStates.Count];
    private readonly byte[][] _foreground = new byte[CellStates.Count][];
    private readonly byte[][] _background = new byte[CellStates.Count][];

    public CellPainter(TextStyle style)
    {
        _style = style;
        for (int i = 0; i < CellStates.Count; i++)
        {
            Look look = Palette.Of((CellState)i);
            _letters[i] = (byte)look.Letter;
            _foreground[i] = Encoding.ASCII.GetBytes(Parameter(look, foreground: true));
            _background[i] = Encoding.ASCII.GetBytes(Parameter(look, foreground: false));
        }
    }

    /// <summary>
    /// Paints a line: <paramref name="width"/> pixels of the upper row, then as many of the lower one where the style
    /// has two. Pixels of <see cref="CellState.None"/> at the end are left out.
    /// </summary>
    public void Paint(TextSink sink, ReadOnlySpan<CellState> pixels, int width)
    {
        ReadOnlySpan<CellState> upper = pixels[..width];
        while (!upper.IsEmpty && upper[^1] == CellState.None)
        {
            upper = upper[..^1];
        }

        if (_style.Colors == ColorDepth.None)
        {
            foreach (CellState state in upper)
            {
                sink.Repeat((char)_letters[(int)state], 1);
            }

            return;
        }

        ReadOnlySpan<CellState> lower = _style.PixelRows == 2 ? pixels[width..] : upper;
        CellState lastUpper = CellState.None;
        CellState lastLower = CellState.None;
        for (int i = 0; i < upper.Length; i++)
        {
            if (i == 0 || upper[i] != lastUpper || lower[i] != lastLower)
            {
                lastUpper = upper[i];
                lastLower = lower[i];
                Select(sink, lastUpper, lastLower);
            }

            sink.Write(Glyph(lastUpper, lastLower));
        }

        sink.Write(upper.IsEmpty ? ""u8 : "\u001b[0m"u8);
    }

    // The terminal's own colour, for unknown, can't be a background: the half that shows it is always drawn.
    private ReadOnlySpan<byte> Glyph(CellState upper, CellState lower) =>
        upper != lower ? (lower == CellState.Unknown ? "▄"u8 : "▀"u8)
        : upper != CellState.Unknown ? " "u8
        : _style.Unicode ? "█"u8
        : "?"u8;

    private void Select(TextSink sink, CellState upper, CellState lower)
    {
        bool drawLower = lower == CellState.Unknown && upper != CellState.Unknown;
        byte[] drawn = _foreground[(int)(drawLower ? lower : upper)];
        CellState behind = drawLower ? upper : lower;
        sink.Write("\u001b["u8).Write(drawn).Write(";"u8)
            .Write(behind == CellState.Unknown ? "49"u8 : _background[(int)behind]).Write("m"u8);
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
