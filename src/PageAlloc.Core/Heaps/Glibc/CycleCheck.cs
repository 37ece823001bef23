namespace PageAlloc.Heaps.Glibc;

/// <summary>Notices that a list comes back to where it was, with one chunk in memory: the mark moves on at each power of two.</summary>
internal struct CycleCheck
{
    private ulong _mark;
    private long _count;

    /// <summary>Takes the next chunk; true when the list has come back to it.</summary>
    public bool Closes(ulong chunk)
    {
        if (_count != 0 && chunk == _mark)
        {
            return true;
        }

        _mark = (_count & (_count - 1)) == 0 ? chunk : _mark;
        _count++;
        return false;
    }
}
