namespace PageAlloc.Insight;

/// <summary>
/// The last block before the top chunk of a main arena. The break can't fall below it: <c>free</c> and <c>malloc_trim</c>
/// shorten the heap by its top only, and pages below go back one by one while the heap keeps its size.
/// </summary>
/// <param name="Chunk">Where it begins: its header, not what malloc returned.</param>
/// <param name="Size">Its bytes, header included.</param>
/// <param name="IsCached">Whether it is free, in a tcache, which counts as used for the heap's end.</param>
/// <param name="FreeBelow">The free bytes directly below it, down to the next block that is not free: with the block gone they would be part of top.</param>
/// <param name="ResidentBelow">How many of these are in RAM.</param>
/// <param name="KeptBelow">How many of those <c>malloc_trim(0)</c> would leave in RAM.</param>
public readonly record struct BlockUnderTop(ulong Chunk, ulong Size, bool IsCached, ulong FreeBelow, ulong ResidentBelow, ulong KeptBelow);
