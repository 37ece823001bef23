using System.Buffers.Binary;

namespace PageAlloc.Symbols;

/// <content>Section headers and notes, and what they say about debug information.</content>
public sealed partial class ElfImage
{
    private const ulong SHF_EXECINSTR = 4;

    /// <summary>Bytes that the compressed debug sections say they unfold to; libdw unfolds all of them at once.</summary>
    internal ulong UnfoldedBytes()
    {
        ulong sum = 0;
        foreach (ElfSection section in _sections)
        {
            ulong size = 0;
            ReadOnlySpan<byte> name = NameOf(section);
            if ((section.Flags & ElfReader.SHF_COMPRESSED) != 0
                && _storage.TrySliceFile(section.Offset, (ulong)_reader.Word * 3, out ReadOnlySpan<byte> header))
            {
                size = _reader.Native(header, _reader.Word);
            }
            else if (name.StartsWith(".zdebug_"u8)
                && _storage.TrySliceFile(section.Offset, 12, out header) && header.StartsWith("ZLIB"u8))
            {
                size = BinaryPrimitives.ReadUInt64BigEndian(header[4..]);
            }

            sum = size > ulong.MaxValue - sum ? ulong.MaxValue : sum + size;
        }

        return sum;
    }

    private ElfSection[] ReadSections(ReadOnlySpan<byte> header, out ElfSection names)
    {
        bool is64 = _reader.Word == 8;
        names = default;
        ulong offset = _reader.Native(header, is64 ? 40 : 32);
        int size = ElfReader.U16(header, is64 ? 58 : 46);
        ulong count = ElfReader.U16(header, is64 ? 60 : 48);
        uint nameIndex = ElfReader.U16(header, is64 ? 62 : 50);
        if (offset == 0 || size < _reader.SectionHeaderSize || !_storage.TrySliceFile(offset, (uint)size, out ReadOnlySpan<byte> first))
        {
            return [];
        }

        // Numbers too large for the ELF header stand in the first section header.
        ElfSection zero = _reader.ReadSectionHeader(first);
        count = count == 0 ? zero.Size : count;
        nameIndex = nameIndex == ElfReader.SHN_XINDEX ? zero.Link : nameIndex;
        if (count > (ulong)_limits.MaxSectionHeaders)
        {
            ElfReader.Bad($"{count} section headers, above the cap of {_limits.MaxSectionHeaders}");
        }

        // A file that was cut off behind its segments is still good for what they hold.
        if (!_storage.TrySliceFile(offset, count * (uint)size, out ReadOnlySpan<byte> table))
        {
            return [];
        }

        var sections = new ElfSection[(int)count];
        for (int i = 0; i < sections.Length; i++)
        {
            sections[i] = _reader.ReadSectionHeader(table.Slice(i * size, _reader.SectionHeaderSize));
        }

        names = nameIndex < count ? sections[nameIndex] : default;
        return sections;
    }

    // Of a debug file: strip leaves the headers of what it takes away, and says that they have no bytes.
    private static bool IsEmptyCode(ElfSection section) =>
        section.Type == ElfReader.SHT_NOBITS
        && (section.Flags & (ElfReader.SHF_ALLOC | SHF_EXECINSTR)) == (ElfReader.SHF_ALLOC | SHF_EXECINSTR);

    private bool TrySlice(ElfSection section, out ReadOnlySpan<byte> slice)
    {
        slice = default;
        return section.Type != ElfReader.SHT_NOBITS && section.Type != 0
            && _storage.TrySliceFile(section.Offset, section.Size, out slice);
    }

    private ReadOnlySpan<byte> NameOf(ElfSection section)
    {
        if (!TrySlice(_sectionNames, out ReadOnlySpan<byte> names) || section.Name >= names.Length)
        {
            return default;
        }

        // Only names of debug sections are of interest, and they are short.
        ReadOnlySpan<byte> name = names.Slice((int)section.Name, Math.Min(32, names.Length - (int)section.Name));
        int end = name.IndexOf((byte)0);
        return end < 0 ? default : name[..end];
    }

    private bool HasSection(ReadOnlySpan<byte> name) => TryFindSection(name, out ReadOnlySpan<byte> content) && !content.IsEmpty;

    private bool TryFindSection(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> content)
    {
        foreach (ElfSection section in _sections)
        {
            if (NameOf(section).SequenceEqual(name) && TrySlice(section, out content))
            {
                return true;
            }
        }

        content = default;
        return false;
    }

    // A debug file keeps the sections of notes, while its segments point to where they once were.
    private ReadOnlyMemory<byte> FindBuildId()
    {
        int notes = 0;
        foreach (ElfSection section in _sections)
        {
            if (section.Type == ElfReader.SHT_NOTE && TrySlice(section, out ReadOnlySpan<byte> content)
                && FindBuildId(content, ref notes) is { Length: > 0 } id)
            {
                return id;
            }
        }

        foreach (ElfSegment segment in _segments)
        {
            if (segment.Type == ElfSegmentType.Note
                && (TrySlice(segment.VirtualAddress, segment.FileSize, out ReadOnlySpan<byte> content)
                    || _storage.TrySliceFile(segment.Offset, segment.FileSize, out content))
                && FindBuildId(content, ref notes) is { Length: > 0 } id)
            {
                return id;
            }
        }

        return default;
    }

    private byte[]? FindBuildId(ReadOnlySpan<byte> notes, ref int count)
    {
        while (notes.Length >= 12 && count++ < _limits.MaxNotes)
        {
            ulong nameSize = ElfReader.U32(notes, 0), size = ElfReader.U32(notes, 4);
            ulong start = 12 + ((nameSize + 3) & ~3UL);
            ulong end = start + ((size + 3) & ~3UL);
            if (start + size > (ulong)notes.Length)
            {
                return null;
            }

            if (ElfReader.U32(notes, 8) == ElfReader.NT_GNU_BUILD_ID && nameSize == 4 && notes[12..].StartsWith("GNU\0"u8)
                && size != 0 && size <= (ulong)_limits.MaxBuildIdBytes)
            {
                return notes.Slice((int)start, (int)size).ToArray();
            }

            notes = end >= (ulong)notes.Length ? default : notes[(int)end..];
        }

        return null;
    }

    private ElfDebugLink? ReadDebugLink()
    {
        if (!TryFindSection(".gnu_debuglink"u8, out ReadOnlySpan<byte> content))
        {
            return null;
        }

        int end = content.IndexOf((byte)0);
        int crc = (end + 4) & ~3;
        return end <= 0 || end > _limits.MaxPathBytes || crc + 4 > content.Length || content[..end].Contains((byte)'/')
            ? null
            : new ElfDebugLink(content[..end].ToArray(), ElfReader.U32(content, crc));
    }

    private ElfAltDebugLink? ReadAltDebugLink()
    {
        if (!TryFindSection(".gnu_debugaltlink"u8, out ReadOnlySpan<byte> content))
        {
            return null;
        }

        int end = content.IndexOf((byte)0);
        return end <= 0 || end > _limits.MaxPathBytes || content.Length - end - 1 > _limits.MaxBuildIdBytes
            ? null
            : new ElfAltDebugLink(content[..end].ToArray(), content[(end + 1)..].ToArray());
    }
}
