using PageAlloc.Heaps;

namespace PageAlloc.Blocks;

/// <summary>A block that the program holds, or a span of a heap in which blocks are not known.</summary>
/// <param name="Address">What malloc returned; of an unknown span where it begins.</param>
/// <param name="Size">The chunk's bytes, of a block that is a mapping of its own those of the mapping.</param>
/// <param name="State"><see cref="BlockState.Used"/>, <see cref="BlockState.Mmapped"/> or <see cref="BlockState.Unknown"/>.</param>
/// <param name="Arena">Its arena; null of a mapping.</param>
public readonly record struct HeldBlock(ulong Address, ulong Size, BlockState State, Arena? Arena);
