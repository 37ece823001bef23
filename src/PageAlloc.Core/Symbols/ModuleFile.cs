using System.Globalization;
using System.Text;
using PageAlloc.Interop;
using PageAlloc.Mappings;
using PageAlloc.Targets;

namespace PageAlloc.Symbols;

/// <summary>Finds the file behind a module: by the kernel's own links, by its path in the target's root or ours, else in memory.</summary>
internal sealed class ModuleFile(ITarget target, Module module, SymbolLimits limits)
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private ReadOnlyMemory<byte>? _memoryBuildId;

    /// <summary>The path as text, to open it; null when its bytes are none.</summary>
    public static string? PathOf(ReadOnlySpan<byte> name)
    {
        try
        {
            // The kernel escapes a newline and nothing else. source: fs/proc/task_mmu.c, seq_path
            return name.StartsWith("/"u8) ? StrictUtf8.GetString(name).Replace("\\012", "\n", StringComparison.Ordinal) : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    public ElfImage Open()
    {
        InvalidDataException? bad = null;
        foreach ((LinuxFile? file, string path, bool isCertain) in Candidates())
        {
            using (file)
            {
                try
                {
                    if (file is not null && TryOpen(file, path, isCertain) is { } image)
                    {
                        return image;
                    }
                }
                catch (InvalidDataException e)
                {
                    bad ??= e;
                }
            }
        }

        return MemoryImage.Read(target, module, limits)
            ?? throw (bad is not null ? new InvalidDataException($"{module}: {bad.Message}", bad) : new TargetException(
                TargetFailure.SystemError,
                $"{target.Info.Name}: can't open {module}, and its headers in memory can't be read",
                "sudo gives access to files that were deleted or that lie in a container"));
    }

    private IEnumerable<(LinuxFile? File, string Path, bool IsCertain)> Candidates()
    {
        string? path = PathOf(module.Name.Span);
        if (target is IProcDirectory process)
        {
            AddressRange range = module.Mappings[0].Range;
            string link = string.Create(CultureInfo.InvariantCulture, $"map_files/{range.Start:x}-{range.End:x}");
            string folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{target.Info.Pid}/");
            yield return (OpenLink(process, link), folder + link, true);
            yield return (OpenLink(process, "exe"), folder + "exe", false);
            if (path is not null)
            {
                using LinuxFile? root = process.TryOpen("root");
                yield return (root is null ? null : RootedFile.Open(root, path), folder + "root" + path, false);
            }
        }

        if (path is not null && target is ISysroot { Sysroot: { } sysroot })
        {
            using LinuxFile? root = LinuxFile.Open(null, sysroot, out _, LibC.O_PATH);
            yield return (root is null ? null : RootedFile.Open(root, path), sysroot + path, false);
        }

        if (path is not null)
        {
            yield return (RootedFile.OpenRegular(null, path), path, false);
        }
    }

    private static LinuxFile? OpenLink(IProcDirectory process, string link) =>
        process.TryStat(link, out statx_t stat) && (stat.stx_mode & LibC.S_IFMT) == LibC.S_IFREG ? process.TryOpen(link) : null;

    private ElfImage? TryOpen(LinuxFile file, string path, bool isCertain)
    {
        bool isSame = isCertain || (target is not ISections && IsMapped(file));
        if (!isSame && MemoryBuildId().IsEmpty)
        {
            return null;
        }

        ElfImage? image = ElfFile.Open(file, path, limits, out _);
        if (image is null)
        {
            return null;
        }

        // A file may have been written over since it was loaded; and a file system may give files other numbers than maps has.
        ReadOnlySpan<byte> expected = MemoryBuildId().Span;
        bool isEqual = expected.IsEmpty || image.BuildId.IsEmpty ? isSame : image.BuildId.Span.SequenceEqual(expected);
        if (isEqual)
        {
            return image;
        }

        image.Dispose();
        return null;
    }

    private bool IsMapped(LinuxFile file)
    {
        Mapping mapping = module.Mappings[0];
        return file.TryStat("", out statx_t stat)
            && (stat.stx_ino, stat.stx_dev_major, stat.stx_dev_minor) == (mapping.Inode, mapping.DeviceMajor, mapping.DeviceMinor);
    }

    // Of a snapshot, whose process may have ended long ago, only a build-id tells that a file is the same.
    private ReadOnlyMemory<byte> MemoryBuildId() => _memoryBuildId ??= target is ISections
        ? new ModuleHeaderSource(target).Of(module)?.BuildId ?? default
        : MemoryImage.ReadBuildId(target, module, limits);
}
