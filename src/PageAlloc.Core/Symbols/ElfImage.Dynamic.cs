namespace PageAlloc.Symbols;

/// <content>The dynamic section and the relocations it tells of.</content>
public sealed partial class ElfImage
{
    private const ulong DT_HASH = 4;
    private const ulong DT_STRTAB = 5;
    private const ulong DT_SYMTAB = 6;
    private const ulong DT_RELA = 7;
    private const ulong DT_RELASZ = 8;
    private const ulong DT_STRSZ = 10;
    private const ulong DT_REL = 17;
    private const ulong DT_RELSZ = 18;
    private const ulong DT_RELRSZ = 35;
    private const ulong DT_RELR = 36;
    private const ulong DT_GNU_HASH = 0x6ffffef5;

    /// <summary>
    /// The relative relocations (REL, RELA and RELR), in the order of the tables: each is a pointer within the file that the
    /// loader corrects. Where REL and RELR are used the value stands in the variable itself: a loaded image has the one of now,
    /// and those are left out whose page was not present.
    /// </summary>
    /// <exception cref="InvalidDataException">There are more than the cap; thrown while they are enumerated.</exception>
    public IEnumerable<RelativeRelocation> RelativeRelocations()
    {
        int count = 0;
        foreach (RelativeRelocation relocation in ReadTable(DT_RELA, DT_RELASZ, 3)
            .Concat(ReadTable(DT_REL, DT_RELSZ, 2)).Concat(ReadPacked()))
        {
            Cap(ref count);
            yield return relocation;
        }
    }

    private void Cap(ref int count)
    {
        if (count++ == _limits.MaxRelocations)
        {
            ElfReader.Bad($"more relative relocations than the cap of {_limits.MaxRelocations}");
        }
    }

    private IEnumerable<RelativeRelocation> ReadTable(ulong tableTag, ulong sizeTag, int words)
    {
        ulong relative = Machine switch
        {
            ElfReader.EM_386 or ElfReader.EM_X86_64 => 8, // R_386_RELATIVE, R_X86_64_RELATIVE
            ElfReader.EM_AARCH64 => 1027, // R_AARCH64_RELATIVE
            _ => 0,
        };
        if (relative == 0 || !TryGetDynamicAddress(tableTag, out ulong table) || !_dynamic.TryGetValue(sizeTag, out ulong size))
        {
            yield break;
        }

        ulong entry = (ulong)(_reader.Word * words);
        int count = 0;
        for (ulong at = 0; size - at >= entry; at += entry)
        {
            Cap(ref count);
            if (!TrySlice(unchecked(table + at), entry, out ReadOnlySpan<byte> slice))
            {
                // A page that was not present; anything else can't be whole further on either.
                if (IsFromMemory)
                {
                    continue;
                }

                yield break;
            }

            ulong location = _reader.Native(slice, 0), info = _reader.Native(slice, _reader.Word);
            ulong value = words == 3 ? _reader.Native(slice, 2 * _reader.Word) : 0;
            if ((info & (_reader.Word == 8 ? uint.MaxValue : 0xff)) == relative && (words == 3 || TryReadPointer(location, out value)))
            {
                yield return new RelativeRelocation(location, value);
            }
        }
    }

    // source: the gABI's SHT_RELR: an even word is an address, an odd one a bitmap of the words that follow the last.
    private IEnumerable<RelativeRelocation> ReadPacked()
    {
        if (!TryGetDynamicAddress(DT_RELR, out ulong table) || !_dynamic.TryGetValue(DT_RELRSZ, out ulong size))
        {
            yield break;
        }

        ulong word = (ulong)_reader.Word, next = 0;
        int count = 0;
        for (ulong at = 0; size - at >= word; at += word)
        {
            Cap(ref count);
            if (!TrySlice(unchecked(table + at), word, out ReadOnlySpan<byte> slice))
            {
                // What follows counts from here.
                yield break;
            }

            ulong entry = _reader.Native(slice, 0);
            bool isBitmap = (entry & 1) != 0;
            ulong location = isBitmap ? next : entry;
            next = unchecked(location + (isBitmap ? word * 8 - 1 : 1) * word);
            for (ulong bits = isBitmap ? entry >> 1 : 1; bits != 0; bits >>= 1, location = unchecked(location + word))
            {
                Cap(ref count);
                if ((bits & 1) != 0 && TryReadPointer(location, out ulong value))
                {
                    yield return new RelativeRelocation(location, value);
                }
            }
        }
    }

    // In memory the loader has added the bias already.
    private bool TryReadPointer(ulong location, out ulong value)
    {
        Span<byte> bytes = stackalloc byte[_reader.Word];
        bool known = TryRead(location, bytes);
        value = known ? unchecked(_reader.Native(bytes, 0) - _bias) & _reader.AddressMask : 0;
        return known;
    }

    private Dictionary<ulong, ulong> ReadDynamic()
    {
        var dynamic = new Dictionary<ulong, ulong>();
        if (!HasContent || FirstOf(ElfSegmentType.Dynamic) is not { } segment)
        {
            return dynamic;
        }

        for (int i = 0; i < _limits.MaxDynamicEntries; i++)
        {
            ulong at = (ulong)(i * _reader.DynamicSize);
            ReadOnlySpan<byte> entry;
            bool known = IsFromMemory
                ? TrySlice(unchecked(segment.VirtualAddress + at), (ulong)_reader.DynamicSize, out entry)
                : _storage.TrySliceFile(unchecked(segment.Offset + at), (ulong)_reader.DynamicSize, out entry);
            if (!known || at >= segment.FileSize || _reader.Native(entry, 0) == 0)
            {
                break;
            }

            dynamic[_reader.Native(entry, 0)] = _reader.Native(entry, _reader.Word);
        }

        return dynamic;
    }

    // The loader of glibc adds the bias to the addresses in the dynamic section, where that can be written to.
    private bool TryGetDynamicAddress(ulong tag, out ulong address)
    {
        if (!_dynamic.TryGetValue(tag, out address))
        {
            return false;
        }

        address = IsFromMemory && address >= _bias ? address - _bias : address;
        return true;
    }
}
