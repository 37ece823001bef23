using PageAlloc.Interop;
using PageAlloc.Targets;

namespace PageAlloc.Symbols;

/// <summary>
/// Finds the debug information of a module: in its own file, by build-id, by .gnu_debuglink, from a debuginfod server.
/// The target's own root comes first, then this machine's.
/// </summary>
public static class DebugFiles
{
    private const string DebugFolder = "/usr/lib/debug";

    /// <summary>Looks for the debug file of a module. The caller disposes the result, and the image only after it.</summary>
    /// <param name="target">The target.</param>
    /// <param name="module">A module of it.</param>
    /// <param name="image">The module's file.</param>
    /// <param name="options">Where to look; null for the usual places.</param>
    /// <returns>A file with DWARF, else one with a symbol table (.symtab) at least, else the reason why there is none.</returns>
    public static DebugFile Find(ITarget target, Module module, ElfImage image, DebugFileOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(image);
        options ??= DebugFileOptions.Default;
        var search = new Search(module, image, options);
        if (options.Path is { } path)
        {
            return search.OpenGiven(path);
        }

        using DebugRoots roots = DebugRoots.Of(target);
        if (image.HasDwarf)
        {
            return search.Found(DebugFileSource.Module, image, image.Path, null, roots);
        }

        return search.FindByBuildId(roots) ?? search.FindByLink(roots) ?? search.AskServer(roots)
            ?? (image.HasSymbolTable ? search.Found(DebugFileSource.Module, image, image.Path, null, roots) : search.NotFound());
    }

    private sealed class Search(Module module, ElfImage image, DebugFileOptions options)
    {
        private string? _failure;

        private string BuildIdText => Convert.ToHexStringLower(image.BuildId.Span);

        public DebugFile OpenGiven(string path)
        {
            try
            {
                using LinuxFile? file = RootedFile.OpenRegular(null, path);
                string? reason = $"can't open {path}, or it is no regular file";
                ElfImage? debug = file is null ? null : ElfFile.Open(file, path, options.Limits, out reason);
                if (debug is null)
                {
                    return Failed(reason!);
                }

                if (Refute(debug) is { } refutation)
                {
                    debug.Dispose();
                    return Failed($"{path} {refutation}");
                }

                using DebugRoots roots = DebugRoots.Own();
                return Found(DebugFileSource.Path, debug, path, RootedFile.RealPath(roots.Items[0].Root, file!), roots);
            }
            catch (InvalidDataException e)
            {
                return Failed($"{path}: {e.Message}");
            }
        }

        public DebugFile? FindByBuildId(DebugRoots roots) =>
            image.BuildId.Length < 2 ? null : TryOpen(roots, PathOfBuildId(image.BuildId.Span), DebugFileSource.BuildId);

        public DebugFile? FindByLink(DebugRoots roots)
        {
            if (image.DebugLink is not { } link || ModuleFile.PathOf([(byte)'/', .. link.Name.Span]) is not { } name
                || ModuleFile.PathOf(module.Name.Span) is not { } path)
            {
                return null;
            }

            string folder = path[..path.LastIndexOf('/')];
            return TryOpen(roots, folder + name, DebugFileSource.DebugLink, link.Crc32)
                ?? TryOpen(roots, folder + "/.debug" + name, DebugFileSource.DebugLink, link.Crc32)
                ?? TryOpen(roots, DebugFolder + folder + name, DebugFileSource.DebugLink, link.Crc32);
        }

        public DebugFile? AskServer(DebugRoots roots)
        {
            if (!options.UseDebuginfod || image.BuildId.IsEmpty)
            {
                return null;
            }

            using LinuxFile? file = LibDebuginfod.Find(image.BuildId.Span, out string? path, out _failure);
            try
            {
                return file is null ? null : TryAccept(file, path!, DebugFileSource.Debuginfod, null, roots.Items[^1].Root, roots);
            }
            catch (InvalidDataException e)
            {
                _failure = $"{path}: {e.Message}";
                return null;
            }
        }

        public DebugFile Found(DebugFileSource source, ElfImage debug, string? path, string? realPath, DebugRoots roots)
        {
            ElfImage? alternate = FindAlternate(debug, realPath ?? ModuleFile.PathOf(module.Name.Span), roots);
            return new DebugFile
            {
                Source = source,
                Image = debug,
                Path = path,
                Alternate = alternate,
                Reason = debug.AltDebugLink is { } link && alternate is null
                    ? $"{path ?? module.ToString()} needs {ByteText.ToPrintable(link.Path.Span)} (build-id {Convert.ToHexStringLower(link.BuildId.Span)}), which was not found"
                    : null,
            };
        }

        public DebugFile NotFound() => Failed(
            (image.BuildId.IsEmpty ? $"no debug information for {module}, which has no build-id" : $"no debug information for {module} (build-id {BuildIdText})")
            + (_failure is null ? "; a package of its distribution has it (Debian: libc6-dbg for libc)" : $": {_failure}"));

        private static DebugFile Failed(string reason) => new() { Source = DebugFileSource.None, Reason = reason };

        private static string PathOfBuildId(ReadOnlySpan<byte> id) =>
            $"{DebugFolder}/.build-id/{Convert.ToHexStringLower(id[..1])}/{Convert.ToHexStringLower(id[1..])}.debug";

        private DebugFile? TryOpen(DebugRoots roots, string path, DebugFileSource source, uint? crc = null)
        {
            foreach ((LinuxFile root, string prefix) in roots.Items)
            {
                try
                {
                    using LinuxFile? file = RootedFile.Open(root, path);
                    if (file is not null && TryAccept(file, prefix + path, source, crc, root, roots) is { } found)
                    {
                        return found;
                    }
                }
                catch (InvalidDataException e)
                {
                    _failure = $"{prefix}{path}: {e.Message}";
                }
            }

            return null;
        }

        private DebugFile? TryAccept(LinuxFile file, string path, DebugFileSource source, uint? crc, LinuxFile root, DebugRoots roots)
        {
            ElfImage? debug = ElfFile.Open(file, path, options.Limits, out string? reason);
            _failure = reason ?? _failure;
            if (debug is null)
            {
                return null;
            }

            string? refutation = Refute(debug);
            bool isProved = !image.BuildId.IsEmpty && image.BuildId.Span.SequenceEqual(debug.BuildId.Span);
            if (refutation is null && !isProved && (crc is null || Crc32.Of(debug.Bytes.Span) != crc))
            {
                refutation = crc is null ? "has no build-id" : "does not have the checksum that .gnu_debuglink says";
            }

            if (refutation is null)
            {
                return Found(source, debug, path, RootedFile.RealPath(root, file), roots);
            }

            debug.Dispose();
            _failure = $"{path} {refutation}";
            return null;
        }

        private string? Refute(ElfImage debug)
        {
            if (!debug.BuildId.IsEmpty && !image.BuildId.IsEmpty && !debug.BuildId.Span.SequenceEqual(image.BuildId.Span))
            {
                return $"is of another build: its build-id is {Convert.ToHexStringLower(debug.BuildId.Span)}, that of {module} {BuildIdText}";
            }

            return debug.PointerSize != image.PointerSize || debug.Machine != image.Machine ? $"is for another processor than {module}"
                : debug.HasDwarf || debug.HasSymbolTable ? null
                : "has neither DWARF nor a symbol table";
        }

        // realPath: where the link in the file is relative to.
        private ElfImage? FindAlternate(ElfImage debug, string? realPath, DebugRoots roots)
        {
            if (debug.AltDebugLink is not { BuildId.Length: > 1 } link || ModuleFile.PathOf([(byte)'/', .. link.Path.Span]) is not { } path)
            {
                return null;
            }

            path = path.StartsWith("//", StringComparison.Ordinal) || realPath is null ? path[1..] : realPath[..realPath.LastIndexOf('/')] + path;
            foreach (string place in new[] { path, PathOfBuildId(link.BuildId.Span) })
            {
                foreach ((LinuxFile root, string prefix) in roots.Items)
                {
                    try
                    {
                        using LinuxFile? file = RootedFile.Open(root, place);
                        ElfImage? alternate = file is null ? null : ElfFile.Open(file, prefix + place, options.Limits, out _);
                        if (alternate is not null && alternate.BuildId.Span.SequenceEqual(link.BuildId.Span))
                        {
                            return alternate;
                        }

                        alternate?.Dispose();
                    }
                    catch (InvalidDataException)
                    {
                        // The next place may have a good one.
                    }
                }
            }

            return null;
        }
    }
}
