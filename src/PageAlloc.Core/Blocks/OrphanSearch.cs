using PageAlloc.Heaps;
using PageAlloc.Heaps.Glibc;

namespace PageAlloc.Blocks;

/// <summary>
/// Finds tcaches that no thread has: used blocks of the size of a tcache in which every list leads to used blocks of the
/// right size, as many as the counters say. A forked child keeps those of its parent's other threads, lost for good.
/// </summary>
internal sealed class OrphanSearch(HeapReader reader) : IPartedSink
{
    private readonly HashSet<ulong> _known = [.. reader.Heaps.Tcaches.Select(t => t.Address)];
    private readonly List<ulong> _candidates = [];
    private GlibcLayout _layout = null!;

    /// <summary>Walks the heaps and gives what was found.</summary>
    public static List<Tcache> Find(HeapReader reader)
    {
        var finder = new OrphanSearch(reader);
        HeapWalk.WalkAll(reader, finder);
        var found = new List<Tcache>();
        foreach (ulong user in finder._candidates)
        {
            if (ThreadCaches.ReadTcache(reader.Cache, user, finder._layout) is { IsConsistent: true } cache && cache.Chunks.Count != 0)
            {
                found.Add(cache);
            }
        }

        return found;
    }

    /// <inheritdoc/>
    public void BeginSegment(Arena arena, Segment segment) => _layout = arena.Layout;

    /// <inheritdoc/>
    public void Add(in Block block)
    {
        ulong user = block.Address + (ulong)_layout.HeaderSize;
        if (block.State == BlockState.Used && TcacheLayout.OfChunk(block.Size, _layout) is not null && !_known.Contains(user))
        {
            _candidates.Add(user);
        }
    }

    /// <inheritdoc/>
    public void EndSegment()
    {
    }

    /// <inheritdoc/>
    public IPartedSink MakePart() => new OrphanSearch(reader);

    /// <inheritdoc/>
    public void Append(IPartedSink part) => _candidates.AddRange(((OrphanSearch)part)._candidates);
}
