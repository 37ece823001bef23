namespace PageAlloc.Targets;

/// <summary>What came of reading a page.</summary>
public enum PageAccess : byte
{
    /// <summary>It can't be read: a guard page, device memory, no mapping, or gone meanwhile. The bytes are zero and mean nothing.</summary>
    Unreadable = 0,

    /// <summary>It was in memory and was read.</summary>
    Data,

    /// <summary>It is not present: zeros in private anonymous memory, the file's content elsewhere. The bytes are zero.</summary>
    Absent,

    /// <summary>It is swapped out, and was left so. The bytes are zero and mean nothing.</summary>
    Swapped,
}

/// <summary>The memory of a target, read without changing it: pages that are not present are never touched.</summary>
public interface IMemory : IDisposable
{
    /// <summary>The size of a page in bytes.</summary>
    int PageSize { get; }

    /// <summary>Reads whole pages.</summary>
    /// <param name="address">Address of the first, page aligned.</param>
    /// <param name="buffer">Gets the bytes; a whole number of pages long. Pages that were not read become zero.</param>
    /// <param name="access">Gets what came of each page.</param>
    void ReadPages(ulong address, Span<byte> buffer, Span<PageAccess> access);

    /// <summary>The same memory once more, to be read by another thread at the same time; null where it can't be. The caller disposes it, before this one.</summary>
    IMemory? Again() => null;

    /// <summary>Whether what follows is worth reading on another thread before it is asked for, which costs some CPU time more.</summary>
    bool IsReadAhead => false;

    /// <summary>
    /// The first page at or behind an address that is in memory or swapped out, at a cost that does not follow the absent
    /// pages before it; where that can't be had, the address itself.
    /// </summary>
    /// <param name="address">Where to begin, page aligned.</param>
    /// <param name="end">Where to end, page aligned; what is given when there is none.</param>
    ulong FirstPresent(ulong address, ulong end) => address;

    /// <summary>The same for pages that can be read now: those that are swapped out, and left so, are passed over too.</summary>
    /// <param name="address">Where to begin, page aligned.</param>
    /// <param name="end">Where to end, page aligned; what is given when there is none.</param>
    ulong FirstReadable(ulong address, ulong end) => FirstPresent(address, end);

    /// <summary>The same for pages of a private mapping that were written: pages that still are a file's are passed over too.</summary>
    /// <param name="address">Where to begin, page aligned.</param>
    /// <param name="end">Where to end, page aligned; what is given when there is none.</param>
    ulong FirstWritten(ulong address, ulong end) => FirstPresent(address, end);
}

/// <summary>A target whose memory can be read.</summary>
public interface IMemorySource
{
    /// <summary>Opens the memory; the caller disposes it.</summary>
    /// <param name="swapIn">Whether swapped pages may be read, which brings them back into the target's RAM.</param>
    /// <exception cref="TargetException">The kernel refuses.</exception>
    IMemory OpenMemory(bool swapIn = false);
}
