using PageAlloc.Mappings;

namespace PageAlloc.Pages;

/// <summary>What of the pages could not be told apart, and is counted under the nearest state that is certain.</summary>
[Flags]
public enum UnknownDetails
{
    /// <summary>Everything is known.</summary>
    None = 0,

    /// <summary>The size of large folios: their pages count as base pages.</summary>
    FolioSizes = 1,

    /// <summary>Which pages KSM merged: they count as anonymous.</summary>
    MergedPages = 2,

    /// <summary>Which pages a huge page-table entry maps: they count as base pages.</summary>
    HugePages = 4,

    /// <summary>Which swapped pages are guard pages: they count as swapped.</summary>
    GuardPages = 8,

    /// <summary>Which pages were in RAM, in swap or nowhere: a core file does not tell that of any.</summary>
    Residency = 16,
}

/// <summary>A mapping and the state of each of its pages.</summary>
/// <param name="Mapping">The mapping.</param>
/// <param name="Runs">The states of all its pages, in address order.</param>
/// <param name="SwappedSharedBytes">Shared memory of it that is swapped out: the sum is known, the pages are not, and count as not present.</param>
public sealed record MappingPages(Mapping Mapping, PageRuns Runs, ulong SwappedSharedBytes)
{
    /// <summary>Its pages in large folios, by kind and size; those of hugetlb are left out. Where sizes of folios are not known there are none.</summary>
    public IReadOnlyList<FolioCount> Folios { get; init; } = [];

    /// <summary>Counts the pages by state.</summary>
    public PageCounts Count()
    {
        var counts = new PageCounts();
        counts.Add(Runs);
        return counts;
    }
}

/// <summary>The state of every page of a process. Each page of each mapping has exactly one.</summary>
public sealed class PageTable
{
    internal PageTable(IReadOnlyList<MappingPages> mappings, int pageSize, int hugeOrder, UnknownDetails unknown)
    {
        Mappings = mappings;
        PageSize = pageSize;
        HugeOrder = hugeOrder;
        Unknown = unknown;
    }

    /// <summary>The mappings in address order.</summary>
    public IReadOnlyList<MappingPages> Mappings { get; }

    /// <summary>The size of a base page in bytes.</summary>
    public int PageSize { get; }

    /// <summary>The size of a transparent huge page, as a power of two of base pages: 9 on x86-64, which is 2 MiB.</summary>
    public int HugeOrder { get; }

    /// <summary>What could not be told apart.</summary>
    public UnknownDetails Unknown { get; }

    /// <summary>Whether it is known which pages are in RAM and in swap.</summary>
    public bool IsResidencyKnown => !Unknown.HasFlag(UnknownDetails.Residency);
}
