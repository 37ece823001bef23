using PageAlloc.Interop;
using PageAlloc.Targets;

namespace PageAlloc.Pages;

/// <summary>
/// Linux 6.13 and 6.14 have guard pages, but show them in pagemap as swap, and only CAP_SYS_ADMIN sees their type. The
/// kernel's own count of what is in swap knows none of them.
/// </summary>
internal static class HiddenGuardPages
{
    private static readonly Version s_first = new(6, 13);
    private static readonly Version s_told = new(6, 15);

    /// <summary>The table, which says that pages count as swapped that are none when there are more than the kernel swapped.</summary>
    public static PageTable Settle(PageTable table, IProcDirectory process, Version kernel)
    {
        if (kernel < s_first || kernel >= s_told)
        {
            return table;
        }

        ulong swapped = table.Mappings.Aggregate(0UL, (sum, m) => sum + m.Count().Of(PageKind.Swapped)) * (ulong)table.PageSize;
        if (swapped == 0)
        {
            return table;
        }

        using LinuxFile? status = process.TryOpen("status");
        bool isMore = ProcStatus.Bytes(status?.ReadToEnd(64 << 10, out _), "VmSwap:"u8) is { } known && swapped > known;
        return isMore ? new PageTable(table.Mappings, table.PageSize, table.HugeOrder, table.Unknown | UnknownDetails.GuardPages) : table;
    }
}
