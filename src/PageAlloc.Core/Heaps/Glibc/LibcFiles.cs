using PageAlloc.Mappings;
using PageAlloc.Symbols;
using PageAlloc.Targets;

namespace PageAlloc.Heaps.Glibc;

/// <summary>What the file of a libc tells.</summary>
internal sealed record LibcFile
{
    /// <summary>What a libc that lies in no module that can be opened tells.</summary>
    public static LibcFile Unknown { get; } = new();

    /// <summary>The release; null when it is not told.</summary>
    public string? Version { get; init; }

    /// <summary>What debug information or symbols say; null when there are none, or they were not asked for.</summary>
    public DescribedMalloc? Description { get; init; }

    /// <summary>Why debug information says nothing, when it was asked for.</summary>
    public string? Reason { get; init; }

    /// <summary>Whether that is only for want of libdw.</summary>
    public bool IsLibraryMissing { get; init; }
}

/// <summary>Opens the files of the libcs of a process, each once.</summary>
internal sealed class LibcFiles
{
    private readonly ITarget _target;
    private readonly HeapOptions _options;
    private readonly IReadOnlyList<Module> _modules;
    private readonly DescriptionReader _reader;
    private readonly Dictionary<ulong, LibcFile> _files = [];

    public LibcFiles(ITarget target, IReadOnlyList<Mapping> mappings, HeapOptions options)
    {
        _target = target;
        _options = options;
        _modules = ModuleTable.Of(mappings);
        _reader = new DescriptionReader(target, options);
    }

    /// <summary>The file of the libc whose data is in a mapping.</summary>
    public LibcFile Of(Mapping data) => ModuleOf(data) is { } module ? Open(module) : LibcFile.Unknown;

    /// <summary>Where the libc begins whose data is in a mapping.</summary>
    public ulong AddressOf(Mapping data) => ModuleOf(data)?.Range.Start ?? data.Range.Start;

    /// <summary>How the layout of a libc was found, in words.</summary>
    public string LayoutText(LibcFile file)
    {
        // That there is no debug information is usual; that it could not be had where it was asked for is not.
        bool isAskedFor = file.IsLibraryMissing || (_options.UseDebuginfod && file.Description is null);
        string missing = isAskedFor && file.Reason is { } reason ? reason : "";
        return (file.Description, _options.IsDescribed) switch
        {
            ({ } found, true) => found.Source,
            ({ } found, false) => $"structure, checked against {found.Source}{(missing.Length == 0 ? "" : $" ({missing})")}",
            _ => missing.Length == 0 ? "structure" : $"structure, not checked: {missing}",
        };
    }

    /// <summary>The main arenas that are where debug information says, and as it says.</summary>
    /// <param name="memory">The target's memory.</param>
    /// <param name="byStructure">The main arenas that structure shows: these are libcs, whatever their names.</param>
    /// <exception cref="TargetException">There is no debug information, or it is of another build.</exception>
    public List<MainArena> DescribedArenas(MemoryCache memory, IReadOnlyList<MainArena> byStructure)
    {
        var found = new List<MainArena>();
        bool isAnyDescribed = false;
        string? reason = null;
        bool isLibraryMissing = false;
        foreach (Module module in _modules)
        {
            int known = byStructure.ToList().FindIndex(a => module.Range.Contains(a.Address));
            if (known < 0 && !IsNamedLibc(module.Name.Span))
            {
                continue;
            }

            LibcFile file = Open(module);
            if (file.Description is not { MainArena: { } address } description
                || (file.Description.Source.StartsWith("symbols", StringComparison.Ordinal) && _options.DebugFile is null))
            {
                isLibraryMissing |= file.IsLibraryMissing;
                reason ??= file.Reason ?? $"{module}: where its main_arena is is not said";
                if (known >= 0 && _options.DebugFile is null)
                {
                    throw Missing(reason, isLibraryMissing);
                }

                if (known >= 0)
                {
                    found.Add(byStructure[known]);
                }

                continue;
            }

            isAnyDescribed = true;
            Mapping? data = module.Mappings.FirstOrDefault(m => m.Range.Contains(address)) ?? module.Bss;

            // Until 2.41 an arena that was never used is all zeros.
            if (data is not null && ArenaState.Read(memory, address, description.Layout) is { Top: not 0 })
            {
                found.Add(new MainArena(address, description.Layout, data));
            }
        }

        return reason is null || isAnyDescribed ? found : throw Missing(reason, isLibraryMissing);
    }

    /// <summary>Whether a file has the name of a libc.</summary>
    public static bool IsNamedLibc(ReadOnlySpan<byte> name)
    {
        name = name[(name.LastIndexOf((byte)'/') + 1)..];
        return name.StartsWith("libc.so.6"u8) || name.StartsWith("libc-2."u8);
    }

    private TargetException Missing(string reason, bool isLibraryMissing) => new(
        TargetFailure.NoDebugInformation,
        $"{_target.Info.Name}: {reason}",
        _options.DebugFile is not null ? "--layout takes auto, debug-info, structure, or the debug file of this very build"
        : _options.UseDebuginfod || isLibraryMissing ? "--layout structure needs no debug information"
        : "--debuginfod asks the servers in $DEBUGINFOD_URLS for it; --layout structure needs none");

    private Module? ModuleOf(Mapping data) => _modules.FirstOrDefault(m => m.Range.Contains(data.Range.Start));

    private LibcFile Open(Module module)
    {
        if (!_files.TryGetValue(module.Range.Start, out LibcFile? file))
        {
            _files.Add(module.Range.Start, file = Read(module));
        }

        return file;
    }

    private LibcFile Read(Module module)
    {
        string? version = null;
        try
        {
            using ElfImage image = module.OpenImage(_target);
            version = GlibcVersion.Of(image);
            if (!_options.IsDescribed && _options.Layout == LayoutSource.Structure)
            {
                return new LibcFile { Version = version };
            }

            DescribedMalloc? description = _reader.Read(module, image, out string? reason, out bool isLibraryMissing);
            return new LibcFile { Version = version, Description = description, Reason = reason, IsLibraryMissing = isLibraryMissing };
        }
        catch (Exception e) when (e is InvalidDataException or TargetException)
        {
            return new LibcFile { Version = version, Reason = e.Message };
        }
    }
}
