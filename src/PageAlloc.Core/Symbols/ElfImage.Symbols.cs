namespace PageAlloc.Symbols;

/// <content>Symbols by name.</content>
public sealed partial class ElfImage
{
    // A file has one of each kind at most.
    private const int MaxTables = 1;

    /// <summary>
    /// Looks a defined symbol up: in .symtab, then through the hash tables of the dynamic section, then in .dynsym. One of them when
    /// several have the name.
    /// </summary>
    /// <param name="name">The name, without a version.</param>
    /// <param name="symbol">Gets the symbol.</param>
    /// <exception cref="InvalidDataException">A table is above its cap.</exception>
    public bool TryFindSymbol(ReadOnlySpan<byte> name, out ElfSymbol symbol)
    {
        Span<ElfSymbol> one = stackalloc ElfSymbol[1];
        bool found = Find(name, one, isHashFirst: true) != 0;
        symbol = one[0];
        return found;
    }

    /// <summary>All symbols of that name in the first table that has one: variables of several source files may share a name.</summary>
    /// <param name="name">The name, without a version.</param>
    /// <exception cref="InvalidDataException">A table is above its cap.</exception>
    public IReadOnlyList<ElfSymbol> FindSymbols(ReadOnlySpan<byte> name)
    {
        var symbols = new ElfSymbol[_limits.MaxSymbolsOfOneName];
        return symbols[..Find(name, symbols, isHashFirst: false)];
    }

    // A hash table need not list all symbols of a name; and a file that lies may have one that finds none.
    private int Find(ReadOnlySpan<byte> name, Span<ElfSymbol> symbols, bool isHashFirst)
    {
        if (name.IsEmpty || name.Contains((byte)0) || name.Length > _limits.MaxPathBytes)
        {
            return 0;
        }

        Span<byte> terminated = stackalloc byte[name.Length + 1];
        name.CopyTo(terminated);
        terminated[^1] = 0;
        int found = FindInSections(ElfReader.SHT_SYMTAB, terminated, symbols);
        found = found == 0 && isHashFirst ? FindInDynamic(terminated, symbols) : found;
        found = found == 0 ? FindInSections(ElfReader.SHT_DYNSYM, terminated, symbols) : found;
        return found == 0 && !isHashFirst ? FindInDynamic(terminated, symbols) : found;
    }

    private int FindInSections(uint type, ReadOnlySpan<byte> name, Span<ElfSymbol> symbols)
    {
        int found = 0, tables = 0;
        foreach (ElfSection section in _sections)
        {
            if (section.Type != type || found == symbols.Length || tables++ >= MaxTables || section.Link >= (uint)_sections.Length
                || !TrySlice(section, out ReadOnlySpan<byte> table)
                || !TrySlice(_sections[section.Link], out ReadOnlySpan<byte> names)
                || names.IndexOf(name) < 0)
            {
                continue;
            }

            if (table.Length / _reader.SymbolSize > _limits.MaxSymbols)
            {
                ElfReader.Bad($"{table.Length / _reader.SymbolSize} symbols, above the cap of {_limits.MaxSymbols}");
            }

            for (; table.Length >= _reader.SymbolSize && found < symbols.Length; table = table[_reader.SymbolSize..])
            {
                uint at = ElfReader.U32(table, 0);
                if (at < names.Length && names[(int)at..].StartsWith(name) && _reader.TryReadSymbol(table, out ElfSymbol symbol))
                {
                    symbols[found++] = symbol;
                }
            }
        }

        return found;
    }

    // source: the gABI's DT_HASH; for DT_GNU_HASH binutils/bfd/elflink.c
    private int FindInDynamic(ReadOnlySpan<byte> name, Span<ElfSymbol> symbols)
    {
        if (!TryGetDynamicAddress(DT_SYMTAB, out ulong table) || !TryGetDynamicAddress(DT_STRTAB, out ulong names)
            || !_dynamic.TryGetValue(DT_STRSZ, out ulong namesSize))
        {
            return 0;
        }

        var lookup = new HashLookup(this, table, names, namesSize);
        int found = TryGetDynamicAddress(DT_GNU_HASH, out ulong hash) ? lookup.FindGnu(hash, name, symbols) : 0;
        return found != 0 ? found : TryGetDynamicAddress(DT_HASH, out hash) ? lookup.Find(hash, name, symbols) : 0;
    }

    private readonly struct HashLookup(ElfImage image, ulong table, ulong names, ulong namesSize)
    {
        public int FindGnu(ulong hash, ReadOnlySpan<byte> name, Span<ElfSymbol> symbols)
        {
            if (!image.TrySlice(hash, 16, out ReadOnlySpan<byte> header) || ElfReader.U32(header, 0) == 0)
            {
                return 0;
            }

            uint bucketCount = ElfReader.U32(header, 0), first = ElfReader.U32(header, 4), wanted = 5381;
            foreach (byte b in name[..^1])
            {
                wanted = unchecked(wanted * 33 + b);
            }

            ulong buckets = unchecked(hash + 16 + (ulong)ElfReader.U32(header, 8) * (uint)image.PointerSize);
            ulong chains = unchecked(buckets + (ulong)bucketCount * 4);
            if (!TryReadU32(buckets, wanted % bucketCount, out uint index) || index < first)
            {
                return 0;
            }

            int found = 0;
            for (int step = 0; step < image._limits.MaxHashChain && found < symbols.Length; step++)
            {
                if (!TryReadU32(chains, index - first, out uint value))
                {
                    break;
                }

                found += (value | 1) == (wanted | 1) && TryMatch(index, name, out symbols[found]) ? 1 : 0;
                if ((value & 1) != 0 || index == uint.MaxValue)
                {
                    break;
                }

                index++;
            }

            return found;
        }

        public int Find(ulong hash, ReadOnlySpan<byte> name, Span<ElfSymbol> symbols)
        {
            uint wanted = 0;
            foreach (byte b in name[..^1])
            {
                wanted = unchecked((wanted << 4) + b);
                uint high = wanted & 0xf000_0000;
                wanted = (wanted ^ (high >> 24)) & ~high;
            }

            if (!TryReadU32(hash, 0, out uint bucketCount) || bucketCount == 0 || !TryReadU32(hash, 1, out uint chainCount)
                || !TryReadU32(hash, 2 + (ulong)(wanted % bucketCount), out uint index))
            {
                return 0;
            }

            // A chain that is longer than the table runs in a circle.
            int found = 0;
            for (uint step = 0; index != 0 && step < Math.Min(chainCount, (uint)image._limits.MaxHashChain) && found < symbols.Length; step++)
            {
                found += TryMatch(index, name, out symbols[found]) ? 1 : 0;
                if (!TryReadU32(hash, 2 + (ulong)bucketCount + index, out index))
                {
                    break;
                }
            }

            return found;
        }

        private bool TryReadU32(ulong table, ulong index, out uint value)
        {
            bool known = image.TrySlice(unchecked(table + index * 4), 4, out ReadOnlySpan<byte> slice);
            value = known ? ElfReader.U32(slice, 0) : 0;
            return known;
        }

        private bool TryMatch(uint index, ReadOnlySpan<byte> name, out ElfSymbol symbol)
        {
            symbol = default;
            return image.TrySlice(unchecked(table + (ulong)index * (uint)image._reader.SymbolSize), (ulong)image._reader.SymbolSize, out ReadOnlySpan<byte> entry)
                && ElfReader.U32(entry, 0) is uint at && at + (ulong)name.Length <= namesSize
                && image.TrySlice(unchecked(names + at), (ulong)name.Length, out ReadOnlySpan<byte> text)
                && text.SequenceEqual(name)
                && image._reader.TryReadSymbol(entry, out symbol);
        }
    }
}
