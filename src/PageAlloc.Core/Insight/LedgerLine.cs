namespace PageAlloc.Insight;

/// <summary>What memory is for: the lines of a ledger. Each resident byte is in one.</summary>
public enum LedgerKind
{
    /// <summary>Blocks of the malloc heaps that the program holds.</summary>
    HeapUsed = 0,

    /// <summary>Free memory of heaps that <c>malloc_trim(0)</c> would give back.</summary>
    HeapTrimmable,

    /// <summary>Other free memory between blocks: what <c>malloc_trim(0)</c> leaves, as used blocks are on the same pages. Swapped: all that is free but tops and tcaches.</summary>
    HeapPinned,

    /// <summary>Other free memory at the ends of arenas: top chunks that <c>malloc_trim(0)</c> leaves.</summary>
    HeapTop,

    /// <summary>Free blocks that threads keep for themselves.</summary>
    HeapTcache,

    /// <summary>malloc's own structures, fenceposts and gaps, and what else lies on the pages on which heaps begin and end.</summary>
    HeapOverhead,

    /// <summary>Memory of heaps of which the blocks are not known: damaged, swapped out, or not readable.</summary>
    HeapUnknown,

    /// <summary>Blocks that are mappings of their own.</summary>
    HeapMmapped,

    /// <summary>The stack of the main thread.</summary>
    MainStack,

    /// <summary>The stacks of other threads, with their thread-local variables, as far as the stacks were found.</summary>
    ThreadStacks,

    /// <summary>Executable mappings of files.</summary>
    Code,

    /// <summary>Variables of the program and its libraries: private writable mappings of files, their changed pages, and .bss.</summary>
    Data,

    /// <summary>Other pages of files.</summary>
    Files,

    /// <summary>Shared memory that is not executable: shmem, memfd, System V, files on tmpfs.</summary>
    SharedMemory,

    /// <summary>Executable memory that is of no file: code made while the program runs.</summary>
    Jit,

    /// <summary>Other private memory: of other allocators, of runtimes, of threads whose stack was not found.</summary>
    Anonymous,

    /// <summary>What the kernel maps into every process, and memory of devices.</summary>
    Kernel,
}

/// <summary>A line of a ledger.</summary>
/// <param name="Kind">What the memory is for.</param>
/// <param name="ResidentBytes">How much is in RAM, as VmRSS counts: without hugetlb memory.</param>
/// <param name="SwappedBytes">How much is in swap, shared memory included.</param>
public readonly record struct LedgerLine(LedgerKind Kind, ulong ResidentBytes, ulong SwappedBytes);
