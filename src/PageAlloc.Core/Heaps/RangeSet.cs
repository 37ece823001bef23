namespace PageAlloc.Heaps;

/// <summary>Ranges of addresses, to ask in logarithmic time whether an address is in one of them.</summary>
internal sealed class RangeSet
{
    private readonly List<ulong> _starts = [];
    private readonly List<ulong> _ends = [];

    /// <summary>Makes the set; the ranges may overlap and come in any order.</summary>
    public RangeSet(IEnumerable<AddressRange> ranges)
    {
        foreach (AddressRange range in ranges.Where(r => !r.IsEmpty).OrderBy(r => r.Start))
        {
            if (_ends.Count != 0 && range.Start <= _ends[^1])
            {
                _ends[^1] = Math.Max(_ends[^1], range.End);
                continue;
            }

            _starts.Add(range.Start);
            _ends.Add(range.End);
        }
    }

    /// <summary>Whether <paramref name="range"/> has an address in one of them.</summary>
    public bool Overlaps(AddressRange range)
    {
        int index = _starts.BinarySearch(range.Start);
        index = index < 0 ? ~index : index;
        return Contains(range.Start) || (index < _starts.Count && _starts[index] < range.End);
    }

    /// <summary>Whether <paramref name="address"/> is in one of them.</summary>
    public bool Contains(ulong address)
    {
        int index = _starts.BinarySearch(address);
        index = index < 0 ? ~index - 1 : index;
        return index >= 0 && address < _ends[index];
    }
}
