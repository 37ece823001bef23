using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Pages;

namespace PageAlloc.Insight;

/// <summary>What lies on a page of a heap, and where the page is.</summary>
public enum HeapPageClass
{
    /// <summary>Not known: damaged, unreadable, or not accounted for by the kernel.</summary>
    Unknown = 0,

    /// <summary>Not in RSS: never touched, given back, the page of zeros, or a guard.</summary>
    Absent,

    /// <summary>In RAM, without a free byte.</summary>
    Live,

    /// <summary>In RAM, with used and free bytes.</summary>
    Mixed,

    /// <summary>In RAM, without a used byte.</summary>
    Free,

    /// <summary>Swapped out, without a free byte.</summary>
    SwappedLive,

    /// <summary>Swapped out, with used and free bytes.</summary>
    SwappedMixed,

    /// <summary>Swapped out, without a used byte.</summary>
    SwappedFree,
}

/// <summary>
/// The pages of an arena by class. Free is all that the program does not hold: tcache, fast, unsorted, small, large and top
/// chunks, headers included; everything else that is known is used.
/// </summary>
public sealed class ArenaPages(Arena arena)
{
    private const int States = (int)BlockState.Overhead + 1;
    private readonly ulong[] _pages = new ulong[(int)HeapPageClass.SwappedFree + 1];
    private readonly Dictionary<ulong, ulong[]> _bySegment = [];
    private ulong[] _segment = [];
    private readonly ulong[] _resident = new ulong[States];
    private readonly ulong[] _swapped = new ulong[States];

    /// <summary>The arena.</summary>
    public Arena Arena { get; } = arena;

    /// <summary>The bytes of pages without a used byte that are parts of huge pages.</summary>
    public ulong FreeHugeBytes { get; internal set; }

    /// <summary>What pins free memory on its mixed pages.</summary>
    public ArenaPins Pins { get; } = new();

    /// <summary>The block that ends the heap before its top; null in a thread's arena, and where the heap does not end at the break.</summary>
    public BlockUnderTop? UnderTop { get; internal set; }

    /// <summary>The number of base pages of a class.</summary>
    public ulong this[HeapPageClass pages] => _pages[(int)pages];

    /// <summary>The base pages of all segments; one that two segments share counts once.</summary>
    public ulong Total => _pages.Aggregate(0UL, (sum, n) => sum + n);

    /// <summary>The free bytes on pages that are in RAM: of tcache, fast, unsorted, small, large and top chunks.</summary>
    public ulong ResidentFreeBytes { get; internal set; }

    /// <summary>The bytes of blocks in a state that are in RAM.</summary>
    public ulong ResidentBytes(BlockState state) => _resident[(int)state];

    /// <summary>The bytes of blocks in a state that are swapped out, as far as blocks are known there.</summary>
    public ulong SwappedBytes(BlockState state) => _swapped[(int)state];

    /// <summary>What <c>malloc_trim(0)</c> would give back to the system now, as the drop in RSS, in bytes.</summary>
    public ulong TrimmableBytes { get; internal set; }

    /// <summary>The bytes of the top chunk among <see cref="TrimmableBytes"/>.</summary>
    public ulong TrimmableTopBytes { get; internal set; }

    /// <summary>Whole pages of the top chunk in RAM that <c>malloc_trim(0)</c> leaves, in bytes: those of a thread's arena, and of a main one that does not end at the break.</summary>
    public ulong KeptTopBytes { get; internal set; }

    /// <summary>
    /// The bytes in RAM of free chunks that are so large that they would have been mappings of their own at the usual threshold,
    /// and of what the main arena's top chunk has beyond its usual size: what thresholds that have grown keep, at most.
    /// </summary>
    public ulong LargeFreeBytes { get; internal set; }

    internal void Add(BlockState state, PageState page, ulong bytes)
    {
        if (page.IsResident)
        {
            _resident[(int)state] += bytes;
        }
        else if (page.Kind == PageKind.Swapped)
        {
            _swapped[(int)state] += bytes;
        }
    }

    /// <summary>The base pages of a class in one of its segments; 0 when it was not walked.</summary>
    public ulong OfSegment(Segment segment, HeapPageClass pages) => _bySegment.TryGetValue(segment.Range.Start, out ulong[]? counts) ? counts[(int)pages] : 0;

    internal void Begin(Segment segment)
    {
        _segment = new ulong[_pages.Length];
        _bySegment[segment.Range.Start] = _segment;
    }

    /// <summary>Adds what another walk of the same arena saw, behind what this one did.</summary>
    internal void Append(ArenaPages next)
    {
        Add(_pages, next._pages);
        Add(_resident, next._resident);
        Add(_swapped, next._swapped);
        foreach ((ulong start, ulong[] counts) in next._bySegment)
        {
            if (!_bySegment.TryAdd(start, counts))
            {
                Add(_bySegment[start], counts);
            }
        }

        FreeHugeBytes += next.FreeHugeBytes;
        ResidentFreeBytes += next.ResidentFreeBytes;
        TrimmableBytes += next.TrimmableBytes;
        TrimmableTopBytes += next.TrimmableTopBytes;
        KeptTopBytes += next.KeptTopBytes;
        LargeFreeBytes += next.LargeFreeBytes;
        UnderTop ??= next.UnderTop;
        Pins.Append(next.Pins);
    }

    private static void Add(ulong[] sums, ulong[] next)
    {
        for (int i = 0; i < sums.Length; i++)
        {
            sums[i] += next[i];
        }
    }

    internal void Add(HeapPageClass pages, ulong count)
    {
        _pages[(int)pages] += count;
        _segment[(int)pages] += count;
    }
}
