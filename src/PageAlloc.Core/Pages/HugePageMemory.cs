using System.Runtime.InteropServices;
using PageAlloc.Interop;
using PageAlloc.Targets;

namespace PageAlloc.Pages;

/// <summary>
/// Reads what huge pages of a process hold, a piece at a time into one buffer. Only private pages that pagemap says are
/// present are read, and through /proc/PID/mem alone: process_vm_readv would split huge pages that a forked child shares.
/// </summary>
internal sealed class HugePageMemory : IDisposable
{
    private const int MostBytes = 2 << 20;

    private readonly LinuxFile _pagemap;
    private readonly LinuxFile _memory;
    private readonly byte[] _bytes;
    private readonly ulong[] _entries;
    private readonly int _pageSize;
    private readonly int _pid;

    /// <summary>Opens the memory.</summary>
    /// <param name="process">The process.</param>
    /// <param name="pid">Its number.</param>
    /// <param name="table">Its pages.</param>
    /// <exception cref="TargetException">The kernel refuses.</exception>
    public HugePageMemory(IProcDirectory process, int pid, PageTable table)
    {
        _pid = pid;
        _pageSize = table.PageSize;
        PieceSize = (int)Math.Min(MostBytes, (long)table.PageSize << table.HugeOrder);
        _bytes = GC.AllocateUninitializedArray<byte>(PieceSize, pinned: true);
        _entries = new ulong[PieceSize / _pageSize];
        _pagemap = process.Open("pagemap");
        try
        {
            _memory = process.Open("mem");
        }
        catch
        {
            _pagemap.Dispose();
            throw;
        }
    }

    /// <summary>The bytes read at once; a huge page is a whole number of such pieces.</summary>
    public int PieceSize { get; }

    /// <summary>The bytes of a piece, until the next is read; none when some of it is not in RAM any more.</summary>
    /// <exception cref="TargetException">The process ended.</exception>
    public ReadOnlySpan<byte> Read(ulong address)
    {
        int n = _pagemap.ReadAt(MemoryMarshal.AsBytes(_entries.AsSpan()), (long)(address / (ulong)_pageSize * sizeof(ulong)));
        if (n <= 0)
        {
            throw PagemapBuffer.Failed(n, _pid);
        }

        foreach (ulong entry in _entries.AsSpan(0, n / sizeof(ulong)))
        {
            if ((entry & (PagemapBits.Present | PagemapBits.FileOrShared)) != PagemapBits.Present)
            {
                return [];
            }
        }

        return n == _entries.Length * sizeof(ulong) && _memory.ReadAt(_bytes, (long)address) == _bytes.Length ? _bytes : [];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pagemap.Dispose();
        _memory.Dispose();
    }
}
