using PageAlloc.Heaps;
using PageAlloc.Heaps.Glibc;

namespace PageAlloc.Blocks;

/// <summary>
/// Names the free chunks of an arena whose neighbours in their bin do not lead back to them: what malloc itself would call a
/// corrupted double-linked list. It is looked for only where the links of all bins together do not agree.
/// </summary>
internal sealed class BrokenLinks(MemoryCache memory, Arena arena) : IBlockSink
{
    private const int MostNamed = 20;

    private readonly List<Problem> _problems = [];

    /// <summary>Adds the chunks that are at fault to the problems of an arena whose links do not agree, by walking it again.</summary>
    public static void Name(HeapReader reader, ArenaTotals totals)
    {
        if (totals.Problems.All(p => p.Kind != ProblemKind.BrokenBins))
        {
            return;
        }

        var finder = new BrokenLinks(reader.Cache, totals.Arena);
        new ChunkWalk(reader.Memory, reader.Cache, reader.Heaps.Lists, finder).Run(totals.Arena);
        finder._problems.ForEach(totals.Add);
    }

    /// <inheritdoc/>
    public void BeginSegment(Arena of, Segment segment)
    {
    }

    /// <inheritdoc/>
    public void Add(in Block block)
    {
        if (block.State is not (BlockState.Small or BlockState.Large or BlockState.Unsorted) || _problems.Count == MostNamed)
        {
            return;
        }

        var w = (ulong)memory.PointerSize;
        if (!memory.TryReadWord(block.Address + (2 * w), out ulong forward) || !memory.TryReadWord(block.Address + (3 * w), out ulong back))
        {
            return;
        }

        if (LeadsTo(forward, 3 * w, block.Address) is { } wrongBack)
        {
            Report(block.Address, forward, wrongBack);
        }
        else if (LeadsTo(back, 2 * w, block.Address) is { } wrongForward)
        {
            Report(block.Address, back, wrongForward);
        }
    }

    /// <inheritdoc/>
    public void EndSegment()
    {
    }

    // What the neighbour leads to in words, when it is not this chunk.
    private string? LeadsTo(ulong neighbour, ulong link, ulong chunk)
    {
        bool isKnown = neighbour % (ulong)memory.PointerSize == 0 && IsChunkOrBin(neighbour);
        return !isKnown ? "is no chunk of this arena"
            : !memory.TryReadWord(neighbour + link, out ulong led) ? null
            : led != chunk ? $"leads to 0x{led:x}"
            : null;
    }

    private bool IsChunkOrBin(ulong address) =>
        arena.Holds(address) || (address >= arena.State.BinHead(1) && address <= arena.State.BinHead(GlibcLayout.BinCount - 1));

    private void Report(ulong chunk, ulong neighbour, string instead) => _problems.Add(new Problem(
        ProblemKind.BrokenLink, arena.Address, chunk, $"the free chunk at 0x{chunk:x} is linked to 0x{neighbour:x}, which {instead} and not back"));
}
