using PageAlloc.Interop;
using PageAlloc.Mappings;
using PageAlloc.Pages;

namespace PageAlloc.Benchmarks;

/// <summary>The page tables of one mapping, from arrays: what the kernel would answer, at the price of a copy.</summary>
internal sealed class PagesInMemory : IPageSource
{
    public const int Count = 1 << 20;
    private const ulong First = 0x7f00_0000_0, PageBytes = 4096;
    private const ulong Present = 8, Exclusive = 1UL << 56, PresentEntry = 1UL << 63;
    private const ulong Anonymous = (1UL << 12) | (1UL << 5); // KPF_ANON, KPF_LRU

    private readonly ulong[] _entries = new ulong[Count];
    private readonly ulong[] _flags = new ulong[Count];
    private readonly int _step;

    /// <summary>Makes a million pages, each <paramref name="step"/>th of them in RAM, on frames that are out of order by stretches.</summary>
    public PagesInMemory(int step, bool hasFlags)
    {
        _step = step;
        HasFlags = hasFlags;
        Array.Fill(_flags, Anonymous);
        for (int i = 0; i < Count; i += step)
        {
            // Stretches of 32 frames in a mixed order, as a system that has run for a while has them.
            uint stretch = (uint)(i >> 5) * 0x9E37_79B1u >> 17;
            _entries[i] = PresentEntry | Exclusive | ((stretch << 5) | (uint)(i & 31));
        }
    }

    /// <summary>The mapping of these pages.</summary>
    public static Mapping Mapping
    {
        get
        {
            string line = $"{First * PageBytes:x}-{(First + Count) * PageBytes:x} rw-p 00000000 00:00 0 ";
            Mapping mapping = MapsParser.Parse(System.Text.Encoding.ASCII.GetBytes(line), 1)[0];
            mapping.Backing = MappingBacking.Anonymous;
            return mapping;
        }
    }

    public int PageSize => (int)PageBytes;

    public int HugeOrder => 9;

    public bool CanScan => true;

    public bool HasFlags { get; }

    public PageTable Read() => PageTableReader.Read(this, [Mapping], () => [], pid: 1);

    public int Scan(ulong start, ulong end, Span<page_region> found, out ulong walkEnd)
    {
        ulong page = Math.Max(start / PageBytes, First), last = Math.Min(end / PageBytes, First + Count);
        int n = 0;
        if (_step == 1)
        {
            last = Math.Min(last, page + (128 << 10));
            if (page < last)
            {
                found[n++] = new page_region { start = page * PageBytes, end = last * PageBytes, categories = Present };
            }
        }
        else
        {
            page += (page - First) % (ulong)_step == 0 ? 0 : (ulong)_step - ((page - First) % (ulong)_step);
            for (; page < last && n < found.Length; page += (ulong)_step)
            {
                found[n++] = new page_region { start = page * PageBytes, end = (page + 1) * PageBytes, categories = Present };
            }

            last = Math.Min(last, page);
        }

        walkEnd = n == 0 || last == First + Count ? end : last * PageBytes;
        return n;
    }

    public int ReadEntries(ulong firstPage, Span<ulong> entries)
    {
        int at = (int)(firstPage - First), count = Math.Min(entries.Length, Count - at);
        _entries.AsSpan(at, count).CopyTo(entries);
        return count;
    }

    public int ReadFlags(ulong firstFrame, Span<ulong> flags)
    {
        int count = (int)Math.Min((ulong)flags.Length, Count - firstFrame);
        _flags.AsSpan((int)firstFrame, count).CopyTo(flags);
        return count;
    }

    public void Dispose()
    {
    }
}
