namespace PageAlloc.Heaps;

/// <summary>A piece of memory that an arena got from the system and cut into chunks.</summary>
/// <param name="Range">All of it: overhead, chunks, fenceposts.</param>
/// <param name="FirstChunk">Where the first chunk begins.</param>
public readonly record struct Segment(AddressRange Range, ulong FirstChunk)
{
    /// <summary>Where the address space ends that is reserved for it, of thread arenas; else 0.</summary>
    public ulong ReservedEnd { get; init; }
}
