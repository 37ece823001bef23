using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Mappings;
using PageAlloc.Targets;

namespace PageAlloc.Views;

/// <summary>What an address may be.</summary>
public enum WhatIsKind
{
    /// <summary>Nothing is known of it but its mapping.</summary>
    Unknown = 0,

    /// <summary>It is in no mapping.</summary>
    NotMapped,

    /// <summary>A used block of a heap.</summary>
    UsedBlock,

    /// <summary>A free block of a heap.</summary>
    FreeBlock,

    /// <summary>A block that is a mapping of its own.</summary>
    MmappedBlock,

    /// <summary>A top chunk.</summary>
    Top,

    /// <summary>The header that ends a segment of a heap.</summary>
    Fencepost,

    /// <summary>Alignment of a heap, or a gap that a foreign sbrk left.</summary>
    Overhead,

    /// <summary>A part of a heap that is damaged, swapped out or unreadable.</summary>
    UnknownBlock,

    /// <summary>The structure of a tcache; a used block.</summary>
    Tcache,

    /// <summary>struct malloc_state of an arena.</summary>
    ArenaState,

    /// <summary>struct heap_info of a segment.</summary>
    HeapInfo,

    /// <summary>struct malloc_par of a libc.</summary>
    MallocParameters,

    /// <summary>The stack of a thread.</summary>
    Stack,

    /// <summary>The guard of a thread's stack.</summary>
    StackGuard,

    /// <summary>Thread-local storage.</summary>
    ThreadStorage,

    /// <summary>The control block of a thread: struct pthread.</summary>
    ThreadControlBlock,

    /// <summary>Code of the program or a library.</summary>
    Code,

    /// <summary>Data of the program or a library.</summary>
    Data,

    /// <summary>A mapping of the kernel: [vdso], [vvar].</summary>
    Kernel,

    /// <summary>A file that is no program and no library.</summary>
    File,

    /// <summary>Memory of no file, and no heap that is known.</summary>
    Anonymous,

    /// <summary>Address space that is kept for a heap of a thread arena to grow into.</summary>
    HeapReserve,
}

/// <summary>A block, as an address in it or beside it is told.</summary>
/// <param name="State">What it is.</param>
/// <param name="User">What malloc returned, or would return.</param>
/// <param name="Size">Its bytes, header included.</param>
/// <param name="Usable">What malloc_usable_size says; 0 for what can't be asked.</param>
public sealed record WhatIsBlock(BlockState State, ulong User, ulong Size, ulong Usable);

/// <summary>Sixteen bytes of memory at most.</summary>
/// <param name="Address">Where.</param>
/// <param name="Access">Whether they could be read.</param>
/// <param name="Bytes">The bytes; empty when they were not read.</param>
public sealed record WhatIsBytes(ulong Address, PageAccess Access, ReadOnlyMemory<byte> Bytes);

/// <summary>What is at an address.</summary>
public sealed record WhatIs
{
    /// <summary>The address asked for.</summary>
    public required ulong Address { get; init; }

    /// <summary>What it is.</summary>
    public required WhatIsKind Kind { get; init; }

    /// <summary>The same in words.</summary>
    public required string Text { get; init; }

    /// <summary>The mapping that it is in.</summary>
    public Mapping? Mapping { get; init; }

    /// <summary>The state of its page, as legends name it: <c>4K anonymous</c>.</summary>
    public string? Page { get; init; }

    /// <summary>The arena that it belongs to.</summary>
    public Arena? Arena { get; init; }

    /// <summary>Who uses that arena, in words.</summary>
    public string? Owner { get; init; }

    /// <summary>The block that it is in.</summary>
    public WhatIsBlock? Block { get; init; }

    /// <summary>The block before that one in the segment.</summary>
    public WhatIsBlock? Before { get; init; }

    /// <summary>The block behind it.</summary>
    public WhatIsBlock? After { get; init; }

    /// <summary>The bytes around it; empty when memory can't be read at all.</summary>
    public IReadOnlyList<WhatIsBytes> Bytes { get; init; } = [];

    /// <summary>For how long the process stood still meanwhile; null when it was not stopped.</summary>
    public TimeSpan? Pause { get; init; }

    /// <summary>What is wrong with the heap that it is in.</summary>
    public IReadOnlyList<Problem> Problems { get; init; } = [];
}
