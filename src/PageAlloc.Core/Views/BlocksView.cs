using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Text;
using PageAlloc.Blocks;
using PageAlloc.Heaps;

namespace PageAlloc.Views;

/// <summary>The forms in which blocks are listed.</summary>
public enum BlockFormat
{
    /// <summary>Columns for people.</summary>
    Text = 0,

    /// <summary>Values separated by commas, after a row of names.</summary>
    Csv,

    /// <summary>A JSON object a line.</summary>
    JsonLines,
}

/// <summary>
/// A row for each block, in address order, as they come: address, size, usable size, state, arena. Nothing is allocated for
/// a row.
/// </summary>
public sealed class BlocksView : IOrderedBlockSink
{
    // Three numbers, a state, an arena, and what stands between them.
    private const int LongestRow = 192;

    // Columns of the text.
    private const int SizeEnd = 32;
    private const int UsableEnd = 46;
    private const int ArenaStart = 59;

    private static readonly BlockState[] s_states = Enum.GetValues<BlockState>();

    private readonly BlockFormat _format;
    private readonly BlockFilter _filter;
    private readonly IBufferWriter<byte> _output;
    private readonly byte[] _mmappedTail;

    // How a row ends, by the state of its block.
    private byte[][] _tails = [];
    private bool _skip;
    private ulong _pointerSize;

    /// <summary>Makes the view, and writes the row of names where the format has one.</summary>
    /// <param name="format">The form of the rows.</param>
    /// <param name="filter">Which blocks are listed.</param>
    /// <param name="output">Gets UTF-8.</param>
    public BlocksView(BlockFormat format, BlockFilter filter, IBufferWriter<byte> output)
    {
        _format = format;
        _filter = filter;
        _output = output;
        _mmappedTail = TailOf(BlockState.Mmapped, null);
        output.Write(format switch
        {
            BlockFormat.Csv => "address,size,usable,state,arena\n"u8,
            BlockFormat.Text => "address                     size        usable  state      arena\n"u8,
            _ => ""u8,
        });
    }

    /// <inheritdoc/>
    public void BeginSegment(Arena arena, Segment segment)
    {
        _skip = _filter.Arena is { } wanted && wanted != arena.Address;
        _pointerSize = (ulong)arena.Layout.PointerSize;
        _tails = Array.ConvertAll(s_states, state => TailOf(state, $"0x{arena.Address:x}"));
    }

    /// <inheritdoc/>
    public void Add(in Block block)
    {
        if (!_skip && _filter.Wants(block.State, block.Size))
        {
            ulong usable = block.State is BlockState.Used or BlockState.Tcache or BlockState.Fast ? block.Size - _pointerSize : 0;
            WriteRow(block.Address + (2 * _pointerSize), block.Size, usable, _tails[(int)block.State]);
        }
    }

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<Block> blocks)
    {
        foreach (ref readonly Block block in blocks)
        {
            Add(in block);
        }
    }

    /// <inheritdoc/>
    public void Add(MmappedBlock block)
    {
        ulong size = block.Range.End - block.Chunk;
        if (_filter.Arena is null && _filter.Wants(BlockState.Mmapped, size))
        {
            WriteRow(block.User, size, block.Usable, _mmappedTail);
        }
    }

    /// <inheritdoc/>
    public void EndSegment()
    {
    }

    private void WriteRow(ulong address, ulong size, ulong usable, ReadOnlySpan<byte> tail)
    {
        var row = new Row(_output.GetSpan(LongestRow));
        switch (_format)
        {
            case BlockFormat.Csv:
                row.Address(address).Byte(',').Number(size).Byte(',').Number(usable).Text(tail);
                break;
            case BlockFormat.JsonLines:
                row.Text("{\"address\":\""u8).Address(address).Text("\",\"size\":"u8).Number(size).Text(",\"usable\":"u8).Number(usable).Text(tail);
                break;
            default:
                row.Address(address).NumberUpTo(SizeEnd, size).NumberUpTo(UsableEnd, usable).FillTo(UsableEnd + 2).Text(tail);
                break;
        }

        _output.Advance(row.Length);
    }

    private byte[] TailOf(BlockState state, string? arena)
    {
        string name = BlockFilter.NameOf(state);
        return Encoding.ASCII.GetBytes(_format switch
        {
            BlockFormat.Csv => $",{name},{arena}\n",
            BlockFormat.JsonLines => $",\"state\":\"{name}\",\"arena\":{(arena is null ? "null" : $"\"{arena}\"")}}}\n",
            _ => $"{(arena is null ? name : name.PadRight(ArenaStart - UsableEnd - 2) + arena)}\n",
        });
    }

    /// <summary>A row that is being written, right into the output.</summary>
    private ref struct Row(Span<byte> bytes)
    {
        private readonly Span<byte> _bytes = bytes;

        public int Length { get; private set; }

        [UnscopedRef]
        public ref Row Text(scoped ReadOnlySpan<byte> text)
        {
            text.CopyTo(_bytes[Length..]);
            Length += text.Length;
            return ref this;
        }

        [UnscopedRef]
        public ref Row Byte(char one)
        {
            _bytes[Length++] = (byte)one;
            return ref this;
        }

        [UnscopedRef]
        public ref Row Address(ulong address)
        {
            // The most of a row are these digits: the formatter of the library takes twice as long.
            int digits = Math.Max(1, (67 - BitOperations.LeadingZeroCount(address)) / 4);
            Span<byte> text = _bytes.Slice(Length, 2 + digits);
            for (int i = text.Length - 1; i >= 2; i--, address >>= 4)
            {
                text[i] = "0123456789abcdef"u8[(int)(address & 15)];
            }

            (text[0], text[1]) = ((byte)'0', (byte)'x');
            Length += text.Length;
            return ref this;
        }

        [UnscopedRef]
        public ref Row Number(ulong number)
        {
            Utf8Formatter.TryFormat(number, _bytes[Length..], out int length);
            Length += length;
            return ref this;
        }

        /// <summary>Writes a number that ends before a column.</summary>
        [UnscopedRef]
        public ref Row NumberUpTo(int column, ulong number)
        {
            Span<byte> digits = stackalloc byte[20];
            Utf8Formatter.TryFormat(number, digits, out int length);
            return ref FillTo(column - length).Text(digits[..length]);
        }

        [UnscopedRef]
        public ref Row FillTo(int column)
        {
            int fill = Math.Max(column - Length, 0);
            _bytes.Slice(Length, fill).Fill((byte)' ');
            Length += fill;
            return ref this;
        }
    }
}
