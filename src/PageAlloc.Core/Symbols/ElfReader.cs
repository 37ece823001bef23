using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace PageAlloc.Symbols;

/// <summary>
/// The numbers of an ELF file and where its records have them, in both classes; little endian only. Every method demands
/// that the record lies within the span. source: elf.h
/// </summary>
internal readonly struct ElfReader(bool is64)
{
    public const uint SHT_SYMTAB = 2;
    public const uint SHT_NOTE = 7;
    public const uint SHT_NOBITS = 8;
    public const uint SHT_DYNSYM = 11;
    public const ulong SHF_ALLOC = 2;
    public const ulong SHF_COMPRESSED = 0x800;
    public const ushort ET_EXEC = 2;
    public const ushort ET_DYN = 3;
    public const ushort EM_386 = 3;
    public const ushort EM_X86_64 = 62;
    public const ushort EM_AARCH64 = 183;
    public const ushort PN_XNUM = 0xffff;
    public const ushort SHN_XINDEX = 0xffff;
    public const uint NT_GNU_BUILD_ID = 3;

    public int Word => is64 ? 8 : 4;

    public int FileHeaderSize => is64 ? 64 : 52;

    public int ProgramHeaderSize => is64 ? 56 : 32;

    public int SectionHeaderSize => is64 ? 64 : 40;

    public int SymbolSize => is64 ? 24 : 16;

    public int DynamicSize => is64 ? 16 : 8;

    /// <summary>All bits of an address set.</summary>
    public ulong AddressMask => is64 ? ulong.MaxValue : uint.MaxValue;

    public static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    public static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    /// <summary>A word of the file's class at byte <paramref name="at"/>.</summary>
    public ulong Native(ReadOnlySpan<byte> bytes, int at) =>
        is64 ? BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]) : U32(bytes, at);

    public ElfSegment ReadProgramHeader(ReadOnlySpan<byte> b) => is64
        ? new ElfSegment((ElfSegmentType)U32(b, 0), (ElfSegmentFlags)U32(b, 4), Native(b, 8), Native(b, 16), Native(b, 32), Native(b, 40))
        : new ElfSegment((ElfSegmentType)U32(b, 0), (ElfSegmentFlags)U32(b, 24), Native(b, 4), Native(b, 8), Native(b, 16), Native(b, 20));

    public ElfSection ReadSectionHeader(ReadOnlySpan<byte> b) => is64
        ? new ElfSection(U32(b, 0), U32(b, 4), Native(b, 8), Native(b, 16), Native(b, 24), Native(b, 32), U32(b, 40), Native(b, 56))
        : new ElfSection(U32(b, 0), U32(b, 4), Native(b, 8), Native(b, 12), Native(b, 16), Native(b, 20), U32(b, 24), Native(b, 36));

    /// <summary>The symbol, unless it is undefined or no thing in memory: a file or a section.</summary>
    public bool TryReadSymbol(ReadOnlySpan<byte> b, out ElfSymbol symbol)
    {
        byte info = b[is64 ? 4 : 12];
        ushort section = U16(b, is64 ? 6 : 14);
        var type = (ElfSymbolType)(info & 15);
        symbol = is64 ? new ElfSymbol(Native(b, 8), Native(b, 16), type) : new ElfSymbol(Native(b, 4), Native(b, 8), type);
        return section != 0 && type is not ((ElfSymbolType)3 or (ElfSymbolType)4);
    }

    [DoesNotReturn]
    public static void Bad(string what) => throw new InvalidDataException("bad ELF file: " + what);
}
