using PageAlloc.Interop;

namespace PageAlloc.Pages;

/// <summary>The kernel's page tables of one process, as /proc gives them. Results below 0 are minus an error number.</summary>
internal interface IPageSource : IDisposable
{
    /// <summary>The size of a base page in bytes.</summary>
    int PageSize { get; }

    /// <summary>The pages that one entry of the second page-table level maps, as a power of two of base pages: 9 on x86-64.</summary>
    int HugeOrder { get; }

    /// <summary>Whether <see cref="Scan"/> works.</summary>
    bool CanScan { get; }

    /// <summary>Whether <see cref="ReadFlags"/> works.</summary>
    bool HasFlags { get; }

    /// <summary>Finds present and swapped ranges, at most 512; see <see cref="PageScan.Scan"/>.</summary>
    int Scan(ulong start, ulong end, Span<page_region> found, out ulong walkEnd);

    /// <summary>Reads pagemap entries from the page with the number <paramref name="firstPage"/>; returns how many.</summary>
    int ReadEntries(ulong firstPage, Span<ulong> entries);

    /// <summary>Reads kpageflags from the page frame <paramref name="firstFrame"/>; returns how many.</summary>
    int ReadFlags(ulong firstFrame, Span<ulong> flags);
}
