using PageAlloc.Heaps;

namespace PageAlloc.Insight;

/// <summary>
/// Ranges of addresses that are something else than their mapping tells: heaps, mmapped blocks, stacks of threads, .bss. Of
/// two that overlap, as in a damaged heap, the one that begins first has what they share.
/// </summary>
internal sealed class LedgerClaims
{
    private readonly (AddressRange Range, LedgerKind Kind)[] _claims;
    private int _next;

    /// <summary>Makes the claims.</summary>
    /// <param name="heaps">The heaps; null when their memory can't be read, or they were not looked for.</param>
    /// <param name="data">Where modules have their variables.</param>
    /// <param name="pageSize">Claims are of whole pages.</param>
    public LedgerClaims(HeapSet? heaps, IEnumerable<AddressRange> data, ulong pageSize)
    {
        var claims = new List<(AddressRange Range, LedgerKind Kind)>();
        claims.AddRange((heaps?.Arenas ?? []).SelectMany(a => a.Segments).Select(s => (s.Range, LedgerKind.HeapOverhead)));
        claims.AddRange((heaps?.Mmapped ?? []).Select(m => (m.Range, LedgerKind.HeapMmapped)));
        claims.AddRange((heaps?.Threads ?? []).Where(t => t.Stack is not null).Select(t => (t.Stack!.Value, LedgerKind.ThreadStacks)));
        claims.AddRange(data.Select(range => (range, LedgerKind.Data)));
        ulong mask = pageSize - 1;
        ulong end = 0;
        var disjoint = new List<(AddressRange, LedgerKind)>(claims.Count);

        // Heaps come first among those that begin on one page: a static program's first block is behind its variables there.
        foreach ((AddressRange range, LedgerKind kind) in claims.OrderBy(c => c.Range.Start & ~mask).ThenBy(c => c.Kind))
        {
            ulong start = Math.Max(range.Start & ~mask, end);
            ulong rangeEnd = (range.End + mask) & ~mask;
            if (rangeEnd > start)
            {
                disjoint.Add((new AddressRange(start, rangeEnd), kind));
                end = rangeEnd;
            }
        }

        _claims = [.. disjoint];
    }

    /// <summary>Who claims an address. To be asked with rising addresses.</summary>
    /// <param name="address">The address.</param>
    /// <param name="end">Where that claim ends, or, when there is none, the next begins.</param>
    /// <returns>What is there: <see cref="LedgerKind.HeapOverhead"/> for any memory of an arena; null when nothing is claimed.</returns>
    public LedgerKind? At(ulong address, out ulong end)
    {
        while (_next < _claims.Length && _claims[_next].Range.End <= address)
        {
            _next++;
        }

        if (_next == _claims.Length)
        {
            end = ulong.MaxValue;
            return null;
        }

        (AddressRange range, LedgerKind kind) = _claims[_next];
        bool isIn = range.Start <= address;
        end = isIn ? range.End : range.Start;
        return isIn ? kind : null;
    }
}
