using PageAlloc.Interop;

namespace PageAlloc.Symbols;

/// <summary>Opens ELF files as images that own their content.</summary>
internal static class ElfFile
{
    /// <summary>Reads or maps the file; null with a reason when that fails.</summary>
    /// <exception cref="InvalidDataException">It is no ELF file.</exception>
    public static ElfImage? Open(LinuxFile file, string path, SymbolLimits limits, out string? reason)
    {
        MappedFile? content = MappedFile.Open(file, limits.MaxReadBytes, limits.MaxFileBytes, out int error);
        if (content is null)
        {
            reason = error == 0 ? $"{path} is larger than {limits.MaxFileBytes >> 20} MiB" : $"can't read {path}: {ErrorText.Of(error)}";
            return null;
        }

        reason = null;
        try
        {
            ElfImage image = ElfImage.Parse(content.Memory, limits, content);
            image.Path = path;
            return image;
        }
        catch (InvalidDataException)
        {
            ((IDisposable)content).Dispose();
            throw;
        }
    }
}
