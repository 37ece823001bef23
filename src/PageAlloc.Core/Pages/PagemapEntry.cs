using PageAlloc.Interop;

namespace PageAlloc.Pages;

/// <summary>One entry of /proc/PID/pagemap. source: fs/proc/task_mmu.c, the PM_ bits; Documentation/admin-guide/mm/pagemap.rst</summary>
internal readonly struct PagemapEntry(ulong bits)
{
    // A swap type this high is none: the last is a marker, those below are migration, poison and device entries.
    private const ulong FirstSpecialSwapType = 23;
    private const ulong MarkerSwapType = 31;
    private const ulong MarkerWriteProtect = 1;
    private const ulong MarkerGuard = 4;

    /// <summary>What a page that is not present is. The swap bit is set for every entry that is not empty.</summary>
    public PageKind AbsentKind
    {
        get
        {
            if ((bits & PagemapBits.Swap) == 0)
            {
                return PageKind.NotPresent;
            }

            if ((bits & PagemapBits.Guard) != 0)
            {
                return PageKind.Guard;
            }

            ulong slot = bits & PagemapBits.FrameMask;
            if (slot == 0)
            {
                // No CAP_SYS_ADMIN: with userfaultfd's bit it may be swap, or a mark on a page that never was.
                return (bits & PagemapBits.WriteProtected) != 0 ? PageKind.Unknown : PageKind.Swapped;
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
