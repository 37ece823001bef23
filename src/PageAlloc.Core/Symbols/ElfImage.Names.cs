namespace PageAlloc.Symbols;

/// <content>Symbols by address.</content>
public sealed partial class ElfImage
{
    /// <summary>
    /// The name of the function or object that holds an address: of .symtab, then of .dynsym; null when there is none, and
    /// in an image that was put together from memory. Of several the first.
    /// </summary>
    /// <param name="virtualAddress">The address in the file's terms.</param>
    /// <param name="symbol">Gets the symbol.</param>
    /// <exception cref="InvalidDataException">A table is above its cap.</exception>
    public ReadOnlyMemory<byte>? FindSymbolAt(ulong virtualAddress, out ElfSymbol symbol)
    {
        foreach (uint type in (ReadOnlySpan<uint>)[ElfReader.SHT_SYMTAB, ElfReader.SHT_DYNSYM])
        {
            foreach (ElfSection section in _sections)
            {
                if (section.Type == type && section.Link < (uint)_sections.Length
                    && TrySlice(section, out ReadOnlySpan<byte> table)
                    && TrySlice(_sections[section.Link], out ReadOnlySpan<byte> names)
                    && NameAt(table, names, virtualAddress, out symbol) is { } name)
                {
                    return name;
                }
            }
        }

        symbol = default;
        return null;
    }

    private ReadOnlyMemory<byte>? NameAt(ReadOnlySpan<byte> table, ReadOnlySpan<byte> names, ulong address, out ElfSymbol symbol)
    {
        if (table.Length / _reader.SymbolSize > _limits.MaxSymbols)
        {
            ElfReader.Bad($"{table.Length / _reader.SymbolSize} symbols, above the cap of {_limits.MaxSymbols}");
        }

        for (; table.Length >= _reader.SymbolSize; table = table[_reader.SymbolSize..])
        {
            if (!_reader.TryReadSymbol(table, out symbol) || symbol.Type is not (ElfSymbolType.Object or ElfSymbolType.Function)
                || address - symbol.Value >= symbol.Size || address < symbol.Value)
            {
                continue;
            }

            uint at = ElfReader.U32(table, 0);
            ReadOnlySpan<byte> name = at < names.Length ? names[(int)at..] : default;
            int length = name[..Math.Min(name.Length, _limits.MaxPathBytes)].IndexOf((byte)0);
            if (length > 0)
            {
                return name[..length].ToArray();
            }
        }

        symbol = default;
        return null;
    }
}
