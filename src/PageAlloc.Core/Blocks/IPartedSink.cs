namespace PageAlloc.Blocks;

/// <summary>A sink for a walk on several threads: each gives a part of the heaps to a sink of its own, and they are put together in order.</summary>
public interface IPartedSink : IBlockSink
{
    /// <summary>An empty sink of the same kind; null when this one needs all blocks in one row.</summary>
    IPartedSink? MakePart();

    /// <summary>
    /// Takes what a part got, as if its blocks had come here next. Its first segment may be the one that was last here: then
    /// it was cut where a page and a block in use begin, behind another block in use.
    /// </summary>
    /// <param name="part">What <see cref="MakePart"/> made; not used any more.</param>
    void Append(IPartedSink part);
}
