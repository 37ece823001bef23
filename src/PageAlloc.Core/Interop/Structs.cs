using System.Runtime.InteropServices;

namespace PageAlloc.Interop;

/// <summary>struct statx, the members used. source: linux/stat.h</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct statx_t
{
    [FieldOffset(16)] public uint stx_nlink;
    [FieldOffset(28)] public ushort stx_mode;
    [FieldOffset(32)] public ulong stx_ino;
    [FieldOffset(40)] public ulong stx_size;
    [FieldOffset(48)] public ulong stx_blocks;
    [FieldOffset(128)] public uint stx_rdev_major;
    [FieldOffset(132)] public uint stx_rdev_minor;
    [FieldOffset(136)] public uint stx_dev_major;
    [FieldOffset(140)] public uint stx_dev_minor;
}

/// <summary>struct pollfd. source: poll.h</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct pollfd_t
{
    public int fd;
    public short events;
    public short revents;
}

/// <summary>struct pm_scan_arg, the argument of PAGEMAP_SCAN. source: linux/fs.h (6.7)</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct pm_scan_arg
{
    public ulong size;
    public ulong flags;
    public ulong start;
    public ulong end;
    public ulong walk_end;
    public ulong vec;
    public ulong vec_len;
    public ulong max_pages;
    public ulong category_inverted;
    public ulong category_mask;
    public ulong category_anyof_mask;
    public ulong return_mask;
}

/// <summary>struct page_region, one range that PAGEMAP_SCAN found. source: linux/fs.h (6.7)</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct page_region
{
    public ulong start;
    public ulong end;
    public ulong categories;
}

/// <summary>struct procmap_query, the argument of PROCMAP_QUERY. source: linux/fs.h (6.11)</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct procmap_query
{
    public ulong size;
    public ulong query_flags;
    public ulong query_addr;
    public ulong vma_start;
    public ulong vma_end;
    public ulong vma_flags;
    public ulong vma_page_size;
    public ulong vma_offset;
    public ulong inode;
    public uint dev_major;
    public uint dev_minor;
    public uint vma_name_size;
    public uint build_id_size;
    public ulong vma_name_addr;
    public ulong build_id_addr;
}
