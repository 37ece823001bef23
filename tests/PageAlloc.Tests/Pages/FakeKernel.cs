using PageAlloc.Interop;
using PageAlloc.Mappings;
using PageAlloc.Pages;

namespace PageAlloc.Tests.Pages;

/// <summary>The page tables of a made-up process, as a kernel gives them: with the limits and quirks of real ones.</summary>
internal sealed class FakeKernel(AddressSpace space) : IPageSource
{
    private const ulong FrameMask = (1UL << 55) - 1;
    private const ulong Present = 8, Swapped = 16, Zero = 32, Huge = 64, Guard = 256;

    public int PageSize => space.PageSize;

    public int HugeOrder => space.HugeOrder;

    public bool CanScan { get; init; } = true;

    public bool HasFlags { get; init; } = true;

    /// <summary>Whether frames and swap slots are shown: CAP_SYS_ADMIN.</summary>
    public bool Capable { get; init; } = true;

    /// <summary>Whether PAGEMAP_SCAN tells guard pages: since Linux 6.16.</summary>
    public bool TellsGuard { get; init; } = true;

    /// <summary>Pages found at most in one scan.</summary>
    public ulong PagesPerScan { get; init; } = 128 << 10;

    /// <summary>Whether walk_end points back when a scan found as many ranges as fit: kernel-pages.md 0.3.</summary>
    public bool StaleWalkEnd { get; init; }

    /// <summary>Entries given at most in one read.</summary>
    public int LongestRead { get; init; } = int.MaxValue;

    public int Scans { get; private set; }

    public List<(ulong First, int Count)> Reads { get; } = [];

    public int Scan(ulong start, ulong end, Span<page_region> found, out ulong walkEnd)
    {
        Scans++;
        ulong size = (ulong)PageSize, returned = Present | Swapped | Zero | Huge | (TellsGuard ? Guard : 0), budget = PagesPerScan;
        int n = 0;
        for (int m = 0; m < space.Mappings.Count; m++)
        {
            AddressRange range = space.Mappings[m].Range.Intersect(new AddressRange(start, end));
            for (ulong at = range.Start; at < range.End; at += size)
            {
                ulong categories = space.Pages[m][(at - space.Mappings[m].Range.Start) / size].Categories;
                if ((categories & (Present | Swapped)) == 0)
                {
                    continue;
                }

                bool joins = n > 0 && found[n - 1].end == at && found[n - 1].categories == (categories & returned);
                if (budget == 0 || (!joins && n == found.Length))
                {
                    walkEnd = StaleWalkEnd ? found[n / 2].end : at;
                    return n;
                }

                budget--;
                if (joins)
                {
                    found[n - 1].end = at + size;
                }
                else
                {
                    found[n++] = new page_region { start = at, end = at + size, categories = categories & returned };
                }
            }
        }

        walkEnd = StaleWalkEnd && n > 1 ? found[n / 2].end : end;
        return n;
    }

    public int ReadEntries(ulong firstPage, Span<ulong> entries)
    {
        int n = Math.Min(entries.Length, LongestRead);
        Reads.Add((firstPage, n));
        entries = entries[..n];
        entries.Clear();
        var read = new AddressRange(firstPage, firstPage + (ulong)n);
        for (int m = 0; m < space.Mappings.Count; m++)
        {
            AddressRange bytes = space.Mappings[m].Range;
            var pages = new AddressRange(bytes.Start / (ulong)PageSize, bytes.End / (ulong)PageSize);
            AddressRange both = pages.Intersect(read);
            for (ulong page = both.Start; page < both.End; page++)
            {
                ulong entry = space.Pages[m][page - pages.Start].Entry;
                entries[(int)(page - firstPage)] = Capable ? entry : entry & ~FrameMask;
            }
        }

        return n;
    }

    public int ReadFlags(ulong firstFrame, Span<ulong> flags)
    {
        Assert.True(HasFlags);
        for (int i = 0; i < flags.Length; i++)
        {
            if (firstFrame + (ulong)i >= (ulong)space.Memory.Frames)
            {
                return i;
            }

            flags[i] = space.Memory.Flags[(int)firstFrame + i];
        }

        return flags.Length;
    }

    public void Dispose()
    {
    }

    /// <summary>What smaps says of the process.</summary>
    public Dictionary<ulong, SmapsEntry> Smaps()
    {
        var entries = new Dictionary<ulong, SmapsEntry>();
        for (int m = 0; m < space.Mappings.Count; m++)
        {
            Mapping mapping = space.Mappings[m];
            bool hugetlb = mapping.HugetlbPageSize != 0;
            ulong resident = Bytes(m, p => p.Truth.IsResident);
            entries[mapping.Range.Start] = new SmapsEntry(
                Rss: hugetlb ? 0 : resident,
                Swap: Bytes(m, p => p.Truth.Kind == PageKind.Swapped),
                Ksm: Bytes(m, p => p.Truth.Kind == PageKind.Ksm),
                Hugetlb: hugetlb ? resident : 0,
                MappedHuge: hugetlb ? 0 : Bytes(m, p => p.Truth.IsResident && (p.Categories & Huge) != 0),
                KernelPageSize: hugetlb ? mapping.HugetlbPageSize : (ulong)PageSize);
        }

        return entries;
    }

    private ulong Bytes(int mapping, Func<FakePage, bool> counts) => (ulong)space.Pages[mapping].Count(counts) * (ulong)PageSize;
}
