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

            var numbers = new Dictionary<(ulong Arena, ulong Segment), int>();
            foreach (Arena arena in heaps.Arenas)
            {
                for (int i = 0; i < arena.Segments.Count; i++)
                {
                    numbers.TryAdd((arena.Address, arena.Segments[i].Range.Start), i);
                }
            }

            w.List(blocks.Segments, segment =>
            {
                w.Number(arenas[segment.Arena.Address]);
                w.Number(numbers[(segment.Arena.Address, segment.Segment.Range.Start)]);
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
        ISectionChunks chunks = sections.Open(SectionId.Blocks).Chunks;
        ulong left = chunks.Length;
        PackedSegment last = default;
        List<PackedSegment> segments = r.List(LeastSegment, () =>
        {
            Arena arena = heaps.Arenas[r.Choice(heaps.Arenas.Count)];
            var segment = new PackedSegment(
                arena, arena.Segments[r.Choice(arena.Segments.Count)], r.Number(int.MaxValue), r.Number(BlockCode.PieceSize), r.Number());

            // They follow each other: else a small file could tell of any number of blocks.
            if (segment.Blocks > left || (segment.Piece, segment.Offset).CompareTo((last.Piece, last.Offset)) < 0)
            {
                throw r.Damage($"{segment.Blocks} blocks in chunk {segment.Piece} from byte {segment.Offset} on");
            }

            left -= segment.Blocks;
            last = segment;
            return segment;
        });
        return (totals, segments, new SnapshotPieces(chunks));
    }
}
