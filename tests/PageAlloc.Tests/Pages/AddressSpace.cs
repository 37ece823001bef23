using PageAlloc.Mappings;
using PageAlloc.Pages;
using PageAlloc.Tests.Mappings;

namespace PageAlloc.Tests.Pages;

/// <summary>What the kernel has of one page: its pagemap entry, its categories for PAGEMAP_SCAN, and the truth.</summary>
/// <param name="Entry">The entry that a capable reader gets.</param>
/// <param name="Categories">Its PAGE_IS_ bits.</param>
/// <param name="Truth">Its state.</param>
/// <param name="Plain">Its state for one who may not read kpageflags.</param>
internal readonly record struct FakePage(ulong Entry, ulong Categories, PageState Truth, PageState Plain);

/// <summary>
/// A made-up process, mapping by mapping and page by page. Entries and categories are written down as kernel-pages.md A3
/// and A4 say, the truth as DESIGN says.
/// </summary>
internal sealed class AddressSpace
{
    private const ulong Present = 1UL << 63, Swap = 1UL << 62, File = 1UL << 61, GuardBit = 1UL << 58, WriteProtected = 1UL << 57,
        Exclusive = 1UL << 56;

    private const ulong IsPresent = 8, IsSwapped = 16, IsZero = 32, IsHuge = 64, IsGuard = 256;

    private readonly List<FakePage> _pages = [];
    private ulong _nextPage = 0xff;
    private MappingBacking _backing;
    private ulong _hugetlbPageSize;

    public AddressSpace(int pageSize = 4096, int hugeOrder = 9)
    {
        PageSize = pageSize;
        HugeOrder = hugeOrder;
        Memory.AddHole();
    }

    public int PageSize { get; }

    public int HugeOrder { get; }

    public PhysicalMemory Memory { get; } = new();

    public List<Mapping> Mappings { get; } = [];

    /// <summary>The pages of each mapping.</summary>
    public List<FakePage[]> Pages { get; } = [];

    private PageKind SharedKind => _backing == MappingBacking.SharedMemory ? PageKind.SharedMemory : PageKind.File;

    private PageKind AbsentKind => _backing == MappingBacking.Device ? PageKind.Unknown : PageKind.NotPresent;

    /// <summary>Begins a mapping; <see cref="End"/> puts it into the list, with all pages added in between.</summary>
    public AddressSpace Begin(MappingBacking backing = MappingBacking.Anonymous, ulong gap = 1, int hugetlbOrder = 0)
    {
        _backing = backing;
        _hugetlbPageSize = hugetlbOrder == 0 ? 0 : (ulong)PageSize << hugetlbOrder;
        ulong unit = 1UL << hugetlbOrder;
        _nextPage = (_nextPage + gap + unit - 1) / unit * unit;
        _pages.Clear();
        return this;
    }

    public AddressSpace End()
    {
        ulong start = _nextPage;
        _nextPage += (ulong)_pages.Count;
        var size = (ulong)PageSize;
        Mappings.Add(TestMapping.Of(start * size, _nextPage * size, "", _backing, _hugetlbPageSize));
        Pages.Add([.. _pages]);
        return this;
    }

    public AddressSpace Absent(int count) => Repeat(count, _ => (0, 0, new PageState(AbsentKind)));

    public AddressSpace Swapped(int count) => Repeat(count, i => (Swap | (((ulong)i + 1) << 5), IsSwapped, new PageState(PageKind.Swapped)));

    public AddressSpace Guard(int count) =>
        Repeat(count, _ => (Swap | GuardBit | 31 | (4 << 5), IsSwapped | IsGuard, new PageState(PageKind.Guard)));

    /// <summary>A mark of userfaultfd on a page that was never touched.</summary>
    public AddressSpace Marked(int count) =>
        Repeat(count, _ => (Swap | WriteProtected | 31 | (1 << 5), IsSwapped, new PageState(AbsentKind)));

    public AddressSpace Migrating(int count) => Repeat(count, i => (Swap | 29 | (((ulong)i + 77) << 5), IsSwapped, new PageState(PageKind.Unknown)));

    public AddressSpace Zero(int count)
    {
        ulong frame = Memory.AddZero();
        return Repeat(count, _ => (Present | frame, IsPresent | IsZero, new PageState(PageKind.Zero)));
    }

    public AddressSpace Anonymous(int count) =>
        Repeat(count, _ => (Present | Exclusive | Memory.AddBase(), IsPresent, new PageState(PageKind.Anonymous)));

    /// <summary>Shared with a forked child.</summary>
    public AddressSpace Forked(int count) => Repeat(count, _ => (Present | Memory.AddBase(), IsPresent, new PageState(PageKind.Anonymous)));

    public AddressSpace Cached(int count) => Repeat(count, _ => (Present | File | Memory.AddBase(), IsPresent, new PageState(SharedKind)));

    public AddressSpace Ksm(int count)
    {
        ulong frame = Memory.AddKsm();
        return Repeat(count, _ => (Present | frame, IsPresent, new PageState(PageKind.Ksm)), new PageState(PageKind.Anonymous));
    }

    /// <summary>Part of a folio of 2^order pages, each mapped by an entry of its own.</summary>
    public AddressSpace Folio(int order, int from, int count, bool cached = false)
    {
        ulong frame = Memory.AddFolio(order) + (ulong)from;
        PageKind kind = cached ? SharedKind : PageKind.Anonymous;
        ulong bits = Present | (cached ? File : Exclusive);
        return Repeat(
            count, i => (bits | (frame + (ulong)i), IsPresent, new PageState(kind, order < HugeOrder ? order : 0)), new PageState(kind));
    }

    /// <summary>A page of the huge size that one entry of the page table maps, after as many absent pages as it takes to be aligned.</summary>
    public AddressSpace Huge(bool cached = false)
    {
        Align();
        ulong frame = Memory.AddFolio(HugeOrder);
        ulong bits = Present | (cached ? File : Exclusive);
        var state = new PageState(cached ? SharedKind : PageKind.Anonymous, HugeOrder);
        return Repeat(1 << HugeOrder, i => (bits | (frame + (ulong)i), IsPresent | IsHuge, state));
    }

    public AddressSpace HugeZero()
    {
        Align();
        ulong frame = Memory.AddFolio(HugeOrder, FrameKind.Zero);
        return Repeat(1 << HugeOrder, i => (Present | File | (frame + (ulong)i), IsPresent | IsZero | IsHuge, new PageState(PageKind.Zero)));
    }

    /// <summary>A page of the mapping's hugetlb size; frames are not in kpageflags here, as none is read.</summary>
    public AddressSpace Hugetlb(bool present, bool cached = false)
    {
        int order = System.Numerics.BitOperations.Log2(_hugetlbPageSize / (ulong)PageSize);
        var state = new PageState(cached ? SharedKind : PageKind.Anonymous, order);
        return present
            ? Repeat(1 << order, i => (Present | (cached ? File : Exclusive) | ((1UL << 40) + (ulong)i), IsPresent | IsHuge, state))
            : Repeat(1 << order, _ => (0, IsHuge, new PageState(PageKind.NotPresent)));
    }

    private void Align()
    {
        ulong huge = 1UL << HugeOrder;
        Absent((int)((huge - ((_nextPage + (ulong)_pages.Count) % huge)) % huge));
    }

    private AddressSpace Repeat(int count, Func<int, (ulong Entry, ulong Categories, PageState Truth)> make, PageState? plain = null)
    {
        for (int i = 0; i < count; i++)
        {
            (ulong entry, ulong categories, PageState truth) = make(i);
            _pages.Add(new FakePage(entry, categories, truth, plain ?? truth));
        }

        return this;
    }
}
