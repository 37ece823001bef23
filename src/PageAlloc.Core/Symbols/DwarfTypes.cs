using System.Buffers;
using PageAlloc.Interop;

namespace PageAlloc.Symbols;

/// <summary>
/// Reads layouts of structures and places of variables from DWARF 2 to 5, through elfutils' libdw. The library reads from
/// memory of ours, never from the file, which someone may be changing.
/// </summary>
public static class DwarfTypes
{
    private static readonly Lock OneAtATime = new();

    /// <summary>Reads from a debug file.</summary>
    /// <param name="debugFile">Its path.</param>
    /// <param name="structNames">Tags of the structures wanted; of those without a tag the typedef's name.</param>
    /// <param name="preferredUnit">The source file, such as <c>malloc.c</c>, whose definitions win over those of others; null for the first of any.</param>
    /// <param name="variableNames">Names of the variables wanted; null for none.</param>
    /// <param name="limits">Caps on what is read; null for the usual ones.</param>
    public static DwarfResult Read(
        string debugFile,
        IReadOnlyList<string> structNames,
        string? preferredUnit,
        IReadOnlyList<string>? variableNames = null,
        SymbolLimits? limits = null)
    {
        try
        {
            using LinuxFile? file = RootedFile.OpenRegular(null, debugFile);
            string? reason = $"can't open {debugFile}, or it is no regular file";
            using ElfImage? image = file is null ? null : ElfFile.Open(file, debugFile, limits ?? SymbolLimits.Default, out reason);
            return image is null ? Failed(reason!) : Read(image, null, structNames, preferredUnit, variableNames);
        }
        catch (InvalidDataException e)
        {
            return Failed($"{debugFile}: {e.Message}");
        }
    }

    /// <summary>Reads from an image, such as <see cref="DebugFiles"/> finds it.</summary>
    /// <param name="image">The file with the debug information.</param>
    /// <param name="alternate">The file that dwz moved parts of it to; null when there is none.</param>
    /// <param name="structNames">Tags of the structures wanted; of those without a tag the typedef's name.</param>
    /// <param name="preferredUnit">The source file, such as <c>malloc.c</c>, whose definitions win over those of others; null for the first of any.</param>
    /// <param name="variableNames">Names of the variables wanted; null for none.</param>
    public static DwarfResult Read(
        ElfImage image,
        ElfImage? alternate,
        IReadOnlyList<string> structNames,
        string? preferredUnit,
        IReadOnlyList<string>? variableNames = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(structNames);
        string name = image.Path ?? "the file";
        if (!image.HasDwarf)
        {
            return new DwarfResult { Status = DwarfStatus.NoDebugInformation, Message = $"{name} holds no debug information" };
        }

        if (!LibDw.IsPresent(out string? missing))
        {
            return new DwarfResult { Status = DwarfStatus.LibraryMissing, Message = missing };
        }

        foreach (ElfImage? part in new[] { image, alternate })
        {
            if (part is not null && part.UnfoldedBytes() > (ulong)part.Limits.MaxDebugBytes)
            {
                return Failed($"{part.Path ?? name}: its debug information says that it unfolds to {part.UnfoldedBytes()} bytes, above the cap of {part.Limits.MaxDebugBytes}");
            }
        }

        try
        {
            lock (OneAtATime)
            {
                using var main = DwarfFile.Open(image, name);
                using DwarfFile? alt = alternate is null ? null : DwarfFile.Open(alternate, alternate.Path ?? "the alternate file");
                return main.Read(alt, new DwarfSearch(structNames, variableNames ?? [], preferredUnit, image));
            }
        }
        catch (InvalidDataException e)
        {
            return Failed(e.Message);
        }
    }

    private static DwarfResult Failed(string message) => new() { Status = DwarfStatus.Failed, Message = message };

    /// <summary>One file open in libdw.</summary>
    private sealed unsafe class DwarfFile : IDisposable
    {
        private MemoryHandle _memory;
        private void* _elf;
        private void* _dwarf;

        public static DwarfFile Open(ElfImage image, string name)
        {
            var file = new DwarfFile { _memory = image.Bytes.Pin() };
            _ = LibDw.elf_version(LibDw.EV_CURRENT);
            file._elf = LibDw.elf_memory((byte*)file._memory.Pointer, (nuint)image.Bytes.Length);
            file._dwarf = file._elf == null ? null : LibDw.dwarf_begin_elf(file._elf, LibDw.DWARF_C_READ, null);
            if (file._dwarf == null)
            {
                string reason = file._elf == null ? "no ELF file to libelf" : LibDw.LastError();
                file.Dispose();
                throw new InvalidDataException($"{name}: libdw can't read its debug information: {reason}");
            }

            return file;
        }

        public DwarfResult Read(DwarfFile? alternate, DwarfSearch search)
        {
            if (alternate is not null)
            {
                LibDw.dwarf_setalt(_dwarf, alternate._dwarf);
            }

            return search.Run(_dwarf, alternate is null ? null : alternate._dwarf);
        }

        public void Dispose()
        {
            // Both take null.
            _ = LibDw.dwarf_end(_dwarf);
            _ = LibDw.elf_end(_elf);
            _dwarf = null;
            _elf = null;
            _memory.Dispose();
        }
    }
}
