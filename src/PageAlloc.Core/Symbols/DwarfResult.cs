namespace PageAlloc.Symbols;

/// <summary>What came of reading debug information.</summary>
public enum DwarfStatus
{
    /// <summary>It was not read, for the reason in <see cref="DwarfResult.Message"/>.</summary>
    Failed = 0,

    /// <summary>It was read; names that it lacks are missing in the result.</summary>
    Read,

    /// <summary>The file holds none.</summary>
    NoDebugInformation,

    /// <summary>libdw is not installed; the message says which package has it.</summary>
    LibraryMissing,
}

/// <summary>A variable found in debug information.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsThreadLocal">Whether <paramref name="Value"/> is an offset in the module's TLS block.</param>
/// <param name="Value">Its address before the load bias is added, or that offset.</param>
/// <param name="Size">The size of its type in bytes; 0 when not known.</param>
public readonly record struct DwarfVariable(string Name, bool IsThreadLocal, ulong Value, ulong Size);

/// <summary>Structures and variables as debug information describes them.</summary>
public sealed class DwarfResult
{
    /// <summary>What came of it.</summary>
    public required DwarfStatus Status { get; init; }

    /// <summary>Why it was not read, and what to do; one line without full stop. Null when it was.</summary>
    public string? Message { get; init; }

    /// <summary>The path of the file that it was read from, as it was seen then; null when it has none.</summary>
    public string? Path { get; init; }

    /// <summary>The structures that were found, by name.</summary>
    public IReadOnlyDictionary<string, StructLayout> Structs { get; init; } = new Dictionary<string, StructLayout>();

    /// <summary>The variables that were found, by name.</summary>
    public IReadOnlyDictionary<string, DwarfVariable> Variables { get; init; } = new Dictionary<string, DwarfVariable>();
}
