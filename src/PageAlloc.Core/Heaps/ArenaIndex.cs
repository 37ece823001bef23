namespace PageAlloc.Heaps;

/// <summary>Tells in logarithmic time which arena an address is in.</summary>
internal sealed class ArenaIndex
{
    private readonly (ulong Start, ulong End, Arena Arena)[] _segments;
    private readonly ulong[] _starts;

    /// <summary>Makes the index; where arenas of a damaged heap overlap, the one that begins last is told.</summary>
    public ArenaIndex(IEnumerable<Arena> arenas)
    {
        _segments = [.. arenas.SelectMany(a => a.Segments.Select(s => (s.Range.Start, s.Range.End, a))).OrderBy(s => s.Start)];
        _starts = [.. _segments.Select(s => s.Start)];
    }

    /// <summary>The arena that has <paramref name="address"/> in one of its segments; null when there is none.</summary>
    public Arena? Of(ulong address)
    {
        int index = Array.BinarySearch(_starts, address);
        index = index < 0 ? ~index - 1 : index;
        return index >= 0 && address < _segments[index].End ? _segments[index].Arena : null;
    }
}
