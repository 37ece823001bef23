using PageAlloc.Heaps;

namespace PageAlloc.Blocks;

/// <summary>A part of a segment, to be walked by itself.</summary>
/// <param name="Arena">The arena.</param>
/// <param name="Segment">The segment.</param>
/// <param name="Start">Where the part begins: with the segment, or at a chunk.</param>
/// <param name="End">Where it ends: with the segment, or where the next part begins.</param>
internal readonly record struct SegmentPart(Arena Arena, Segment Segment, ulong Start, ulong End)
{
    /// <summary>All of a segment.</summary>
    public SegmentPart(Arena arena, Segment segment) : this(arena, segment, segment.Range.Start, segment.Range.End)
    {
    }

    /// <summary>Whether it begins with its segment.</summary>
    public bool IsFirst => Start == Segment.Range.Start;

    /// <summary>Whether it ends with its segment.</summary>
    public bool IsLast => End == Segment.Range.End;

    /// <summary>Its bytes.</summary>
    public ulong Length => End - Start;
}
