using PageAlloc.Heaps;
using PageAlloc.Heaps.Glibc;

namespace PageAlloc.Blocks;

/// <summary>
/// Follows the lists that were too long to follow through memory page by page: the chunks of their arena are walked once for
/// the links of all that may be in a list, and the lists followed in those.
/// </summary>
internal sealed class LongLists
{
    private readonly LinkTable _links = new();
    private readonly GlibcLayout _layout;
    private readonly ulong _start;
    private readonly ulong _end;

    private LongLists(Arena arena)
    {
        _layout = arena.Layout;
        _start = arena.Segments[0].Range.Start;
        _end = arena.Segments[^1].Range.End;
    }

    /// <summary>Follows what is left to follow in the heaps of <paramref name="reader"/>.</summary>
    public static void Follow(HeapReader reader)
    {
        foreach (ulong address in reader.Heaps.Lists.TakeUnfollowed())
        {
            Arena arena = reader.Heaps.Arenas.First(a => a.Address == address);
            reader.FollowLists(arena, Collect(reader, arena));
        }
    }

    /// <summary>The links of all chunks of an arena that may be in a list.</summary>
    internal static LinkTable Collect(HeapReader reader, Arena arena)
    {
        var collected = new LongLists(arena);
        new ChunkWalk(reader.Memory, reader.Cache, reader.Heaps.Lists, NoSink.Instance, collected).Run(arena);
        collected._links.Complete();
        return collected._links;
    }

    /// <summary>Adds a chunk that may be in a list.</summary>
    /// <param name="block">The chunk, as its neighbour has it: in use, or free.</param>
    /// <param name="forward">The first word in it.</param>
    public void Add(Block block, ulong forward)
    {
        ulong position = block.Address + (ulong)_layout.HeaderSize;
        if (block.State != BlockState.Used)
        {
            _links.Add(position, forward);
        }
        else if (block.Size < _layout.MinimumSize + (ulong)(_layout.FastbinCount * _layout.Alignment))
        {
            // What a program keeps in a block is hardly ever a link into its arena; where it is, that costs no more than room.
            ulong next = ListLink.Decode(forward, position, _layout);
            if (next >= _start && next < _end && next % (ulong)_layout.PointerSize == 0)
            {
                _links.Add(position, forward);
            }
        }
    }
}
