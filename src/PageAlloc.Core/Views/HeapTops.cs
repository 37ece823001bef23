using PageAlloc.Heaps;

namespace PageAlloc.Views;

/// <summary>Where the top chunks of a heap's arenas are: free memory that no program has ever had, or that came back.</summary>
public static class HeapTops
{
    /// <summary>The pages wholly inside a top chunk, in address order.</summary>
    /// <param name="heaps">The heaps.</param>
    /// <param name="pageSize">The size of a page in bytes.</param>
    public static IReadOnlyList<AddressRange> Of(HeapSet heaps, int pageSize)
    {
        ulong mask = (ulong)pageSize - 1;
        var tops = new List<AddressRange>();
        foreach (Arena arena in heaps.Arenas)
        {
            foreach (Segment segment in arena.Segments)
            {
                var pages = new AddressRange((arena.State.Top + mask) & ~mask, segment.Range.End & ~mask);
                if (segment.Range.Contains(arena.State.Top) && !pages.IsEmpty)
                {
                    tops.Add(pages);
                }
            }
        }

        tops.Sort((a, b) => a.Start.CompareTo(b.Start));
        return tops;
    }
}
