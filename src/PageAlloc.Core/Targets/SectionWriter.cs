using System.Buffers.Binary;
using System.Text;

namespace PageAlloc.Targets;

/// <summary>
/// Writes the values of a section one after another: numbers in groups of seven bits, the lowest first, and strings of bytes
/// after their length. What is written goes out in chunks of <see cref="SnapshotFormat.ChunkSize"/>.
/// </summary>
/// <param name="write">Takes a chunk, which it must not keep.</param>
internal sealed class SectionWriter(SectionWriter.ChunkSink write)
{
    private readonly byte[] _buffer = new byte[SnapshotFormat.ChunkSize];
    private int _length;

    /// <summary>Takes a chunk.</summary>
    public delegate void ChunkSink(ReadOnlySpan<byte> chunk);

    /// <summary>Writes a byte.</summary>
    public void Byte(byte value)
    {
        if (_length == _buffer.Length)
        {
            EndChunk();
        }

        _buffer[_length++] = value;
    }

    /// <summary>Writes yes or no.</summary>
    public void Bool(bool value) => Byte(value ? (byte)1 : (byte)0);

    /// <summary>Writes a number that is not negative.</summary>
    public void Number(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            Byte((byte)(value | 0x80));
        }

        Byte((byte)value);
    }

    /// <summary>Writes a count or another number that is not negative.</summary>
    public void Number(int value) => Number(checked((ulong)value));

    /// <summary>Writes a number that may be null, after whether it is there.</summary>
    public void Optional(ulong? value)
    {
        Bool(value is not null);
        if (value is { } number)
        {
            Number(number);
        }
    }

    /// <summary>Writes four bytes, the lowest first.</summary>
    public void Fixed(uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        Raw(bytes);
    }

    /// <summary>Writes a range of addresses.</summary>
    public void Range(AddressRange range)
    {
        Number(range.Start);
        Number(range.Length);
    }

    /// <summary>Writes bytes after their number.</summary>
    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Number(bytes.Length);
        Raw(bytes);
    }

    /// <summary>Writes bytes that may be null.</summary>
    public void Optional(ReadOnlyMemory<byte>? bytes)
    {
        Bool(bytes is not null);
        if (bytes is { } some)
        {
            Bytes(some.Span);
        }
    }

    /// <summary>Writes text.</summary>
    public void Text(string text) => Bytes(Encoding.UTF8.GetBytes(text));

    /// <summary>Writes text that may be null.</summary>
    public void Optional(string? text)
    {
        Bool(text is not null);
        if (text is not null)
        {
            Text(text);
        }
    }

    /// <summary>Writes a list after its length.</summary>
    public void List<T>(IReadOnlyCollection<T> items, Action<T> write)
    {
        Number(items.Count);
        foreach (T item in items)
        {
            write(item);
        }
    }

    /// <summary>Writes bytes as they are.</summary>
    public void Raw(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_length == _buffer.Length)
            {
                EndChunk();
            }

            int part = Math.Min(bytes.Length, _buffer.Length - _length);
            bytes[..part].CopyTo(_buffer.AsSpan(_length));
            _length += part;
            bytes = bytes[part..];
        }
    }

    /// <summary>Ends a chunk: what follows begins another.</summary>
    public void EndChunk()
    {
        if (_length != 0)
        {
            write(_buffer.AsSpan(0, _length));
            _length = 0;
        }
    }
}
