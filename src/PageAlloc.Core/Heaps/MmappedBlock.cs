namespace PageAlloc.Heaps;

/// <summary>A block that is a mapping of its own.</summary>
/// <param name="Range">The whole mapping.</param>
/// <param name="Chunk">Where the chunk's header is; behind the start for aligned blocks.</param>
/// <param name="User">The address that malloc returned.</param>
/// <param name="Usable">What malloc_usable_size says, in bytes.</param>
public readonly record struct MmappedBlock(AddressRange Range, ulong Chunk, ulong User, ulong Usable);
