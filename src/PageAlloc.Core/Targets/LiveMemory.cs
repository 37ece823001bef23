using System.Runtime.InteropServices;
using PageAlloc.Interop;

namespace PageAlloc.Targets;

/// <summary>
/// The memory of a live process. Before each read pagemap is asked what is present, as any read of another page would fault
/// it in, in the target. All goes through /proc/PID/mem: process_vm_readv pins pages, and for that the kernel gives the target
/// a copy of a page that it shares with a child or through KSM, and even of one that it had shared and now has alone.
/// </summary>
internal sealed class LiveMemory : IMemory
{
    private readonly LinuxFile _pagemap;
    private readonly LinuxFile _memory;
    private readonly int _pid;
    private readonly bool _swapIn;
    private ulong[] _entries = new ulong[256];
    private bool _canScan = true;

    public LiveMemory(LinuxFile pagemap, LinuxFile memory, int pid, bool swapIn)
    {
        _pagemap = pagemap;
        _memory = memory;
        _pid = pid;
        _swapIn = swapIn;
        PageSize = LibC.getpagesize();
    }

    public int PageSize { get; }

    // What is walked by several threads is not worth it.
    public bool IsReadAhead => !IsBorrowed && Environment.ProcessorCount > 1;

    // The files are those of another, which closes them.
    private bool IsBorrowed { get; init; }

    public void ReadPages(ulong address, Span<byte> buffer, Span<PageAccess> access)
    {
        int pages = buffer.Length / PageSize;
        if (_entries.Length < pages)
        {
            _entries = new ulong[pages];
        }

        Span<ulong> entries = _entries.AsSpan(0, pages);
        int known = Math.Max(0, _pagemap.ReadAt(MemoryMarshal.AsBytes(entries), (long)(address / (ulong)PageSize * sizeof(ulong))));
        if (known == 0)
        {
            ThrowIfGone();
        }

        entries[(known / sizeof(ulong))..].Clear();
        for (int start = 0; start < pages;)
        {
            bool read = IsRead(entries[start]);
            int end = start + 1;
            while (end < pages && IsRead(entries[end]) == read)
            {
                end++;
            }

            if (read)
            {
                Read(address, buffer, access, start, end);
            }
            else
            {
                buffer[(start * PageSize)..(end * PageSize)].Clear();
                for (int i = start; i < end; i++)
                {
                    access[i] = AbsentAccess(entries[i]);
                }
            }

            start = end;
        }
    }

    public ulong FirstPresent(ulong address, ulong end) => First(address, end, excluded: 0);

    public ulong FirstReadable(ulong address, ulong end) => First(address, end, _swapIn ? 0 : PageScan.SWAPPED);

    public ulong FirstWritten(ulong address, ulong end) => First(address, end, PageScan.FILE);

    // Both files are read at given offsets: any number of threads may.
    public IMemory Again() => new LiveMemory(_pagemap, _memory, _pid, _swapIn) { IsBorrowed = true };

    public void Dispose()
    {
        if (IsBorrowed)
        {
            return;
        }

        _pagemap.Dispose();
        _memory.Dispose();
    }

    private ulong First(ulong address, ulong end, ulong excluded)
    {
        if (!_canScan)
        {
            return address;
        }

        Span<page_region> found = stackalloc page_region[1];
        int count = PageScan.Scan(_pagemap, address, end, found, maxPages: 1, PageScan.PRESENT, out _, excluded);

        // Before Linux 6.7 there is no such call.
        _canScan = count >= 0;
        return count < 0 ? address : count == 0 ? end : found[0].start;
    }

    // Nothing is told above user space, and nothing at all when the memory is gone: that must not look like absent pages.
    private void ThrowIfGone()
    {
        Span<ulong> first = stackalloc ulong[1];
        if (_pagemap.ReadAt(MemoryMarshal.AsBytes(first), 0) <= 0)
        {
            throw new TargetException(TargetFailure.Ended, $"process {_pid} ended, or ran another program, while it was being read", "try again");
        }
    }

    private bool IsRead(ulong entry) =>
        (entry & PagemapBits.Present) != 0 || (_swapIn && AbsentAccess(entry) == PageAccess.Swapped);

    // A guard page, or userfaultfd's mark on a page that never was, also has the swap bit.
    private static PageAccess AbsentAccess(ulong entry) =>
        (entry & PagemapBits.Swap) == 0 ? PageAccess.Absent
        : (entry & PagemapBits.Guard) != 0 ? PageAccess.Unreadable
        : PageAccess.Swapped;

    private void Read(ulong address, Span<byte> buffer, Span<PageAccess> access, int start, int end)
    {
        Span<byte> bytes = buffer[(start * PageSize)..(end * PageSize)];
        address += (ulong)start * (ulong)PageSize;

        // A page that can't be read ends the call before it: it is left out, and the rest is read by itself.
        for (int page = start; page < end;)
        {
            int whole = Math.Max(_memory.ReadAt(bytes, (long)address), 0) / PageSize;
            access.Slice(page, whole).Fill(PageAccess.Data);
            if (whole < end - page)
            {
                access[page + whole] = PageAccess.Unreadable;
                bytes.Slice(whole * PageSize, PageSize).Clear();
                whole++;
            }

            page += whole;
            address += (ulong)whole * (ulong)PageSize;
            bytes = bytes[(whole * PageSize)..];
        }
    }
}
