namespace PageAlloc.Symbols;

/// <summary>
/// An ELF file, or one that a target has loaded, read where it lies: nothing is copied, nothing is trusted. Addresses are
/// those of the file; <see cref="Module.LoadBias(ElfImage)"/> is what to add in a process. 32 and 64 bit, little endian.
/// </summary>
public sealed partial class ElfImage : IDisposable
{
    private readonly SymbolLimits _limits;
    private readonly ElfStorage _storage;
    private readonly ElfReader _reader;
    private readonly ElfSegment[] _segments;
    private readonly ElfSegment[] _loads;
    private readonly ElfSection[] _sections;
    private readonly ElfSection _sectionNames;
    private readonly Dictionary<ulong, ulong> _dynamic;
    private readonly ulong _bias;

    // headers: the file, or what a loaded image has of it at its start: the ELF header and the program headers.
    private ElfImage(ElfStorage storage, ElfStorage headers, ulong bias, SymbolLimits limits)
    {
        ReadOnlySpan<byte> header = HeaderOf(headers);
        _limits = limits;
        _storage = storage;
        _bias = bias;
        PointerSize = ReadClass(header);
        _reader = new ElfReader(PointerSize == 8);
        Type = ElfReader.U16(header, 16);
        Machine = ElfReader.U16(header, 18);
        _sections = storage.IsMemory ? [] : ReadSections(header, out _sectionNames);
        _segments = ReadSegments(headers, limits, _sections.Length != 0);
        _loads = [.. _segments.Where(s => s.Type == ElfSegmentType.Load && s.MemorySize != 0).OrderBy(s => s.VirtualAddress)];
        HasContent = !_sections.Any(IsEmptyCode);
        _dynamic = ReadDynamic();
        BuildId = FindBuildId();
        DebugLink = ReadDebugLink();
        AltDebugLink = ReadAltDebugLink();
        HasDwarf = HasSection(".debug_info"u8) || HasSection(".zdebug_info"u8);
        HasSymbolTable = _sections.Any(s => s.Type == ElfReader.SHT_SYMTAB && s.Size != 0);
    }

    /// <summary>The size of a pointer in bytes, 4 or 8.</summary>
    public int PointerSize { get; }

    /// <summary>The processor (e_machine): 3 is i386, 62 x86-64, 183 AArch64.</summary>
    public int Machine { get; }

    /// <summary>The kind of file (e_type): 2 has fixed addresses, 3 is loaded anywhere.</summary>
    public int Type { get; }

    /// <summary>The program headers, in the order of the file.</summary>
    public IReadOnlyList<ElfSegment> Segments => _segments;

    /// <summary>The segment of thread-local variables; null when there is none.</summary>
    public ElfSegment? TlsSegment => FirstOf(ElfSegmentType.Tls);

    /// <summary>The build-id; empty when there is none.</summary>
    public ReadOnlyMemory<byte> BuildId { get; }

    /// <summary>The name of its separate debug file; null when none is named.</summary>
    public ElfDebugLink? DebugLink { get; }

    /// <summary>The file that dwz moved shared debug information to; null when there is none.</summary>
    public ElfAltDebugLink? AltDebugLink { get; }

    /// <summary>Whether it holds DWARF.</summary>
    public bool HasDwarf { get; }

    /// <summary>Whether it holds a full symbol table (.symtab), not only that of the dynamic linker.</summary>
    public bool HasSymbolTable { get; }

    /// <summary>Whether it is code and data, not a debug file, whose segments have no content.</summary>
    public bool HasContent { get; }

    /// <summary>
    /// Whether it was put together from a target's memory: variables have the values of now, and pages that were not
    /// present are missing. It has no section headers, thus no .symtab.
    /// </summary>
    public bool IsFromMemory => _storage.IsMemory;

    /// <summary>The path by which the file was opened; null for memory, and for bytes that a caller gave.</summary>
    public string? Path { get; internal set; }

    internal ReadOnlyMemory<byte> Bytes => _storage.Bytes;

    internal SymbolLimits Limits => _limits;

    /// <summary>Reads the headers of an ELF file.</summary>
    /// <param name="bytes">The whole file; it must not change as long as the image is used.</param>
    /// <param name="limits">Caps on what is read; null for the usual ones.</param>
    /// <exception cref="InvalidDataException">It is no ELF file of these kinds, or its headers do not fit in it.</exception>
    public static ElfImage Parse(ReadOnlyMemory<byte> bytes, SymbolLimits? limits = null) =>
        OfFile(new ElfStorage(bytes), limits ?? SymbolLimits.Default);

    /// <summary>The same of a file, which is let go of along with the image.</summary>
    /// <exception cref="InvalidDataException">As above; the file is the caller's then.</exception>
    internal static ElfImage OfFile(ElfStorage file, SymbolLimits limits) => new(file, file, 0, limits);

    /// <summary>The image of a loaded file.</summary>
    internal static ElfImage OfMemory(ElfStorage storage, ReadOnlyMemory<byte> header, ulong bias, SymbolLimits limits) =>
        new(storage, new ElfStorage(header), bias, limits);

    /// <summary>The program headers alone, from the first bytes of a loaded file.</summary>
    /// <exception cref="InvalidDataException">They are no ELF file's, or not among these bytes.</exception>
    internal static ElfSegment[] ReadSegments(ReadOnlyMemory<byte> header, SymbolLimits limits) =>
        ReadSegments(new ElfStorage(header), limits, hasSections: false);

    /// <summary>
    /// Reads what a segment has at <paramref name="virtualAddress"/> before anything ran: the file's content, zeros where a
    /// segment is larger in memory. False when not all bytes are known; the buffer then means nothing.
    /// </summary>
    public bool TryRead(ulong virtualAddress, Span<byte> buffer)
    {
        if (_storage.IsMemory)
        {
            bool known = _storage.TrySliceMemory(virtualAddress, (ulong)buffer.Length, out ReadOnlySpan<byte> memory);
            memory.CopyTo(buffer);
            return known;
        }

        while (!buffer.IsEmpty)
        {
            if (!TryFindLoad(virtualAddress, out ElfSegment load))
            {
                return false;
            }

            ulong at = virtualAddress - load.VirtualAddress;
            bool inFile = at < load.FileSize;
            int length = (int)Math.Min((inFile ? load.FileSize : load.MemorySize) - at, (ulong)buffer.Length);
            if (!inFile)
            {
                buffer[..length].Clear();
            }
            else if (_storage.TrySliceFile(unchecked(load.Offset + at), (ulong)length, out ReadOnlySpan<byte> slice))
            {
                slice.CopyTo(buffer);
            }
            else
            {
                return false;
            }

            buffer = buffer[length..];
            virtualAddress = unchecked(virtualAddress + (ulong)length);
        }

        return true;
    }

    /// <summary>Lets go of the file. Memory that was given to <see cref="Parse(ReadOnlyMemory{byte}, SymbolLimits)"/> stays.</summary>
    public void Dispose() => _storage.Dispose();

    // The bytes at an address, as long as they are all content of one segment.
    private bool TrySlice(ulong address, ulong length, out ReadOnlySpan<byte> slice)
    {
        if (_storage.IsMemory)
        {
            return _storage.TrySliceMemory(address, length, out slice);
        }

        slice = default;
        return TryFindLoad(address, out ElfSegment load)
            && address - load.VirtualAddress <= load.FileSize
            && length <= load.FileSize - (address - load.VirtualAddress)
            && _storage.TrySliceFile(unchecked(load.Offset + (address - load.VirtualAddress)), length, out slice);
    }

    private bool TryFindLoad(ulong address, out ElfSegment load)
    {
        int low = 0;
        for (int high = _loads.Length; low < high;)
        {
            int middle = (low + high) / 2;
            (low, high) = _loads[middle].VirtualAddress <= address ? (middle + 1, high) : (low, middle);
        }

        load = low == 0 ? default : _loads[low - 1];
        return HasContent && address - load.VirtualAddress < load.MemorySize;
    }

    private ElfSegment? FirstOf(ElfSegmentType type)
    {
        foreach (ElfSegment segment in _segments)
        {
            if (segment.Type == type)
            {
                return segment;
            }
        }

        return null;
    }

    private static ReadOnlySpan<byte> HeaderOf(ElfStorage headers) =>
        headers.TrySliceFile(0, (ulong)Math.Min(headers.Length, 64), out ReadOnlySpan<byte> header) ? header : default;

    private static int ReadClass(ReadOnlySpan<byte> header)
    {
        if (header.Length < 64 && (header.Length < 52 || header[4] != 1) || !header.StartsWith("\u007fELF"u8))
        {
            ElfReader.Bad("it does not begin with an ELF header");
        }

        if (header[4] is not (1 or 2) || header[5] != 1)
        {
            ElfReader.Bad($"class {header[4]}, byte order {header[5]}; expected class 1 or 2, byte order 1 (little endian)");
        }

        return header[4] * 4;
    }

    private static ElfSegment[] ReadSegments(ElfStorage headers, SymbolLimits limits, bool hasSections)
    {
        ReadOnlySpan<byte> header = HeaderOf(headers);
        bool is64 = ReadClass(header) == 8;
        var reader = new ElfReader(is64);
        ulong offset = reader.Native(header, is64 ? 32 : 28);
        int size = ElfReader.U16(header, is64 ? 54 : 42);
        uint count = ElfReader.U16(header, is64 ? 56 : 44);

        // With 65,535 segments or more their number stands in sh_info of the first section header.
        if (count == ElfReader.PN_XNUM && hasSections
            && headers.TrySliceFile(reader.Native(header, is64 ? 40 : 32), (uint)reader.SectionHeaderSize, out ReadOnlySpan<byte> first))
        {
            count = ElfReader.U32(first, is64 ? 44 : 28);
        }

        if (count == 0)
        {
            return [];
        }

        if (!headers.TrySliceFile(offset, (ulong)count * (uint)size, out ReadOnlySpan<byte> table)
            || count > limits.MaxProgramHeaders || size < reader.ProgramHeaderSize)
        {
            ElfReader.Bad($"{count} program headers of {size} bytes at {offset} do not fit in {headers.Length} bytes, or in the cap of {limits.MaxProgramHeaders}");
        }

        var segments = new ElfSegment[count];
        for (int i = 0; i < segments.Length; i++)
        {
            segments[i] = reader.ReadProgramHeader(table.Slice(i * size, reader.ProgramHeaderSize));
        }

        return segments;
    }
}
