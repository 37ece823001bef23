namespace PageAlloc.Symbols;

/// <summary>Where debug files are looked for.</summary>
public sealed record DebugFileOptions
{
    /// <summary>All usual places on this machine and in the target's root.</summary>
    public static DebugFileOptions Default { get; } = new();

    /// <summary>This file and no other; null to look for one. Its build-id must not contradict the module's.</summary>
    public string? Path { get; init; }

    /// <summary>Whether a debuginfod server may be asked, if <c>$DEBUGINFOD_URLS</c> names one and nothing is found here.</summary>
    public bool UseDebuginfod { get; init; }

    /// <summary>Caps on what is read.</summary>
    public SymbolLimits Limits { get; init; } = SymbolLimits.Default;
}

/// <summary>How a debug file was found.</summary>
public enum DebugFileSource
{
    /// <summary>None was found.</summary>
    None = 0,

    /// <summary>The module's own file has what is wanted.</summary>
    Module,

    /// <summary>By its build-id below /usr/lib/debug/.build-id.</summary>
    BuildId,

    /// <summary>By the name in .gnu_debuglink.</summary>
    DebugLink,

    /// <summary>From a debuginfod server, or its cache.</summary>
    Debuginfod,

    /// <summary>By the path that was given.</summary>
    Path,
}

/// <summary>A debug file that was found, or why none was. Disposing it closes the files, except the module's own.</summary>
public sealed class DebugFile : IDisposable
{
    /// <summary>How it was found.</summary>
    public required DebugFileSource Source { get; init; }

    /// <summary>The file; null when none was found. The module's own image when <see cref="Source"/> says so.</summary>
    public ElfImage? Image { get; init; }

    /// <summary>Its path as this process sees it; null when none was found, or the module's image has none.</summary>
    public string? Path { get; init; }

    /// <summary>The file that dwz moved shared parts of it to; null when it needs none, or that was not found.</summary>
    public ElfImage? Alternate { get; init; }

    /// <summary>When none was found, or not all that it needs: why, and what to do; one line without full stop. Else null.</summary>
    public string? Reason { get; init; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Alternate?.Dispose();
        if (Source != DebugFileSource.Module)
        {
            Image?.Dispose();
        }
    }
}
