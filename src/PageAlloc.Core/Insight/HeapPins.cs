using PageAlloc.Blocks;
using PageAlloc.Heaps;

namespace PageAlloc.Insight;

/// <summary>A size of which blocks pin free memory, with one of them to look at.</summary>
/// <param name="Size">The size and its sums.</param>
/// <param name="Arena">The arena of its largest.</param>
/// <param name="Content">What the largest looks like; null when that was not guessed.</param>
public sealed record PinningSizeSample(PinningSize Size, Arena Arena, string? Content);

/// <summary>A block that pins free memory, with what it looks like.</summary>
/// <param name="Block">The block.</param>
/// <param name="Arena">Its arena.</param>
/// <param name="Content">What it looks like; null when that was not guessed.</param>
public sealed record PinningBlockSample(PinningBlock Block, Arena Arena, string? Content);

/// <summary>What pins the free memory of several arenas: see <see cref="ArenaPins"/> for the rule.</summary>
public sealed record HeapPins
{
    /// <summary>The free bytes on mixed pages in RAM: those of all sizes, and <see cref="OverheadBytes"/>.</summary>
    public required ulong TotalBytes { get; init; }

    /// <summary>The mixed pages in RAM.</summary>
    public required ulong Pages { get; init; }

    /// <summary>The sizes, the one that pins most first.</summary>
    public required IReadOnlyList<PinningSizeSample> BySize { get; init; }

    /// <summary>The blocks that pin most, <see cref="ArenaPins.MostBlocks"/> at most.</summary>
    public required IReadOnlyList<PinningBlockSample> Blocks { get; init; }

    /// <summary>The free bytes on mixed pages on which there is no block in use, only malloc's own structures and gaps.</summary>
    public required ulong OverheadBytes { get; init; }

    /// <summary>The bytes of pages in RAM without a used byte that tcaches keep there.</summary>
    public required ulong TcacheBytes { get; init; }

    /// <summary>The block before the top of a main arena with most free memory directly below it; null when there is none.</summary>
    public required BlockUnderTop? UnderTop { get; init; }

    /// <summary>The arena of <see cref="UnderTop"/>.</summary>
    public required Arena? UnderTopArena { get; init; }

    /// <summary>Sums up what pins the memory of some arenas.</summary>
    /// <param name="pages">The pages of all arenas.</param>
    /// <param name="arenas">Those to sum up.</param>
    /// <param name="content">Guesses what is in blocks; null for no guess.</param>
    /// <param name="mostGuesses">Of how many sizes, and how many blocks, it is guessed.</param>
    public static HeapPins Of(HeapPages pages, IEnumerable<ArenaTotals> arenas, BlockContent? content, int mostGuesses = 20)
    {
        ArenaPages[] known = [.. arenas.Select(a => pages.Of(a.Arena)).OfType<ArenaPages>()];
        var sizes = known.SelectMany(a => a.Pins.Sizes.Select(size => (a.Arena, Size: size)))
            .GroupBy(p => p.Size.MinSize)
            .Select(Join).OrderByDescending(p => p.Size.Bytes).ThenBy(p => p.Size.MinSize);
        var blocks = known.SelectMany(a => a.Pins.Blocks.Select(block => (a.Arena, Block: block)))
            .OrderByDescending(p => p.Block.Bytes).ThenBy(p => p.Block.Chunk).Take(ArenaPins.MostBlocks);
        ArenaPages? ended = known.Where(a => a.UnderTop is not null).MaxBy(a => a.UnderTop!.Value.FreeBelow);
        ulong overhead = Sum(known, a => a.Pins.OverheadBytes);
        var bySize = sizes.Select((p, i) => new PinningSizeSample(p.Size, p.Arena, i < mostGuesses ? content?.Guess(p.Arena, p.Size.Largest) : null)).ToArray();
        return new HeapPins
        {
            TotalBytes = Sum(known, a => a.Pins.TotalBytes),
            Pages = Sum(known, a => a[HeapPageClass.Mixed]),
            BySize = bySize,
            Blocks = [.. blocks.Select((p, i) => new PinningBlockSample(p.Block, p.Arena, i < mostGuesses ? content?.Guess(p.Arena, p.Block) : null))],
            OverheadBytes = overhead,
            TcacheBytes = Sum(known, a => a.Pins.TcacheBytes),
            UnderTop = ended?.UnderTop,
            UnderTopArena = ended?.Arena,
        };
    }

    private static (Arena Arena, PinningSize Size) Join(IEnumerable<(Arena Arena, PinningSize Size)> parts) =>
        parts.Aggregate((all, part) => (
            part.Size.Largest.Bytes > all.Size.Largest.Bytes ? part.Arena : all.Arena,
            all.Size with
            {
                Blocks = all.Size.Blocks + part.Size.Blocks,
                Bytes = all.Size.Bytes + part.Size.Bytes,
                Largest = part.Size.Largest.Bytes > all.Size.Largest.Bytes ? part.Size.Largest : all.Size.Largest,
            }));

    private static ulong Sum(ArenaPages[] arenas, Func<ArenaPages, ulong> of) => arenas.Aggregate(0UL, (sum, arena) => sum + of(arena));
}
