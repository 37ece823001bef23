using PageAlloc.Heaps.Glibc;
using PageAlloc.Targets;

namespace PageAlloc.Heaps;

/// <summary>An arena in a snapshot.</summary>
internal static class ArenaRecord
{
    /// <summary>The bytes that one takes at least.</summary>
    public const int LeastBytes = 18;

    private const int LeastSegment = 4;

    // No arena is as large as this: offsets in its structure are small.
    private const int MaxBinsOffset = 4096;
    private const int MaxFastbins = 64;

    public static void Write(SectionWriter w, Arena arena)
    {
        GlibcLayout layout = arena.Layout;
        w.Number(layout.PointerSize);
        w.Number(layout.BinsOffset);
        w.Number(layout.Alignment);
        w.Number(layout.FastbinCount);
        w.Bool(layout.HasAttachedThreads);
        w.Bool(layout.SafeLinking);
        arena.State.Write(w);
        w.Bool(arena.IsMain);
        w.Bytes(arena.Library.Span);
        w.Number(arena.LibraryAddress);
        w.List(arena.Segments, segment =>
        {
            w.Range(segment.Range);
            w.Number(segment.FirstChunk);
            w.Number(segment.ReservedEnd);
        });
        w.List(arena.Threads, w.Number);
        ProblemList.Write(w, arena.Problems);
    }

    public static Arena Read(SectionReader r)
    {
        GlibcLayout layout = ReadLayout(r);
        return new Arena
        {
            Layout = layout,
            State = ArenaState.Read(r, layout),
            IsMain = r.Bool(),
            Library = r.Bytes(),
            LibraryAddress = r.Number(),
            Segments = r.List(LeastSegment, () => ReadSegment(r)),
            Threads = r.List(1, () => r.Number(int.MaxValue)),
            Problems = ProblemList.Read(r),
        };
    }

    private static GlibcLayout ReadLayout(SectionReader r)
    {
        var layout = new GlibcLayout
        {
            PointerSize = r.Number(8),
            BinsOffset = r.Number(MaxBinsOffset),
            Alignment = r.Number(16),
            FastbinCount = r.Number(MaxFastbins),
            HasAttachedThreads = r.Bool(),
            SafeLinking = r.Bool(),
        };
        return layout.PointerSize is 4 or 8 && layout.Alignment is 8 or 16 && layout.TopOffset >= 8
            ? layout
            : throw r.Damage("the layout of an arena");
    }

    private static Segment ReadSegment(SectionReader r)
    {
        AddressRange range = r.Range();
        var segment = new Segment(range, r.Number()) { ReservedEnd = r.Number() };
        return !range.IsEmpty && segment.FirstChunk >= range.Start && segment.FirstChunk <= range.End
            ? segment
            : throw r.Damage($"the segment {range} whose first chunk is at 0x{segment.FirstChunk:x}");
    }
}
