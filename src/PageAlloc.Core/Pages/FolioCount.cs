namespace PageAlloc.Pages;

/// <summary>The pages of a mapping that lie in large folios of one kind and size, as the kernel's tools/mm/thpmaps tells them apart.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Order">The size of the folios, as a power of two of base pages; never 0.</param>
/// <param name="AlignedPages">Pages of folios that are mapped whole, in one piece, at an address that is a multiple of their size.</param>
/// <param name="UnalignedPages">Pages of folios that are mapped whole, in one piece, at another address.</param>
/// <param name="PartialPages">The others: a part of their folio is not mapped here, or elsewhere.</param>
public readonly record struct FolioCount(PageKind Kind, int Order, ulong AlignedPages, ulong UnalignedPages, ulong PartialPages);
