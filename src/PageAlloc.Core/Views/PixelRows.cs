namespace PageAlloc.Views;

/// <summary>
/// Writes a stretch of memory as rows of pixels. It takes the pixels as they come, in runs, and keeps one row:
/// equal neighbours are joined, and what would fill several rows becomes one line that says how much it is.
/// </summary>
internal sealed class PixelRows
{
    // Shorter uniform stretches are better seen than told.
    private const ulong FoldedLines = 4;
    private const ulong FittingLines = 8;

    private readonly TextSink _sink;
    private readonly CellPainter _painter;
    private readonly MapOptions _options;
    private readonly Func<byte, ulong, AddressRange, string> _tell;
    private readonly byte[] _line;
    private readonly ulong _folded;
    private ulong _address;
    private ulong _end;
    private ulong _bytesPerPixel;
    private int _at;
    private byte _pixel;
    private ulong _count;

    /// <summary>Makes a writer.</summary>
    /// <param name="sink">Gets the rows.</param>
    /// <param name="painter">Paints them.</param>
    /// <param name="options">How wide they are, and whether to fold.</param>
    /// <param name="tell">What to say of a folded stretch: its pixel, how many of it, and where.</param>
    public PixelRows(TextSink sink, CellPainter painter, MapOptions options, Func<byte, ulong, AddressRange, string> tell)
    {
        _sink = sink;
        _painter = painter;
        _options = options;
        _tell = tell;
        _line = new byte[LineOf(options)];
        _folded = options.Fold ? FoldedLines * (ulong)_line.Length : ulong.MaxValue;
    }

    /// <summary>The smallest power of two by which <paramref name="pixels"/> shrink to a few lines.</summary>
    public static ulong FittingScale(ulong pixels, MapOptions options)
    {
        ulong most = (ulong)LineOf(options) * FittingLines;
        return pixels <= most ? 1 : System.Numerics.BitOperations.RoundUpToPowerOf2((pixels + most - 1) / most);
    }

    /// <summary>Begins a stretch.</summary>
    public void Begin(AddressRange range, ulong bytesPerPixel)
    {
        _address = range.Start;
        _end = range.End;
        _bytesPerPixel = bytesPerPixel;
        _at = 0;
        _count = 0;
    }

    /// <summary>Adds pixels of one look.</summary>
    public void Add(byte pixel, ulong count)
    {
        if (pixel != _pixel)
        {
            Flush(isLast: false);
            _pixel = pixel;
        }

        _count += count;
    }

    /// <summary>Ends the stretch: a row begun is written.</summary>
    public void End()
    {
        Flush(isLast: true);
        if (_at != 0)
        {
            _line.AsSpan(_at).Clear();
            WriteRow();
        }
    }

    /// <summary>Writes a line that says what a stretch is; none may be begun.</summary>
    public void Tell(byte pixel, ulong address, string text)
    {
        _painter.PaintSample(_sink.Address(address), pixel);
        _sink.Write(" "u8).Write(text).EndLine();
    }

    private static int LineOf(MapOptions options) => options.Width * options.Style.PixelRows;

    private void Flush(bool isLast)
    {
        // Pixels that differ one by one are what scattered memory has.
        if (_count == 1 && _at < _line.Length - 1)
        {
            _line[_at++] = _pixel;
            _count = 0;
            return;
        }

        var line = (ulong)_line.Length;
        while (_count != 0)
        {
            if (_at == 0 && _count >= _folded)
            {
                ulong folded = isLast ? _count : _count / line * line;
                ulong end = Math.Min(_end, _address + (folded * _bytesPerPixel));
                var range = new AddressRange(_address, end);
                Tell(_pixel, range.Start, _tell(_pixel, folded, range));
                _address = end;
                _count -= folded;
                continue;
            }

            int taken = (int)Math.Min(_count, (ulong)(_line.Length - _at));
            _line.AsSpan(_at, taken).Fill(_pixel);
            _at += taken;
            _count -= (ulong)taken;
            if (_at == _line.Length)
            {
                WriteRow();
            }
        }
    }

    private void WriteRow()
    {
        _painter.Paint(_sink.Address(_address), _line, _options.Width);
        _sink.EndLine();
        _address += (ulong)_at * _bytesPerPixel;
        _at = 0;
    }
}
