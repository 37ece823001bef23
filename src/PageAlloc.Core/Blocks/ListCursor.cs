using PageAlloc.Heaps.Glibc;

namespace PageAlloc.Blocks;

/// <summary>Goes along the chunks of the free lists as a walk goes along the heap, both in address order.</summary>
internal sealed class ListCursor(FreeLists lists)
{
    private int _next;

    /// <summary>Goes to the first listed chunk at or behind <paramref name="address"/>.</summary>
    public void Seek(ulong address) => _next = lists.IndexOf(address);

    /// <summary>Goes on, to the next listed chunk up to <paramref name="last"/>; false when there is none.</summary>
    public bool TryTake(ulong last, out ulong chunk, out FreeLists.List list)
    {
        if (_next < lists.Count && lists[_next].Chunk <= last)
        {
            (chunk, list) = lists[_next++];
            return true;
        }

        (chunk, list) = (0, FreeLists.List.None);
        return false;
    }
}
