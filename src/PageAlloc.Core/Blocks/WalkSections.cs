using PageAlloc.Heaps;
using PageAlloc.Targets;

namespace PageAlloc.Blocks;

/// <summary>A walk of all heaps in a snapshot: the sums of each arena, where the blocks of each segment are, and the blocks.</summary>
internal static class WalkSections
{
    private const int LeastSegment = 5;

    public static void Write(MomentWriter moment, HeapSet heaps, IReadOnlyList<ArenaTotals> totals, PackedBlocks blocks)
    {
        Dictionary<ulong, int> arenas = heaps.Arenas.Select((a, i) => (a.Address, i)).ToDictionary(a => a.Address, a => a.i);
        moment.Add(SectionId.Blocks, w =>
        {
            foreach (ReadOnlyMemory<byte> piece in blocks.Pieces)
            {
                w.Raw(piece.Span);
                w.EndChunk();
            }
        });
        moment.Add(SectionId.Walk, w =>
        {
            foreach (ArenaTotals arena in totals)
            {
                arena.Write(w);
            }

            w.List(blocks.Segments, segment =>
            {
                w.Number(arenas[segment.Arena.Address]);
                w.Number(Array.IndexOf([.. segment.Arena.Segments], segment.Segment));
                w.Number(segment.Piece);
                w.Number(segment.Offset);
                w.Number(segment.Blocks);
            });
        });
    }

    public static (IReadOnlyList<ArenaTotals> Totals, IReadOnlyList<PackedSegment> Segments, IPackedPieces Pieces) Read(ISections sections, HeapSet heaps)
    {
        SectionReader r = sections.Open(SectionId.Walk);
        ArenaTotals[] totals = [.. heaps.Arenas.Select(arena => ArenaTotals.Read(r, arena))];
        List<PackedSegment> segments = r.List(LeastSegment, () =>
        {
            Arena arena = heaps.Arenas[r.Number(heaps.Arenas.Count - 1)];
            return new PackedSegment(
                arena, arena.Segments[r.Number(arena.Segments.Count - 1)], r.Number(int.MaxValue), r.Number(BlockCode.PieceSize), r.Number());
        });
        return (totals, segments, new SnapshotPieces(sections.Open(SectionId.Blocks).Chunks));
    }
}
