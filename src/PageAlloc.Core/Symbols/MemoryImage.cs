using System.Collections;
using PageAlloc.Mappings;
using PageAlloc.Targets;

namespace PageAlloc.Symbols;

/// <summary>Puts the image of a module together from those of its pages that are present in the target's memory.</summary>
internal static class MemoryImage
{
    private const ulong HeaderBytes = 64 << 10;
    private const ulong BatchBytes = 1 << 20;

    /// <summary>The whole image; null when its headers can't be read, or it is above the cap.</summary>
    /// <exception cref="InvalidDataException">It is no ELF file.</exception>
    public static ElfImage? Read(ITarget target, Module module, SymbolLimits limits)
    {
        using IMemory? memory = TryOpen(target);
        if (memory is null || ReadHeader(memory, module, HeaderBytes) is not { } header)
        {
            return null;
        }

        ElfSegment[] segments = ElfImage.ReadSegments(header, limits);
        ulong bias = module.LoadBias(segments), low = ulong.MaxValue, high = 0;
        foreach (ElfSegment load in segments.Where(s => s.Type == ElfSegmentType.Load))
        {
            low = Math.Min(low, load.VirtualAddress);
            high = Math.Max(high, unchecked(load.VirtualAddress + load.MemorySize));
        }

        ulong page = (ulong)memory.PageSize;
        low &= ~(page - 1);
        high = unchecked(high + page - 1) & ~(page - 1);
        return high > low && high - low <= (ulong)limits.MaxMemoryImageBytes
            ? Read(memory, module, header, low, high - low, bias, limits)
            : null;
    }

    /// <summary>The build-id among the first pages; empty when that can't be read.</summary>
    public static ReadOnlyMemory<byte> ReadBuildId(ITarget target, Module module, SymbolLimits limits)
    {
        using IMemory? memory = TryOpen(target);

        // It nearly always stands in the first page.
        return memory is null ? default
            : ReadBuildId(memory, module, (ulong)memory.PageSize, limits) is { IsEmpty: false } found ? found
            : ReadBuildId(memory, module, HeaderBytes, limits);
    }

    private static ReadOnlyMemory<byte> ReadBuildId(IMemory memory, Module module, ulong most, SymbolLimits limits)
    {
        if (ReadHeader(memory, module, most) is not { } header)
        {
            return default;
        }

        try
        {
            ulong bias = module.LoadBias(ElfImage.ReadSegments(header, limits));
            ulong low = unchecked(module.Range.Start - bias);
            using ElfImage image = Read(memory, module, header, low, Math.Min(module.Mappings[0].Range.Length, most), bias, limits);
            return image.BuildId;
        }
        catch (InvalidDataException)
        {
            return default;
        }
    }

    private static IMemory? TryOpen(ITarget target)
    {
        try
        {
            return (target as IMemorySource)?.OpenMemory();
        }
        catch (TargetException)
        {
            return null;
        }
    }

    // The ELF header and the program headers behind it; they end where a page is missing.
    private static byte[]? ReadHeader(IMemory memory, Module module, ulong most)
    {
        var bytes = new byte[Math.Min(module.Mappings[0].Range.Length, most)];
        var access = new PageAccess[bytes.Length / memory.PageSize];
        memory.ReadPages(module.Mappings[0].Range.Start, bytes.AsSpan(0, access.Length * memory.PageSize), access);
        int known = Array.FindIndex(access, a => a != PageAccess.Data);
        known = (known < 0 ? access.Length : known) * memory.PageSize;
        return known == 0 || !bytes.AsSpan().StartsWith("\u007fELF"u8) ? null : bytes[..known];
    }

    private static ElfImage Read(
        IMemory memory, Module module, byte[] header, ulong low, ulong length, ulong bias, SymbolLimits limits)
    {
        var bytes = new byte[(int)length];
        var known = new BitArray((int)(length / (ulong)memory.PageSize) + 1);
        ulong start = unchecked(low + bias);
        var image = new AddressRange(start, unchecked(start + length));
        foreach (Mapping mapping in module.Mappings)
        {
            ReadMapping(memory, mapping.Range.Intersect(image), image, bytes, known, isAnonymous: false);
        }

        if (module.Bss is { } bss)
        {
            ReadMapping(memory, bss.Range.Intersect(image), image, bytes, known, isAnonymous: true);
        }

        return ElfImage.OfMemory(new ElfStorage(bytes, low, known, memory.PageSize), header, bias, limits);
    }

    private static void ReadMapping(IMemory memory, AddressRange range, AddressRange image, byte[] bytes, BitArray known, bool isAnonymous)
    {
        int pageSize = memory.PageSize;
        var access = new PageAccess[BatchBytes / (ulong)pageSize];
        for (ulong at = range.Start; at < range.End; at += Math.Min(BatchBytes, range.End - at))
        {
            int pages = (int)(Math.Min(BatchBytes, range.End - at) / (ulong)pageSize);
            int offset = (int)(at - image.Start);
            memory.ReadPages(at, bytes.AsSpan(offset, pages * pageSize), access.AsSpan(0, pages));
            for (int i = 0; i < pages; i++)
            {
                // What was never touched of anonymous memory is zero; of a file it is in the file alone.
                known[offset / pageSize + i] = access[i] == PageAccess.Data || (isAnonymous && access[i] == PageAccess.Absent);
            }
        }
    }
}
