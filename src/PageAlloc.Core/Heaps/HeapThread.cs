namespace PageAlloc.Heaps;

/// <summary>A thread that was found in the target's memory, and what malloc keeps for it.</summary>
public sealed record HeapThread
{
    /// <summary>Its number, as we know it; 0 when it was not found.</summary>
    public required int Tid { get; init; }

    /// <summary>The thread pointer: the address of its control block.</summary>
    public required ulong Pointer { get; init; }

    /// <summary>The address of the arena that it uses; 0 when it never called malloc, or that was not found.</summary>
    public required ulong Arena { get; init; }

    /// <summary>The blocks in its tcaches.</summary>
    public required ulong TcacheBlocks { get; init; }

    /// <summary>The bytes of these blocks, headers included.</summary>
    public required ulong TcacheBytes { get; init; }

    /// <summary>Where its stack is, guard included; null of the main thread, whose stack the kernel made, and when not known.</summary>
    public required AddressRange? Stack { get; init; }

    /// <summary>The bytes of the guard that its stack begins with; 0 when that is not known.</summary>
    public ulong GuardBytes { get; init; }
}
