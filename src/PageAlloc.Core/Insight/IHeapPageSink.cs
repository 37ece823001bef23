using PageAlloc.Heaps;

namespace PageAlloc.Insight;

/// <summary>Takes the pages of heaps by class: of an arena's segment in address order, with no gap between them.</summary>
public interface IHeapPageSink
{
    /// <summary>A segment begins; its first page may begin before it.</summary>
    void BeginSegment(Arena arena, Segment segment);

    /// <summary>The next pages of the segment.</summary>
    /// <param name="pages">Their class.</param>
    /// <param name="count">How many base pages.</param>
    /// <param name="freeBytes">The free bytes on each of them, in RAM or not.</param>
    void Add(HeapPageClass pages, ulong count, ulong freeBytes);

    /// <summary>The segment has ended.</summary>
    void EndSegment();
}
