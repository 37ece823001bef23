namespace PageAlloc.Interop;

/// <summary>The bits of an entry of /proc/PID/pagemap. source: fs/proc/task_mmu.c, the PM_ constants</summary>
internal static class PagemapBits
{
    public const ulong FrameMask = (1UL << 55) - 1;
    public const ulong Exclusive = 1UL << 56;
    public const ulong WriteProtected = 1UL << 57;
    public const ulong Guard = 1UL << 58;
    public const ulong FileOrShared = 1UL << 61;
    public const ulong Swap = 1UL << 62;
    public const ulong Present = 1UL << 63;
}
