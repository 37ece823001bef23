using PageAlloc.Heaps;

namespace PageAlloc.Cli.Commands;

/// <summary>What the options of <c>record</c> ask for.</summary>
internal sealed record RecordRequest
{
    public required string Target { get; init; }

    public required string Path { get; init; }

    /// <summary>The distance of the moments; null for a single one.</summary>
    public TimeSpan? Every { get; init; }

    /// <summary>How many moments; null for as many as there are.</summary>
    public int? Count { get; init; }

    public bool Contents { get; init; }

    public bool Replace { get; init; }

    public bool ZeroScan { get; init; }

    public bool Freeze { get; init; }

    /// <summary>Where the files of the machine that wrote a core file are; null for this machine's.</summary>
    public string? Sysroot { get; init; }

    public required ReadOptions Read { get; init; }

    public required HeapOptions Heap { get; init; }
}
