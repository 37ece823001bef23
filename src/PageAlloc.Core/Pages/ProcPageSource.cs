using System.Buffers.Text;
using System.Numerics;
using System.Runtime.InteropServices;
using PageAlloc.Interop;
using PageAlloc.Targets;

namespace PageAlloc.Pages;

/// <summary>The page tables of a live process: /proc/PID/pagemap, its PAGEMAP_SCAN, and /proc/kpageflags.</summary>
internal sealed class ProcPageSource : IPageSource
{
    // One call ends after this many pages found, about 1.5 ms of the target's mmap_lock: longer, and its mmap and brk would stall.
    private const ulong PagesPerScan = 128 << 10;

    private readonly LinuxFile _pagemap;
    private readonly LinuxFile? _flags;
    private ulong _categories = PageScan.PRESENT | PageScan.SWAPPED | PageScan.PFNZERO | PageScan.HUGE | PageScan.GUARD;

    public ProcPageSource(IProcDirectory process, ReadOptions options)
    {
        PageSize = LibC.getpagesize();
        HugeOrder = ReadHugeOrder(PageSize);
        _pagemap = process.Open("pagemap");
        _flags = options.UsePageFlags && AreFramesVisible() ? LinuxFile.Open(null, "/proc/kpageflags", out _) : null;
        CanScan = options.UseIoctls && ProbeScan();
    }

    public int PageSize { get; }

    public int HugeOrder { get; }

    public bool CanScan { get; }

    public bool HasFlags => _flags is not null;

    public int Scan(ulong start, ulong end, Span<page_region> found, out ulong walkEnd) =>
        PageScan.Scan(_pagemap, start, end, found, PagesPerScan, _categories, out walkEnd);

    public int ReadEntries(ulong firstPage, Span<ulong> entries) => ReadWords(_pagemap, firstPage, entries);

    public int ReadFlags(ulong firstFrame, Span<ulong> flags) => _flags is null ? -Errno.ENOENT : ReadWords(_flags, firstFrame, flags);

    /// <summary>Fails when the memory is gone. PAGEMAP_SCAN of such memory finds nothing and says nothing; a read returns 0.</summary>
    /// <exception cref="TargetException">The process ended, or ran another program.</exception>
    public void ThrowIfGone(int pid)
    {
        Span<ulong> entry = stackalloc ulong[1];
        int n = ReadEntries(0, entry);
        if (n <= 0)
        {
            throw PagemapBuffer.Failed(n, pid);
        }
    }

    public void Dispose()
    {
        _pagemap.Dispose();
        _flags?.Dispose();
    }

    private static int ReadWords(LinuxFile file, ulong first, Span<ulong> words)
    {
        int n = file.ReadAt(MemoryMarshal.AsBytes(words), (long)(first * sizeof(ulong)));
        return n < 0 ? n : n / sizeof(ulong);
    }

    // A container's root may open kpageflags and still be shown every frame as 0: then the file is of no use.
    private static unsafe bool AreFramesVisible()
    {
        using LinuxFile? own = LinuxFile.Open(null, "/proc/self/pagemap", out _);
        ulong touched = 1;
        Span<ulong> entry = stackalloc ulong[1];
        return own is not null
            && ReadWords(own, (ulong)&touched / (ulong)LibC.getpagesize(), entry) == 1
            && (entry[0] & PagemapBits.Present) != 0 && (entry[0] & PagemapBits.FrameMask) != 0;
    }

    // GUARD is known since 6.16; an older kernel answers EINVAL to the unknown category, and ENOTTY when it has no scan at all.
    private bool ProbeScan()
    {
        int n = Scan(0, (ulong)PageSize, [], out _);
        if (n == -Errno.EINVAL)
        {
            _categories &= ~PageScan.GUARD;
            n = Scan(0, (ulong)PageSize, [], out _);
        }

        return n >= 0;
    }

    private static int ReadHugeOrder(int pageSize)
    {
        using LinuxFile? file = LinuxFile.Open(null, "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", out _);
        byte[] text = file?.ReadToEnd(4096, out _) ?? [];

        // Without THP in the kernel: a page of entries of 8 bytes each.
        return Utf8Parser.TryParse(text, out ulong size, out _) && BitOperations.IsPow2(size) && size > (ulong)pageSize
            ? BitOperations.Log2(size / (ulong)pageSize)
            : BitOperations.Log2((uint)pageSize / sizeof(ulong));
    }
}
