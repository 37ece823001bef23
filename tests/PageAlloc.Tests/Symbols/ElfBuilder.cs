using System.Buffers.Binary;
using System.Text;

namespace PageAlloc.Tests.Symbols;

/// <summary>Writes an ELF file byte by byte, right or wrong as a test wants it. One PT_LOAD maps the file at address 0.</summary>
internal sealed class ElfBuilder(bool is64 = true, ushort machine = 62)
{
    public const int Start = 0x400;

    private readonly byte[] _bytes = new byte[0x4000];
    private readonly List<(uint Type, uint Flags, ulong Offset, ulong Address, ulong FileSize, ulong MemorySize)> _segments = [];
    private readonly List<(ulong Tag, ulong Value)> _dynamic = [];
    private readonly List<byte[]> _sections = [];
    private int _end = Start;

    public int Word => is64 ? 8 : 4;

    public int End => _end;

    public uint SegmentCount { get; set; } = uint.MaxValue;

    public ulong SegmentOffset { get; set; } = 64;

    public Span<byte> Bytes => _bytes;

    /// <summary>Puts bytes at the next free place, and says where.</summary>
    public ulong Put(ReadOnlySpan<byte> bytes)
    {
        int at = _end = (_end + 7) & ~7;
        bytes.CopyTo(_bytes.AsSpan(at));
        _end += bytes.Length;
        return (ulong)at;
    }

    public ulong PutWords(params ulong[] words) => Put([.. words.SelectMany(WordBytes)]);

    public ulong PutU32(params uint[] values) => Put([.. values.SelectMany(v => BitConverter.GetBytes(v))]);

    public void Set(ulong at, ulong word) => WordBytes(word).CopyTo(_bytes, (int)at);

    public byte[] WordBytes(ulong value) => BitConverter.GetBytes(value)[..Word];

    public ElfBuilder Segment(uint type, ulong offset, ulong address, ulong size, ulong? memorySize = null, uint flags = 6)
    {
        _segments.Add((type, flags, offset, address, size, memorySize ?? size));
        return this;
    }

    public ElfBuilder Dynamic(ulong tag, ulong value)
    {
        _dynamic.Add((tag, value));
        return this;
    }

    public ElfBuilder Section(uint type, ulong offset, ulong size, uint name = 0, uint link = 0, ulong flags = 0)
    {
        using var s = new MemoryStream();
        s.Write(BitConverter.GetBytes(name));
        s.Write(BitConverter.GetBytes(type));
        s.Write(WordBytes(flags));
        s.Write(WordBytes(0));
        s.Write(WordBytes(offset));
        s.Write(WordBytes(size));
        s.Write(BitConverter.GetBytes(link));
        s.Write(BitConverter.GetBytes(0));
        s.Write(WordBytes(1));
        s.Write(WordBytes(0));
        _sections.Add(s.ToArray());
        return this;
    }

    /// <summary>The entry of a symbol table.</summary>
    public byte[] Symbol(uint name, ulong value, ulong size, byte type = 1, ushort section = 1)
    {
        byte[] head = [type];
        byte[] where = BitConverter.GetBytes(section);
        return is64
            ? [.. BitConverter.GetBytes(name), .. head, 0, .. where, .. WordBytes(value), .. WordBytes(size)]
            : [.. BitConverter.GetBytes(name), .. WordBytes(value), .. WordBytes(size), .. head, 0, .. where];
    }

    /// <summary>A dynamic symbol table with one name, reached by a hash table of the kind given.</summary>
    public ElfBuilder DynamicSymbol(string name, ulong value, bool gnu)
    {
        byte[] text = Encoding.ASCII.GetBytes("\0" + name + "\0");
        ulong names = Put(text), table = Put([.. Symbol(0, 0, 0, 0, 0), .. Symbol(1, value, 8)]);
        uint hash = 5381;
        foreach (char c in name)
        {
            hash = unchecked(hash * 33 + c);
        }

        ulong hashes = gnu
            ? Put([.. new uint[] { 1, 1, 1, 6 }.SelectMany(BitConverter.GetBytes), .. WordBytes(ulong.MaxValue), .. BitConverter.GetBytes(1), .. BitConverter.GetBytes(hash | 1)])
            : PutU32(1, 2, 1, 0, 0);
        return Dynamic(5, names).Dynamic(10, (ulong)text.Length).Dynamic(6, table).Dynamic(gnu ? 0x6ffffef5UL : 4, hashes);
    }

    public byte[] Build()
    {
        if (_dynamic.Count != 0)
        {
            ulong[] words = [.. _dynamic.SelectMany(d => new[] { d.Tag, d.Value }), 0, 0];
            ulong at = PutWords(words);
            Segment(2, at, at, (ulong)(words.Length * Word));
        }

        ulong sections = _sections.Count == 0 ? 0 : Put([.. _sections.SelectMany(s => s)]);
        Segment(1, 0, 0, (ulong)_end, (ulong)_end + 0x100);
        Span<byte> b = _bytes;
        "\u007fELF"u8.CopyTo(b);
        b[4] = (byte)(is64 ? 2 : 1);
        b[5] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(b[16..], 3);
        BinaryPrimitives.WriteUInt16LittleEndian(b[18..], machine);
        Set(is64 ? 32UL : 28, SegmentOffset);
        Set(is64 ? 40UL : 32, sections);
        int counts = is64 ? 54 : 42;
        BinaryPrimitives.WriteUInt16LittleEndian(b[counts..], (ushort)(is64 ? 56 : 32));
        BinaryPrimitives.WriteUInt16LittleEndian(b[(counts + 2)..], (ushort)Math.Min(SegmentCount, (uint)_segments.Count));
        BinaryPrimitives.WriteUInt16LittleEndian(b[(counts + 4)..], (ushort)(is64 ? 64 : 40));
        BinaryPrimitives.WriteUInt16LittleEndian(b[(counts + 6)..], (ushort)_sections.Count);
        BinaryPrimitives.WriteUInt16LittleEndian(b[(counts + 8)..], (ushort)Math.Max(0, _sections.Count - 1));
        int header = 64;
        foreach (var s in _segments)
        {
            byte[] bytes = is64
                ? [.. BitConverter.GetBytes(s.Type), .. BitConverter.GetBytes(s.Flags), .. WordBytes(s.Offset), .. WordBytes(s.Address), .. WordBytes(s.Address), .. WordBytes(s.FileSize), .. WordBytes(s.MemorySize), .. WordBytes(4096)]
                : [.. BitConverter.GetBytes(s.Type), .. WordBytes(s.Offset), .. WordBytes(s.Address), .. WordBytes(s.Address), .. WordBytes(s.FileSize), .. WordBytes(s.MemorySize), .. BitConverter.GetBytes(s.Flags), .. WordBytes(4096)];
            bytes.CopyTo(_bytes, header);
            header += bytes.Length;
        }

        return _bytes[.._end];
    }
}
