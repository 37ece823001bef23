namespace PageAlloc.Heaps.Glibc;

/// <summary>
/// Finds the stacks of threads. In struct pthread stand, one after another, where the stack begins, its size and that of its
/// guard; the structure is at the stack's end. source: nptl/descr.h, stackblock, stackblock_size, guardsize
/// </summary>
internal sealed class ThreadStacks(MemoryCache memory)
{
    // struct pthread is larger than 256 words in every release, and smaller than twice that.
    private const ulong SearchedWords = 512;

    // No struct pthread and what is aligned above it is larger.
    private const ulong MostBehindPointer = 64 << 10;

    // The place is the same in all threads of a process.
    private ulong? _offset;

    /// <summary>The stack of the thread with that control block, guard included, and the bytes of its guard; null of the main thread.</summary>
    public (AddressRange Stack, ulong Guard)? Of(ulong pointer)
    {
        if (_offset is { } known)
        {
            return At(pointer, pointer + known);
        }

        var w = (ulong)memory.PointerSize;
        for (ulong offset = 0; offset < SearchedWords * w; offset += w)
        {
            if (At(pointer, pointer + offset) is { } found)
            {
                _offset = offset;
                return found;
            }
        }

        return null;
    }

    private (AddressRange Stack, ulong Guard)? At(ulong pointer, ulong at)
    {
        var w = (ulong)memory.PointerSize;
        ulong mask = (ulong)memory.PageSize - 1;
        return memory.TryReadWord(at, out ulong start) && memory.TryReadWord(at + w, out ulong size) && memory.TryReadWord(at + (2 * w), out ulong guard)
            && start < pointer && (start & mask) == 0 && size != 0 && (size & mask) == 0
            && start + size > pointer && start + size - pointer <= MostBehindPointer && guard <= pointer - start && (guard & mask) == 0
            ? (new AddressRange(start, start + size), guard)
            : null;
    }
}
