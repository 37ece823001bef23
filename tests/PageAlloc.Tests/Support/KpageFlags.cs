using Microsoft.Win32.SafeHandles;

namespace PageAlloc.Tests.Support;

/// <summary>What pagemap and kpageflags say of one page.</summary>
internal readonly record struct KernelPage(ulong Entry, ulong Flags, ulong FolioBytes)
{
    private const int Head = 15, Hugetlb = 17, KsmFlag = 21, ZeroPage = 24, SwapBacked = 14;

    public bool Present => Bit(Entry, 63);

    /// <summary>The state words that are right; these files do not tell whether 4K entries map a 2M folio.</summary>
    public IEnumerable<string> States
    {
        get
        {
            if (!Present)
            {
                // Bit 62 is also set by what is no swap: guard pages (58) and write-protection markers (57).
                return [Bit(Entry, 58) ? "guard" : Bit(Entry, 62) && !Bit(Entry, 57) ? "swapped" : "notPresent"];
            }

            if (Bit(Flags, ZeroPage) || Bit(Flags, KsmFlag))
            {
                return [Bit(Flags, ZeroPage) ? "zero" : "ksm"];
            }

            string kind = !Bit(Entry, 61) ? "anonymous" : Bit(Flags, SwapBacked) ? "sharedMemory" : "file";
            if (Bit(Flags, Hugetlb))
            {
                return [(Bit(Entry, 61) ? "file" : kind) + SizeName(FolioBytes)];
            }

            return FolioBytes == 2 << 20 ? [kind + "2M", kind + "4K"] : [kind + SizeName(FolioBytes)];
        }
    }

    internal static bool IsHead(ulong flags) => Bit(flags, Head);

    internal static bool IsTail(ulong flags) => Bit(flags, Head + 1);

    private static bool Bit(ulong word, int bit) => (word >> bit & 1) != 0;

    private static string SizeName(ulong bytes) =>
        bytes >= 1 << 30 ? $"{bytes >> 30}G" : bytes >= 1 << 20 ? $"{bytes >> 20}M" : $"{bytes >> 10}K";
}

/// <summary>Reads pagemap and kpageflags one page at a time: slow, and too simple to be wrong.</summary>
internal sealed class KpageFlags : IDisposable
{
    private const ulong FrameMask = (1UL << 55) - 1;

    private static readonly ulong PageSize = (ulong)Environment.SystemPageSize;

    private readonly SafeFileHandle _pagemap;
    private readonly SafeFileHandle _flags = File.OpenHandle("/proc/kpageflags");
    private (ulong First, ulong End) _folio;

    public KpageFlags(int pid) => _pagemap = File.OpenHandle($"/proc/{pid}/pagemap");

    public IEnumerable<KernelPage> Read(ulong start, ulong end)
    {
        for (ulong address = start; address < end; address += PageSize)
        {
            ulong entry = Word(_pagemap, address / PageSize);
            ulong frame = entry & FrameMask;
            yield return entry >> 63 == 0
                ? new KernelPage(entry, 0, 0)
                : new KernelPage(entry, Word(_flags, frame), FolioBytes(frame));
        }
    }

    public void Dispose()
    {
        _pagemap.Dispose();
        _flags.Dispose();
    }

    // Neighbours mostly share a folio, and walking to the head of a 1G page from each of its pages would take minutes.
    private ulong FolioBytes(ulong frame)
    {
        if (frame < _folio.First || frame >= _folio.End)
        {
            ulong head = frame, next = frame + 1;
            while (KernelPage.IsTail(Word(_flags, head)))
            {
                head--;
            }

            while (KernelPage.IsHead(Word(_flags, head)) && KernelPage.IsTail(Word(_flags, next)))
            {
                next++;
            }

            _folio = (head, next);
        }

        return (_folio.End - _folio.First) * PageSize;
    }

    // Beyond its end a file of the kernel reads as nothing, which is a word of no flags.
    private static ulong Word(SafeFileHandle file, ulong index)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        int read = RandomAccess.Read(file, word, checked((long)(index * sizeof(ulong))));
        return read == word.Length ? BitConverter.ToUInt64(word) : 0;
    }
}
