using System.Buffers.Binary;

namespace PageAlloc.Tests.Insight;

/// <summary>What pagemap and kpageflags say of addresses, read without any code of the program under test. Needs root.</summary>
internal sealed class Pagemap(int pid) : IDisposable
{
    private const ulong FrameMask = (1UL << 55) - 1;
    private const ulong ZeroPage = 1UL << 24;
    private readonly FileStream _pagemap = File.OpenRead($"/proc/{pid}/pagemap");
    private readonly FileStream _flags = File.OpenRead("/proc/kpageflags");
    private const ulong PageSize = 4096;

    /// <summary>The bytes of [start, end) on pages in RSS: present (bit 63), and not the page of zeros.</summary>
    public ulong ResidentBytes(ulong start, ulong end)
    {
        ulong first = start / PageSize;
        var entries = new byte[(((end - 1) / PageSize) - first + 1) * sizeof(ulong)];
        _pagemap.Position = (long)(first * sizeof(ulong));
        _pagemap.ReadExactly(entries);
        ulong bytes = 0;
        for (int i = 0; i < entries.Length / sizeof(ulong); i++)
        {
            ulong page = (first + (ulong)i) * PageSize;
            ulong entry = BinaryPrimitives.ReadUInt64LittleEndian(entries.AsSpan(i * sizeof(ulong)));
            bytes += entry >> 63 != 0 && !IsZero(entry) ? Math.Min(end, page + PageSize) - Math.Max(start, page) : 0;
        }

        return bytes;
    }

    public void Dispose()
    {
        _pagemap.Dispose();
        _flags.Dispose();
    }

    // The page of zeros is mapped by all, so a page that is this process's alone (bit 56) is none.
    private bool IsZero(ulong entry)
    {
        if ((entry >> 56 & 1) != 0)
        {
            return false;
        }

        var flags = new byte[sizeof(ulong)];
        _flags.Position = (long)((entry & FrameMask) * sizeof(ulong));
        _flags.ReadExactly(flags);
        return (BinaryPrimitives.ReadUInt64LittleEndian(flags) & ZeroPage) != 0;
    }
}
