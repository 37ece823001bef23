using System.Runtime.CompilerServices;

namespace PageAlloc.Interop;

/// <summary>PROCMAP_QUERY, the ioctl of /proc/PID/maps since Linux 6.11. source: linux/fs.h</summary>
internal static class MappingQuery
{
    // _IOWR('f', 17, struct procmap_query)
    private const nuint PROCMAP_QUERY = 0xC0686611;

    /// <summary>The page size in bytes of the mapping that holds <paramref name="address"/>, 0 where none does; null before Linux 6.11.</summary>
    public static ulong? PageSize(LinuxFile maps, ulong address)
    {
        var query = new procmap_query { size = (ulong)Unsafe.SizeOf<procmap_query>(), query_addr = address };
        int result = maps.Ioctl(PROCMAP_QUERY, ref query);
        return result == 0 ? query.vma_page_size : result == -Errno.ENOTTY ? null : 0;
    }
}
