using PageAlloc.Mappings;
using PageAlloc.Targets;

namespace PageAlloc.Symbols;

/// <summary>An ELF file that a target has loaded: its program, a library, the dynamic linker.</summary>
public sealed class Module
{
    // No processor has larger pages.
    internal const ulong MaxPageSize = 64 << 10;

    internal Module(IReadOnlyList<Mapping> mappings, Mapping? bss)
    {
        Mappings = mappings;
        Bss = bss;
        Range = new AddressRange(mappings[0].Range.Start, (bss ?? mappings[^1]).Range.End);
    }

    /// <summary>The path as the kernel writes it; ends with <c> (deleted)</c> when the file has no name any more.</summary>
    public ReadOnlyMemory<byte> Name => Mappings[0].Name;

    /// <summary>From its first mapping to its last, <see cref="Bss"/> included; there may be holes in it.</summary>
    public AddressRange Range { get; }

    /// <summary>Its mappings of the file, in address order.</summary>
    public IReadOnlyList<Mapping> Mappings { get; }

    /// <summary>
    /// The anonymous mapping directly behind the last writable one, which begins with what the file's last segment lacks;
    /// null when there is none. The kernel may have joined it with memory that is not the module's, even with [heap]:
    /// <see cref="WritableRanges(ElfImage)"/> gives the exact end.
    /// </summary>
    public Mapping? Bss { get; }

    /// <summary>What to add to an address in <paramref name="image"/> for the address in the process (modulo 2^64).</summary>
    /// <param name="image">This module's file.</param>
    /// <exception cref="InvalidDataException">No segment of the image is where the module's first mapping begins.</exception>
    public ulong LoadBias(ElfImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return LoadBias(image.Segments);
    }

    /// <summary>The writable segments of the image as loaded here, with the zeros behind their content, in the order of the file.</summary>
    /// <param name="image">This module's file.</param>
    /// <exception cref="InvalidDataException">The image is not this module's.</exception>
    public IReadOnlyList<AddressRange> WritableRanges(ElfImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return WritableRanges(image.Segments);
    }

    internal List<AddressRange> WritableRanges(IReadOnlyList<ElfSegment> segments)
    {
        ulong bias = LoadBias(segments);
        var ranges = new List<AddressRange>();
        foreach (ElfSegment segment in segments)
        {
            ulong start = unchecked(segment.VirtualAddress + bias);
            AddressRange range = new AddressRange(start, unchecked(start + segment.MemorySize)).Intersect(Range);
            if (segment.Type == ElfSegmentType.Load && segment.Flags.HasFlag(ElfSegmentFlags.Write) && !range.IsEmpty)
            {
                ranges.Add(range);
            }
        }

        return ranges;
    }

    /// <summary>
    /// Opens the file that is loaded here, the very one, even when it was renamed, replaced or lies in another mount
    /// namespace; when it can't be had, what is present of it in the target's memory. The caller disposes it.
    /// </summary>
    /// <param name="target">The target that the mappings are of.</param>
    /// <param name="limits">Caps on what is read; null for the usual ones.</param>
    /// <exception cref="InvalidDataException">It is no ELF file.</exception>
    /// <exception cref="TargetException">Neither the file nor its headers in memory can be read.</exception>
    public ElfImage OpenImage(ITarget target, SymbolLimits? limits = null) =>
        new ModuleFile(target, this, limits ?? SymbolLimits.Default).Open();

    /// <summary>The name, safe for a terminal.</summary>
    public override string ToString() => ByteText.ToPrintable(Name.Span);

    internal ulong LoadBias(IReadOnlyList<ElfSegment> segments)
    {
        Mapping first = Mappings[0];
        ElfSegment? found = null;
        foreach (ElfSegment segment in segments)
        {
            // A mapping begins on the page that holds the segment's first byte.
            if (segment.Type == ElfSegmentType.Load && segment.Offset >= first.Offset
                && segment.Offset - first.Offset < MaxPageSize
                && (found is not { } best || segment.VirtualAddress < best.VirtualAddress))
            {
                found = segment;
            }
        }

        return found is { } load
            ? unchecked(first.Range.Start + (load.Offset - first.Offset) - load.VirtualAddress)
            : throw new InvalidDataException($"bad ELF file: no segment of {this} begins at offset 0x{first.Offset:x}, where its first mapping does");
    }
}
