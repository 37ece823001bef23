using PageAlloc.Heaps.Glibc;

namespace PageAlloc.Blocks;

/// <summary>Goes along the chunks of the free lists as a walk goes along the heap, both in address order.</summary>
internal sealed class ListCursor(FreeLists lists)
{
    private int _next;
    private ulong _nextChunk;

    /// <summary>Goes to the first listed chunk at or behind <paramref name="address"/>.</summary>
    public void Seek(ulong address) => GoTo(lists.IndexOf(address));

    /// <summary>The listed chunk that comes next; the end of all addresses when there is none.</summary>
    public ulong Next => _nextChunk;

    /// <summary>Whether no listed chunk follows up to <paramref name="last"/>.</summary>
    public bool IsBehind(ulong last) => last < _nextChunk;

    /// <summary>Goes on, to the next listed chunk up to <paramref name="last"/>; false when there is none.</summary>
    public bool TryTake(ulong last, out ulong chunk, out FreeLists.List list)
    {
        if (_next < lists.Count && !IsBehind(last))
        {
            (chunk, list) = lists[_next];
            GoTo(_next + 1);
            return true;
        }

        (chunk, list) = (0, FreeLists.List.None);
        return false;
    }

    private void GoTo(int index)
    {
        _next = index;
        _nextChunk = index < lists.Count ? lists[index].Chunk : ulong.MaxValue;
    }
}
