using System.Buffers;
using PageAlloc.Heaps;
using PageAlloc.Insight;

namespace PageAlloc.Views;

/// <summary>
/// The picture of the heaps by pages: for each arena a line with its owner, then for each segment rows of pixels, each of a
/// page, coloured by what is on it and where it is. It takes the pages of a walk and writes as they come, in constant memory.
/// </summary>
public sealed class HeapPageMapView : IHeapPageSink
{
    private readonly HeapSet _heaps;
    private readonly Func<Arena, bool> _isShown;
    private readonly MapOptions _options;
    private readonly ulong _pageSize;
    private readonly TextSink _sink;
    private readonly PixelRows _rows;
    private Arena? _arena;
    private bool _skip;

    // Pages in a pixel, and those of the pixel begun, by the pixel that they would make alone.
    private ulong _scale = 1;
    private readonly ulong[] _tally = new ulong[HeapPagePalette.Looks.Count];
    private ulong _begun;

    /// <summary>Makes the view.</summary>
    /// <param name="heaps">The heaps that will be walked.</param>
    /// <param name="isShown">Which arenas are drawn; null for all.</param>
    /// <param name="options">How.</param>
    /// <param name="pageSize">The size of a base page in bytes.</param>
    /// <param name="output">Gets UTF-8.</param>
    public HeapPageMapView(HeapSet heaps, Func<Arena, bool>? isShown, MapOptions options, int pageSize, IBufferWriter<byte> output)
    {
        _heaps = heaps;
        _isShown = isShown ?? (_ => true);
        _options = options;
        _pageSize = (ulong)pageSize;
        _sink = new TextSink(output);
        _rows = new PixelRows(_sink, new CellPainter(options.Style, HeapPagePalette.Looks), options, Tell);
    }

    /// <summary>Writes the legend: the classes of pages in RAM, and of others.</summary>
    public static void WriteLegend(MapOptions options, IBufferWriter<byte> output)
    {
        const int columnWidth = 34;
        const int rows = 5;
        const int first = 2;
        var sink = new TextSink(output);
        var painter = new CellPainter(options.Style, HeapPagePalette.Looks);
        for (int row = first; row < first + rows; row++)
        {
            // Behind the last state comes the unknown one, which is the first.
            int beside = row + rows < HeapPagePalette.Looks.Count ? row + rows : 1;
            Sample((byte)row, columnWidth);
            Sample((byte)beside, 0);
            sink.EndLine();
        }

        void Sample(byte pixel, int width)
        {
            painter.PaintSample(sink.Write("    "u8), pixel);
            sink.Write("  "u8).Column(HeapPagePalette.Looks[pixel].Name, width);
        }
    }

    /// <inheritdoc/>
    public void BeginSegment(Arena arena, Segment segment)
    {
        if (_arena?.Address != arena.Address)
        {
            _arena = arena;
            _skip = !_isShown(arena);
            BeginArena(arena);
        }

        _rows.Begin(new AddressRange(segment.Range.Start & ~(_pageSize - 1), segment.Range.End), _scale * _pageSize);
    }

    /// <inheritdoc/>
    public void Add(HeapPageClass pages, ulong count, ulong freeBytes)
    {
        if (_skip)
        {
            return;
        }

        byte pixel = HeapPagePalette.Of(pages, freeBytes, _pageSize);
        if (_begun != 0)
        {
            ulong taken = Math.Min(count, _scale - _begun);
            _tally[pixel] += taken;
            _begun += taken;
            count -= taken;
            if (_begun == _scale)
            {
                EndPixel();
            }
        }

        if (count >= _scale)
        {
            _rows.Add(pixel, count / _scale);
            count %= _scale;
        }

        _tally[pixel] += count;
        _begun += count;
    }

    /// <inheritdoc/>
    public void EndSegment()
    {
        if (!_skip)
        {
            EndPixel();
            _rows.End();
        }
    }

    private void BeginArena(Arena arena)
    {
        ulong pages = arena.Segments.Aggregate(0UL, (sum, segment) => sum + ((segment.Range.Length + _pageSize - 1) / _pageSize));
        _scale = _options.Scale ?? PixelRows.FittingScale(pages, _options);
        if (_skip)
        {
            return;
        }

        _sink.Write($"arena @0x{arena.Address:x}  {HeapOwner.Of(arena, _heaps)}  1 pixel = {TextSink.Pages(_scale)} ({TextSink.Size(_scale * _pageSize)})").EndLine();
    }

    // The commonest but for those that are not present, as in the map of pages.
    private void EndPixel()
    {
        if (_begun == 0)
        {
            return;
        }

        byte winner = HeapPagePalette.Absent;
        ulong most = 0;
        for (byte i = 1; i < HeapPagePalette.Absent; i++)
        {
            if (_tally[i] > most)
            {
                winner = i;
                most = _tally[i];
            }
        }

        _rows.Add(winner, 1);
        Array.Clear(_tally);
        _begun = 0;
    }

    private string Tell(byte pixel, ulong pixels, AddressRange range) => _scale == 1
        ? $"{TextSink.Size(range.Length)} {HeapPagePalette.Looks[pixel].Name}, {TextSink.Pages(pixels)}"
        : $"{TextSink.Count(pixels)} pixels of this kind, {TextSink.Size(range.Length)} of addresses";
}
