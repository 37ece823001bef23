using System.Buffers.Binary;
using System.Text;

namespace PageAlloc.Targets;

/// <summary>
/// Reads the values of a section in the order in which they were written. Nothing that it reads is believed: a number of
/// things is no larger than the bytes that are left could tell of, and what can't be is damage.
/// </summary>
internal sealed class SectionReader
{
    private readonly ISectionChunks _chunks;
    private byte[] _buffer = [];
    private int _length;
    private int _at;
    private int _next;

    /// <summary>Begins at the start of a section.</summary>
    public SectionReader(ISectionChunks chunks)
    {
        _chunks = chunks;
        Left = chunks.Length;
    }

    /// <summary>The bytes that are left, before compression.</summary>
    public ulong Left { get; private set; }

    /// <summary>Its chunks, to be read in any order.</summary>
    public ISectionChunks Chunks => _chunks;

    /// <summary>What is wrong with the section, as an exception.</summary>
    public TargetException Damage(string what) => _chunks.Damage(what);

    /// <summary>Reads a byte.</summary>
    public byte Byte()
    {
        if (_at == _length)
        {
            NextChunk();
        }

        Left--;
        return _buffer[_at++];
    }

    /// <summary>Reads yes or no.</summary>
    public bool Bool() => Byte() switch { 0 => false, 1 => true, var other => throw Damage($"{other} is neither yes nor no") };

    /// <summary>Reads a number.</summary>
    public ulong Number()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = Byte();
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return shift < 63 || next <= 1 ? value : throw Damage("a number is above 64 bits");
            }
        }

        throw Damage("a number is above 64 bits");
    }

    /// <summary>Reads a number from 0 up to <paramref name="most"/>.</summary>
    public int Number(int most) => Number() is var number && number <= (ulong)most ? (int)number : throw Damage($"{number} stands where {most} is the most");

    /// <summary>Reads how many things follow that take at least <paramref name="leastBytes"/> each.</summary>
    public int Count(int leastBytes) =>
        Number() is var count && count <= Left / (ulong)leastBytes && count <= int.MaxValue
            ? (int)count
            : throw Damage($"it tells of {count} things in {Left} bytes");

    /// <summary>Reads which of several things it is, from 0 on: a value of an enumeration, an item of a list.</summary>
    public int Choice(int count) => Number() is var choice && choice < (ulong)count ? (int)choice : throw Damage($"it names number {choice} of {count}");

    /// <summary>Reads a number that may be null.</summary>
    public ulong? OptionalNumber() => Bool() ? Number() : null;

    /// <summary>Reads four bytes, the lowest first.</summary>
    public uint Fixed()
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        Raw(bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    /// <summary>Reads a range of addresses.</summary>
    public AddressRange Range()
    {
        ulong start = Number();
        ulong length = Number();
        return length <= ulong.MaxValue - start ? new AddressRange(start, start + length) : throw Damage($"a range of {length} bytes from 0x{start:x}");
    }

    /// <summary>Reads bytes after their number.</summary>
    public byte[] Bytes()
    {
        var bytes = new byte[Count(1)];
        Raw(bytes);
        return bytes;
    }

    /// <summary>Reads bytes that may be null.</summary>
    public ReadOnlyMemory<byte>? OptionalBytes() => Bool() ? Bytes() : null;

    /// <summary>Reads text.</summary>
    public string Text() => Encoding.UTF8.GetString(Bytes());

    /// <summary>Reads text that may be null.</summary>
    public string? OptionalText() => Bool() ? Text() : null;

    /// <summary>Reads a list.</summary>
    /// <param name="leastBytes">What an item takes at least.</param>
    /// <param name="read">Reads an item.</param>
    /// <param name="most">How many there may be.</param>
    public List<T> List<T>(int leastBytes, Func<T> read, int most = int.MaxValue)
    {
        int count = Count(leastBytes);
        if (count > most)
        {
            throw Damage($"it tells of {count} things where {most} is the most");
        }

        // What an item takes in memory may be many times what it takes here: the list grows as items are found.
        var list = new List<T>(Math.Min(count, 1024));
        for (int i = 0; i < count; i++)
        {
            list.Add(read());
        }

        return list;
    }

    /// <summary>Reads as many bytes as the span is long.</summary>
    public void Raw(Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_at == _length)
            {
                NextChunk();
            }

            int part = Math.Min(bytes.Length, _length - _at);
            _buffer.AsSpan(_at, part).CopyTo(bytes);
            _at += part;
            Left -= (ulong)part;
            bytes = bytes[part..];
        }
    }

    /// <summary>Passes over bytes.</summary>
    public void Skip(int bytes)
    {
        while (bytes > 0)
        {
            if (_at == _length)
            {
                NextChunk();
            }

            int part = Math.Min(bytes, _length - _at);
            _at += part;
            Left -= (ulong)part;
            bytes -= part;
        }
    }

    private void NextChunk()
    {
        if (_next == _chunks.Count)
        {
            throw Damage("it ends too early");
        }

        if (_buffer.Length == 0)
        {
            _buffer = new byte[SnapshotFormat.ChunkSize];
        }

        _length = _chunks.Read(_next++, _buffer);
        _at = 0;
    }
}
