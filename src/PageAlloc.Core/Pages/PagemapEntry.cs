namespace PageAlloc.Pages;

/// <summary>One entry of /proc/PID/pagemap. source: fs/proc/task_mmu.c, the PM_ bits; Documentation/admin-guide/mm/pagemap.rst</summary>
internal readonly struct PagemapEntry(ulong bits)
{
    public const ulong FrameMask = (1UL << 55) - 1;
    public const ulong Exclusive = 1UL << 56;
    public const ulong WriteProtected = 1UL << 57;
    public const ulong Guard = 1UL << 58;
    public const ulong FileOrShared = 1UL << 61;
    public const ulong Swap = 1UL << 62;
    public const ulong Present = 1UL << 63;

    // A swap type this high is none: the last is a marker, those below are migration, poison and device entries.
    private const ulong FirstSpecialSwapType = 23;
    private const ulong MarkerSwapType = 31;
    private const ulong MarkerWriteProtect = 1;
    private const ulong MarkerGuard = 4;

    /// <summary>Whether a page is in RAM there.</summary>
    public bool IsPresent => (bits & Present) != 0;

    /// <summary>Whether the page is not private memory: of a file or of shared memory. The 2 MiB page of zeros says so too.</summary>
    public bool IsFile => (bits & FileOrShared) != 0;

    /// <summary>The page frame number; 0 when this user may not know it (CAP_SYS_ADMIN).</summary>
    public ulong Frame => bits & FrameMask;

    /// <summary>What a page that is not present is. The swap bit is set for every entry that is not empty.</summary>
    public PageKind AbsentKind
    {
        get
        {
            if ((bits & Swap) == 0)
            {
                return PageKind.NotPresent;
            }

            if ((bits & Guard) != 0)
            {
                return PageKind.Guard;
            }

            ulong slot = bits & FrameMask;
            if (slot == 0)
            {
                // No CAP_SYS_ADMIN: with userfaultfd's bit it may be swap, or a mark on a page that never was.
                return (bits & WriteProtected) != 0 ? PageKind.Unknown : PageKind.Swapped;
            }

            ulong type = slot & 0x1f;
            return type < FirstSpecialSwapType ? PageKind.Swapped
                : type != MarkerSwapType ? PageKind.Unknown
                : (slot >> 5) switch
                {
                    MarkerGuard => PageKind.Guard,
                    MarkerWriteProtect => PageKind.NotPresent,
                    _ => PageKind.Unknown,
                };
        }
    }
}
