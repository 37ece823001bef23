using System.Buffers;
using PageAlloc.Blocks;
using PageAlloc.Heaps;

namespace PageAlloc.Views;

/// <summary>
/// The picture of the heaps: for each arena a line with its owner, then for each segment rows of pixels, each of eight units
/// of two pointers, as gray as they are used. It takes the blocks of a walk and writes as they come, in constant memory.
/// </summary>
public sealed class HeapMapView : IBlockSink
{
    private readonly HeapSet _heaps;
    private readonly Func<Arena, bool> _isShown;
    private readonly MapOptions _options;
    private readonly TextSink _sink;
    private readonly PixelRows _rows;
    private Arena? _arena;
    private bool _skip;

    private ulong _unitSize;
    private ulong _unitsPerPixel;

    // What was added goes up to here; the pixel begun has so many units, by what each would make alone.
    private readonly ulong[] _units = new ulong[HeapPalette.Looks.Count];
    private ulong _begun;
    private ulong _address;
    private ulong _end;

    /// <summary>Makes the view.</summary>
    /// <param name="heaps">The heaps that will be walked.</param>
    /// <param name="isShown">Which arenas are drawn; null for all.</param>
    /// <param name="options">How.</param>
    /// <param name="output">Gets UTF-8.</param>
    public HeapMapView(HeapSet heaps, Func<Arena, bool>? isShown, MapOptions options, IBufferWriter<byte> output)
    {
        _heaps = heaps;
        _isShown = isShown ?? (_ => true);
        _options = options;
        _sink = new TextSink(output);
        _rows = new PixelRows(_sink, new CellPainter(options.Style, HeapPalette.Looks), options, Tell);
    }

    /// <summary>Writes the legend: the grays, and what is no block.</summary>
    public static void WriteLegend(MapOptions options, IBufferWriter<byte> output)
    {
        const int columnWidth = 26;
        var sink = new TextSink(output);
        var painter = new CellPainter(options.Style, HeapPalette.Looks);
        for (byte pixel = HeapPalette.NoneUsed; pixel <= HeapPalette.AllUsed; pixel++)
        {
            int beside = HeapPalette.Overhead + pixel - HeapPalette.NoneUsed;
            bool isLast = beside >= HeapPalette.Looks.Count;
            Sample(pixel, "    "u8, isLast ? 0 : columnWidth);
            if (!isLast)
            {
                Sample((byte)beside, "  "u8, 0);
            }

            sink.EndLine();
        }

        void Sample(byte pixel, ReadOnlySpan<byte> before, int width)
        {
            painter.PaintSample(sink.Write(before), pixel);
            sink.Write("  "u8).Column(HeapPalette.Looks[pixel].Name, width);
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

        // Chunks are whole units; what stands before the first may begin within one.
        _address = segment.Range.Start - (segment.Range.Start % _unitSize);
        _end = segment.Range.End;
        BeginRows();
    }

    /// <inheritdoc/>
    public void Add(in Block block)
    {
        if (_skip)
        {
            return;
        }

        if (block.State == BlockState.Top && _options.Fold)
        {
            EndRows();
            _rows.Tell(HeapPalette.NoneUsed, block.Address, $"{TextSink.Size(block.Size)} top chunk");
            _address = block.End;
            BeginRows();
            return;
        }

        ulong units = block.End <= _address ? 0 : (block.End - _address + _unitSize - 1) / _unitSize;
        _address += units * _unitSize;
        byte pixel = HeapPalette.Of(block.State);
        if (_begun != 0)
        {
            ulong taken = Math.Min(units, _unitsPerPixel - _begun);
            _units[pixel] += taken;
            _begun += taken;
            units -= taken;
            if (_begun == _unitsPerPixel)
            {
                EndPixel();
            }
        }

        if (units >= _unitsPerPixel)
        {
            _rows.Add(pixel, units / _unitsPerPixel);
            units %= _unitsPerPixel;
        }

        _units[pixel] += units;
        _begun += units;
    }

    /// <inheritdoc/>
    public void EndSegment()
    {
        if (!_skip)
        {
            EndRows();
        }
    }

    private void BeginArena(Arena arena)
    {
        _unitSize = (ulong)arena.Layout.HeaderSize;
        ulong scale = _options.Scale ?? PixelRows.FittingScale(Length(arena) / (HeapPalette.Eighths * _unitSize), _options);
        _unitsPerPixel = HeapPalette.Eighths * scale;
        if (_skip)
        {
            return;
        }

        _sink.Write($"arena @0x{arena.Address:x}  {HeapOwner.Of(arena, _heaps)}");
        if (scale > 1)
        {
            _sink.Write($"  1 pixel = {TextSink.Count(_unitsPerPixel)} units ({TextSink.Size(_unitsPerPixel * _unitSize)})");
        }

        _sink.EndLine();
    }

    // What a folded top takes is one line, whatever its size.
    private ulong Length(Arena arena)
    {
        ulong length = 0;
        foreach (Segment segment in arena.Segments)
        {
            ulong end = _options.Fold && segment.Range.Contains(arena.State.Top) ? arena.State.Top : segment.Range.End;
            length += end - segment.Range.Start;
        }

        return length;
    }

    private void BeginRows() => _rows.Begin(new AddressRange(_address, _end), _unitsPerPixel * _unitSize);

    private void EndRows()
    {
        EndPixel();
        _rows.End();
    }

    private void EndPixel()
    {
        if (_begun != 0)
        {
            _rows.Add(HeapPalette.Of(_units), 1);
            Array.Clear(_units);
            _begun = 0;
        }
    }

    // A pixel of many units may be a little more or less used than it shows.
    private string Tell(byte pixel, ulong pixels, AddressRange range) => _unitsPerPixel == HeapPalette.Eighths
        ? $"{TextSink.Size(range.Length)}, {HeapPalette.Looks[pixel].Name}"
        : $"{TextSink.Count(pixels)} pixels of this kind, {TextSink.Size(range.Length)} of addresses";
}
