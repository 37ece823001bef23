using System.Globalization;

namespace PageAlloc.Pages;

/// <summary>What a page of a mapping is. The states are disjoint: each page has one.</summary>
public enum PageKind : byte
{
    /// <summary>Not known: a window to something without page accounting, or what this user or kernel can't tell.</summary>
    Unknown = 0,

    /// <summary>Nothing is mapped there: never touched, given back, or a file's page that no one looked at yet.</summary>
    NotPresent,

    /// <summary>Private memory that is swapped out.</summary>
    Swapped,

    /// <summary>The kernel's page of zeros stands in: read, but never written. Not in RSS.</summary>
    Zero,

    /// <summary>Private memory that KSM merged with equal pages of this or other processes.</summary>
    Ksm,

    /// <summary>A guard page (MADV_GUARD_INSTALL): touching it is a segmentation fault.</summary>
    Guard,

    /// <summary>Its bytes are in the core file that was read. Whether it was in RAM, in swap or only in its file is not known.</summary>
    Dumped,

    /// <summary>It is zeros that the core file has no room for, a hole: most likely never touched. That too is not known.</summary>
    DumpedZeros,

    /// <summary>Private memory in RAM.</summary>
    Anonymous,

    /// <summary>A page of a file, in the page cache.</summary>
    File,

    /// <summary>A page of shared memory (shmem).</summary>
    SharedMemory,
}

/// <summary>The state of one base page: what it is and, for resident memory, the size of the page or folio behind it.</summary>
public readonly record struct PageState
{
    // Kinds without a size are below 32; those with one are a multiple of 32 plus the size's order.
    private const int Sized = 32;
    private readonly byte _code;

    private PageState(byte code) => _code = code;

    /// <summary>The number of codes that states can have; <see cref="Code"/> is below it.</summary>
    public const int CodeCount = 4 * Sized;

    /// <summary>A state with no size, or of a base page.</summary>
    public PageState(PageKind kind) : this(kind, 0)
    {
    }

    /// <summary>A state of resident memory.</summary>
    /// <param name="kind">The kind; a size is kept only of <see cref="PageKind.Anonymous"/>, File and SharedMemory.</param>
    /// <param name="order">The size of the page behind it, as a power of two of base pages: 0 to 31.</param>
    public PageState(PageKind kind, int order)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)order, (uint)Sized);
        _code = (byte)(kind < PageKind.Anonymous ? (int)kind : ((kind - PageKind.Anonymous + 1) * Sized) + order);
    }

    /// <summary>The kind.</summary>
    public PageKind Kind => _code < Sized ? (PageKind)_code : (PageKind)((_code / Sized) - 1 + (int)PageKind.Anonymous);

    /// <summary>The size of the page behind it, as a power of two of base pages; 0 for kinds without a size.</summary>
    public int Order => _code < Sized ? 0 : _code % Sized;

    /// <summary>Whether the page is in RAM and counted in RSS (or is a hugetlb page, which smaps counts apart).</summary>
    public bool IsResident => _code >= Sized || Kind == PageKind.Ksm;

    /// <summary>Whether it is not known if the page is in RAM, in swap or neither.</summary>
    public bool IsUnknown => Kind is PageKind.Unknown or PageKind.Dumped or PageKind.DumpedZeros;

    /// <summary>Whether the kind has a size.</summary>
    public bool HasSize => _code >= Sized;

    /// <summary>A number for tables, below <see cref="CodeCount"/>.</summary>
    public byte Code => _code;

    /// <summary>Whether a state has that <see cref="Code"/>.</summary>
    internal static bool IsCode(byte code) => code is < (byte)PageKind.Anonymous or >= Sized and < CodeCount;

    /// <summary>The state with that <see cref="Code"/>.</summary>
    public static PageState FromCode(byte code) => new(code);

    /// <summary>The size of 2^<paramref name="order"/> base pages in words such as <c>64K</c>, <c>2M</c>.</summary>
    public static string SizeName(int order, int basePageSize)
    {
        long size = (long)basePageSize << order;
        return size switch
        {
            >= 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{size >> 30}G"),
            >= 1L << 20 => string.Create(CultureInfo.InvariantCulture, $"{size >> 20}M"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{size >> 10}K"),
        };
    }
}
