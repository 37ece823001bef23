namespace PageAlloc.Insight;

/// <summary>What a thread holds, in bytes.</summary>
public sealed record ThreadMemory
{
    /// <summary>Its number, as we know it.</summary>
    public required int Tid { get; init; }

    /// <summary>The kernel's short name of it (comm); null when it has ended meanwhile.</summary>
    public required ReadOnlyMemory<byte>? Name { get; init; }

    /// <summary>The address of the arena that it uses; null when it never called malloc, or that is not known.</summary>
    public required ulong? Arena { get; init; }

    /// <summary>The blocks in its tcache.</summary>
    public required ulong TcacheBlocks { get; init; }

    /// <summary>The bytes of these blocks, headers included.</summary>
    public required ulong TcacheBytes { get; init; }

    /// <summary>Where its stack may be: from the lowest address, guard included, to the end; null when not known.</summary>
    public required AddressRange? Stack { get; init; }

    /// <summary>The bytes of the stack in RAM; null when that is not known.</summary>
    public required ulong? StackResidentBytes { get; init; }

    /// <summary>The bytes of the stack in swap; null when that is not known.</summary>
    public required ulong? StackSwappedBytes { get; init; }
}
