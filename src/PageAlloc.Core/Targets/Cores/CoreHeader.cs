using System.Buffers.Binary;

namespace PageAlloc.Targets.Cores;

/// <summary>The ELF header and the program headers of a core file; little endian, of either class. source: elf.h</summary>
internal sealed class CoreHeader
{
    private const int LargestHeader = 64;
    private const ushort ET_CORE = 4;
    private const ushort PN_XNUM = 0xffff;
    private const uint PT_LOAD = 1;
    private const uint PT_NOTE = 4;

    private CoreHeader(bool is64, ushort machine)
    {
        Is64 = is64;
        Machine = machine;
    }

    /// <summary>Whether its process had pointers of 8 bytes.</summary>
    public bool Is64 { get; }

    /// <summary>The kind of processor. source: elf.h, EM_*</summary>
    public ushort Machine { get; }

    /// <summary>The loadable segments, by address; they do not overlap.</summary>
    public List<CoreSegment> Segments { get; private set; } = [];

    /// <summary>Where notes are in the file: offset and length.</summary>
    public List<(ulong Offset, ulong Length)> Notes { get; } = [];

    /// <summary>Where the file would end by its headers.</summary>
    public ulong End { get; private set; }

    /// <summary>Program headers that can't be: not on whole pages, beyond the address space, or over another.</summary>
    public int Refused { get; private set; }

    /// <summary>Reads the headers.</summary>
    /// <param name="file">The file.</param>
    /// <param name="pageSize">The smallest size that a page may have.</param>
    /// <param name="limits">Caps on what is read.</param>
    /// <exception cref="TargetException">It is no core file, or ends within its headers.</exception>
    public static CoreHeader Read(CoreStorage file, ulong pageSize, Limits limits)
    {
        byte[] bytes = file.Read(0, (ulong)LargestHeader) ?? throw file.Unknown();
        if (!bytes.AsSpan().StartsWith("\u007fELF"u8) || bytes[4] is not (1 or 2))
        {
            throw file.Unknown();
        }

        if (bytes[5] != 1)
        {
            throw file.Bad("it is of a big-endian machine");
        }

        bool is64 = bytes[4] == 2;
        if (U16(bytes, 16) is var type && type != ET_CORE)
        {
            throw file.Bad(type is 2 or 3 ? "it is a program or a library, and no core file" : $"its ELF type is {type}, not that of a core file ({ET_CORE})");
        }

        var header = new CoreHeader(is64, U16(bytes, 18));
        ulong table = is64 ? U64(bytes, 32) : U32(bytes, 28);
        ulong count = U16(bytes, is64 ? 56 : 44);
        if (count == PN_XNUM)
        {
            // Of more than 65,534 segments, the number stands in sh_info of the first section header.
            ulong sections = is64 ? U64(bytes, 40) : U32(bytes, 32);
            byte[] section = file.Read(sections, is64 ? 64UL : 40) ?? throw file.Bad("the number of its segments is missing: it ends before that");
            count = U32(section, is64 ? 44 : 28);
        }

        header.ReadSegments(file, table, count, U16(bytes, is64 ? 54 : 42), pageSize, limits);
        return header;
    }

    private void ReadSegments(CoreStorage file, ulong table, ulong count, ushort entrySize, ulong pageSize, Limits limits)
    {
        int size = Is64 ? 56 : 32;
        if (count == 0 || entrySize != size)
        {
            throw file.Bad(count == 0 ? "it has no segments" : $"its program headers have {entrySize} bytes, not {size}");
        }

        if (count > (ulong)limits.MaxMappings)
        {
            throw new TargetException(TargetFailure.LimitExceeded, $"{file.Name} has {count} segments, more than {limits.MaxMappings}");
        }

        byte[] bytes = file.Read(table, (ulong)size * count) ?? throw file.Bad($"it ends within its {count} program headers");
        for (ReadOnlySpan<byte> rest = bytes; !rest.IsEmpty; rest = rest[size..])
        {
            uint type = U32(rest, 0);
            ulong offset = Word(rest, 8, 4);
            ulong fileSize = Word(rest, 32, 16);
            if (type is PT_LOAD or PT_NOTE && fileSize != 0)
            {
                End = Math.Max(End, offset > ulong.MaxValue - fileSize ? ulong.MaxValue : offset + fileSize);
            }

            if (type == PT_NOTE)
            {
                Notes.Add((offset, fileSize));
            }
            else if (type == PT_LOAD)
            {
                Add(offset, Word(rest, 16, 8), fileSize, Word(rest, 40, 20), U32(rest, Is64 ? 4 : 24), pageSize);
            }
        }

        RefuseOverlaps();
    }

    private void Add(ulong offset, ulong address, ulong fileSize, ulong size, uint flags, ulong pageSize)
    {
        if (size == 0 && fileSize == 0)
        {
            return;
        }

        ulong most = Is64 ? ulong.MaxValue - 1 : 1UL << 32;
        if (address % pageSize != 0 || size % pageSize != 0 || fileSize > size || address > most || size > most - address || offset > long.MaxValue - fileSize)
        {
            Refused++;
            return;
        }

        Segments.Add(new CoreSegment(new AddressRange(address, address + size), flags & 7, offset, fileSize));
    }

    private void RefuseOverlaps()
    {
        Segments.Sort((a, b) => a.Range.Start.CompareTo(b.Range.Start));
        var kept = new List<CoreSegment>(Segments.Count);
        foreach (CoreSegment segment in Segments)
        {
            if (kept.Count != 0 && kept[^1].Range.Overlaps(segment.Range))
            {
                Refused++;
                continue;
            }

            kept.Add(segment);
        }

        Segments = kept;

        // No writer stores a byte twice; and one range of the file in many segments would be looked through for each of them.
        ulong end = 0;
        var shared = new HashSet<ulong>();
        foreach (CoreSegment segment in kept.Where(s => s.FileSize != 0).OrderBy(s => s.Offset))
        {
            if (segment.Offset < end)
            {
                shared.Add(segment.Range.Start);
            }

            end = Math.Max(end, segment.Offset + segment.FileSize);
        }

        Refused += Segments.RemoveAll(s => shared.Contains(s.Range.Start));
    }

    private ulong Word(ReadOnlySpan<byte> bytes, int at64, int at32) => Is64 ? U64(bytes, at64) : U32(bytes, at32);

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
