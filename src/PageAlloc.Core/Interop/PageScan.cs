using System.Runtime.CompilerServices;

namespace PageAlloc.Interop;

/// <summary>PAGEMAP_SCAN, the ioctl of /proc/PID/pagemap since Linux 6.7, and its categories. source: linux/fs.h</summary>
internal static unsafe class PageScan
{
    public const ulong FILE = 1 << 2;
    public const ulong PRESENT = 1 << 3;
    public const ulong SWAPPED = 1 << 4;
    public const ulong PFNZERO = 1 << 5;
    public const ulong HUGE = 1 << 6;
    public const ulong GUARD = 1 << 8;

    // _IOWR('f', 16, struct pm_scan_arg)
    private const nuint PAGEMAP_SCAN = 0xC0606610;

    /// <summary>
    /// Finds the ranges in [<paramref name="start"/>, <paramref name="end"/>) that are present or swapped, in address order.
    /// </summary>
    /// <param name="pagemap">/proc/PID/pagemap, open.</param>
    /// <param name="start">First address, page aligned.</param>
    /// <param name="end">End address; at most the size of a task.</param>
    /// <param name="found">Gets the ranges; at most 512 long, else walk_end is not to be trusted.</param>
    /// <param name="maxPages">Pages found at most in one call, which bounds how long the target's mmap_lock is held.</param>
    /// <param name="returned">The categories wanted in the answer; ranges that differ in no other are merged.</param>
    /// <param name="walkEnd">Where to go on.</param>
    /// <param name="excluded">Pages of these categories are left out.</param>
    /// <returns>The number of ranges, or minus the error number: ENOTTY before Linux 6.7, EINVAL for an unknown category.</returns>
    public static int Scan(
        LinuxFile pagemap, ulong start, ulong end, Span<page_region> found, ulong maxPages, ulong returned, out ulong walkEnd, ulong excluded = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(found.Length, 512);
        fixed (page_region* vec = found)
        {
            var arg = new pm_scan_arg
            {
                size = (ulong)Unsafe.SizeOf<pm_scan_arg>(),
                start = start,
                end = end,
                vec = (ulong)vec,
                vec_len = (ulong)found.Length,
                max_pages = maxPages,
                category_inverted = excluded,
                category_mask = excluded,
                category_anyof_mask = PRESENT | SWAPPED,
                return_mask = returned,
            };
            int n = pagemap.Ioctl(PAGEMAP_SCAN, ref arg);
            walkEnd = arg.walk_end;
            return n;
        }
    }
}
