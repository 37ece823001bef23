namespace PageAlloc.Heaps.Glibc;

/// <summary>The links of fastbins and tcaches.</summary>
internal static class ListLink
{
    // The shift is 12 on machines of every page size. source: malloc/malloc.c, PROTECT_PTR
    private const int Shift = 12;

    /// <summary>What a link points to; 0 at the end of the list. Since 2.32 it is mangled with the address that it is stored at.</summary>
    /// <param name="stored">The link as it stands in memory.</param>
    /// <param name="position">The address of the link.</param>
    /// <param name="layout">The layout.</param>
    public static ulong Decode(ulong stored, ulong position, GlibcLayout layout)
    {
        ulong link = layout.SafeLinking ? stored ^ (position >> Shift) : stored;
        return layout.PointerSize == 4 ? link & uint.MaxValue : link;
    }
}
