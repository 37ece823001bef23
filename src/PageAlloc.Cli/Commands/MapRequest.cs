using PageAlloc.Heaps;
using PageAlloc.Views;

namespace PageAlloc.Cli.Commands;

/// <summary>What the map can show.</summary>
[Flags]
internal enum MapParts
{
    /// <summary>The page map.</summary>
    Pages = 1,

    /// <summary>The heap map.</summary>
    Heaps = 2,

    /// <summary>The tables.</summary>
    Summary = 4,
}

/// <summary>What the options of the map ask for.</summary>
internal sealed record MapRequest
{
    public required string Target { get; init; }

    public bool Json { get; init; }

    public MapParts Parts { get; init; }

    /// <summary>Whether the heap map has a pixel for each page, not for eight units.</summary>
    public bool HeapByPages { get; init; }

    public HeapOptions Heap { get; init; } = HeapOptions.Default;

    public bool Freeze { get; init; }

    /// <summary>Where the files of the machine that wrote a core file are; null for this machine's.</summary>
    public string? Sysroot { get; init; }

    /// <summary>Whether huge pages are searched for zeros.</summary>
    public bool ZeroScan { get; init; }

    public bool Runs { get; init; }

    public bool Legend { get; init; } = true;

    public MappingFilter? Filter { get; init; }

    public required ReadOptions Read { get; init; }

    public required MapOptions Map { get; init; }
}
