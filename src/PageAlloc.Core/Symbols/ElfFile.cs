using PageAlloc.Interop;

namespace PageAlloc.Symbols;

/// <summary>Opens ELF files as images that own their content.</summary>
internal static class ElfFile
{
    /// <summary>Reads or maps the file; null with a reason when that fails.</summary>
    /// <exception cref="InvalidDataException">It is no ELF file.</exception>
    public static ElfImage? Open(LinuxFile file, string path, SymbolLimits limits, out string? reason)
    {
        if (!file.TryStat("", out statx_t stat) || (stat.stx_mode & LibC.S_IFMT) != LibC.S_IFREG)
        {
            reason = $"can't read {path}: {ErrorText.Of(Errno.EINVAL)}";
            return null;
        }

        if (stat.stx_size > (ulong)limits.MaxFileBytes)
        {
            reason = $"{path} is larger than {limits.MaxFileBytes >> 20} MiB";
            return null;
        }

        ElfStorage? storage;
        if (stat.stx_size < (ulong)limits.MaxReadBytes)
        {
            storage = FilePieces.Open(file, (int)stat.stx_size, out int error) is { } pieces ? new ElfStorage(pieces) : null;
            reason = Reason(error);
        }
        else
        {
            storage = MappedFile.Open(file, (int)stat.stx_size, out int error) is { } mapped ? new ElfStorage(mapped) : null;
            reason = Reason(error);
        }

        if (storage is null)
        {
            return null;
        }

        try
        {
            ElfImage image = ElfImage.OfFile(storage, limits);
            image.Path = path;
            return image;
        }
        catch (InvalidDataException)
        {
            storage.Dispose();
            throw;
        }

        string? Reason(int error) => error == 0 ? null : $"can't read {path}: {ErrorText.Of(error)}";
    }
}
