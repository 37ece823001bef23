namespace PageAlloc.Heaps.Glibc;

/// <summary>
/// struct _heap_info, at the start of every heap of a thread arena, which is aligned to the largest size that it may have.
/// source: malloc/arena.c
/// </summary>
/// <param name="Address">The heap's address.</param>
/// <param name="Arena">The arena that it belongs to (ar_ptr).</param>
/// <param name="Previous">The heap that was made before it; 0 for the first.</param>
/// <param name="Size">Bytes in use by malloc.</param>
internal readonly record struct HeapInfo(ulong Address, ulong Arena, ulong Previous, ulong Size)
{
    /// <summary>The size of the structure, padding included: told by where the arena in the first heap stands.</summary>
    public static ulong SizeBefore(ulong arena, int pointerSize) => arena & ((pointerSize == 8 ? 64UL << 10 : 4UL << 10) - 1);

    /// <summary>Reads it; null when it can't be read.</summary>
    public static HeapInfo? Read(MemoryCache memory, ulong address)
    {
        var w = (ulong)memory.PointerSize;
        return memory.TryReadWord(address, out ulong arena)
            && memory.TryReadWord(address + w, out ulong previous)
            && memory.TryReadWord(address + (2 * w), out ulong size)
            ? new HeapInfo(address, arena, previous, size)
            : null;
    }
}
