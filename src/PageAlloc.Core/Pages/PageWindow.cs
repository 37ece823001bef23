using System.Numerics;
using PageAlloc.Interop;
using PageAlloc.Mappings;

namespace PageAlloc.Pages;

/// <summary>
/// Collects pages in address order until there are enough for their flags to be read in one sweep, then hands them on.
/// It bounds the memory that reading needs, whatever the size of the target.
/// </summary>
internal sealed class PageWindow
{
    // A part is a few pages in a fragmented target, and costs 40 bytes.
    private const int MaxParts = 128 << 10;

    private readonly PageTableBuilder _builder;
    private readonly FolioResolver? _folios;
    private readonly FolioTally _tally = new();
    private byte[] _states = new byte[16 << 10];
    private ulong[] _keys = [];
    private ulong[] _sorted = [];
    private readonly List<Part> _parts = [];
    private readonly bool _zeroInDoubt;
    private int _stateCount;
    private int _keyCount;

    /// <summary>Makes a window.</summary>
    /// <param name="builder">Gets the pages.</param>
    /// <param name="folios">Refines their states; null where kpageflags can't be read.</param>
    /// <param name="zeroInDoubt">Whether nothing but page flags tells the page of zeros.</param>
    public PageWindow(PageTableBuilder builder, FolioResolver? folios, bool zeroInDoubt)
    {
        _zeroInDoubt = zeroInDoubt;
        _builder = builder;
        _folios = folios;
    }

    /// <summary>What could not be told of the pages added so far.</summary>
    public UnknownDetails Unknown { get; private set; }

    /// <summary>Adds pages that are all in one state.</summary>
    public void Add(int mapping, ulong firstPage, ulong count, PageState state)
    {
        _parts.Add(new Part(mapping, firstPage, count, -1, state));
        FlushWhenFull();
    }

    /// <summary>Adds pages of transparent huge pages that one page-table entry each maps.</summary>
    public void AddHuge(int mapping, ulong firstPage, ulong count, PageState state)
    {
        if (_folios is not null)
        {
            _tally.AddWhole(mapping, state, count);
        }

        Add(mapping, firstPage, count, state);
    }

    /// <summary>Adds pages with a pagemap entry each.</summary>
    /// <param name="index">The number of their mapping.</param>
    /// <param name="mapping">Their mapping.</param>
    /// <param name="firstPage">Their first page, counted from address 0.</param>
    /// <param name="entries">The entries.</param>
    /// <param name="order">The size of the page behind each when that is known already (hugetlb), else 0.</param>
    public void Add(int index, Mapping mapping, ulong firstPage, ReadOnlySpan<ulong> entries, int order)
    {
        while (!entries.IsEmpty)
        {
            int count = Math.Min(entries.Length, FolioResolver.MaxPages - _stateCount);
            Reserve(count);
            Decode(entries[..count], new PageStates(mapping, order, zeroInDoubt: false), new PageStates(mapping, order, _zeroInDoubt));
            _parts.Add(new Part(index, firstPage, (ulong)count, _stateCount, default));
            _stateCount += count;
            firstPage += (ulong)count;
            entries = entries[count..];
            FlushWhenFull();
        }
    }

    /// <summary>Hands on what was collected.</summary>
    public void Flush()
    {
        if (_folios is not null)
        {
            Grow(ref _sorted, 0, _keyCount);
            _keys.AsSpan(0, _keyCount).CopyTo(_sorted);
            _folios.Resolve(_sorted, _keyCount, _states);
            if (_folios.HasFolios)
            {
                CountFolios(_folios.HugeOrder);
            }

            Unknown |= _folios.HasFailed ? UnknownDetails.FolioSizes | UnknownDetails.MergedPages : 0;
        }

        foreach (Part part in _parts)
        {
            if (part.StatesAt < 0)
            {
                _builder.Add(part.Mapping, part.FirstPage, part.Count, part.State);
            }
            else
            {
                _builder.Add(part.Mapping, part.FirstPage, _states.AsSpan(part.StatesAt, (int)part.Count));
            }
        }

        _parts.Clear();
        _stateCount = 0;
        _keyCount = 0;
    }

    /// <summary>Gives the mappings their large folios, when all was handed on.</summary>
    public void AddFoliosTo(List<MappingPages> mappings) => _tally.AddTo(mappings);

    // Folios are followed by address; where a scan told what one entry maps, a folio of that size that it did not tell of is
    // mapped by entries of base pages, and counts as such.
    private void CountFolios(int hugeOrder)
    {
        Part part = default;
        int next = 0;
        int end = 0;
        Span<byte> states = _states.AsSpan(0, _stateCount);
        foreach (ulong key in _keys.AsSpan(0, _keyCount))
        {
            (ulong frame, int index) = FolioResolver.Split(key);
            ref byte code = ref states[index];
            var state = PageState.FromCode(code);
            if (state.Order == 0)
            {
                continue;
            }

            while (index >= end)
            {
                part = _parts[next++];
                end = part.StatesAt < 0 ? end : part.StatesAt + (int)part.Count;
            }

            _tally.Add(part.Mapping, part.FirstPage + (ulong)(index - part.StatesAt), frame, state);
            if (state.Order == hugeOrder && !_zeroInDoubt)
            {
                code = new PageState(state.Kind).Code;
            }
        }
    }

    private void FlushWhenFull()
    {
        if (_stateCount == FolioResolver.MaxPages || _keyCount >= FolioResolver.MaxKeys || _parts.Count >= MaxParts)
        {
            Flush();
        }
    }

    // Small targets, which are the most, must not pay for the room that large ones need.
    private void Reserve(int count)
    {
        Grow(ref _states, _stateCount, count);
        if (_folios is not null)
        {
            Grow(ref _keys, _keyCount, count);
        }
    }

    // What is not written to takes no memory, unless it is cleared first.
    private static void Grow<T>(ref T[] array, int used, int more)
    {
        if (array.Length - used < more)
        {
            T[] grown = GC.AllocateUninitializedArray<T>((int)BitOperations.RoundUpToPowerOf2((uint)(used + more)));
            array.AsSpan(0, used).CopyTo(grown);
            array = grown;
        }
    }

    // A page whose frame is not shown gets no flags: whether it is the page of zeros stays open.
    private void Decode(ReadOnlySpan<ulong> entries, PageStates possible, PageStates withoutFlags)
    {
        Span<byte> states = _states.AsSpan(_stateCount, entries.Length);
        bool collect = _folios is not null && possible.Order == 0;
        Span<ulong> keys = collect ? _keys.AsSpan(_keyCount) : [];
        byte absent = withoutFlags.OfAbsent(0).Code;
        int collected = 0;
        bool hidden = false;
        for (int i = 0; i < entries.Length; i++)
        {
            ulong bits = entries[i];
            if ((bits & PagemapBits.Present) == 0)
            {
                states[i] = bits == 0 ? absent : withoutFlags.OfAbsent(bits).Code;
                continue;
            }

            ulong frame = bits & PagemapBits.FrameMask;
            hidden |= frame == 0;
            states[i] = (frame != 0 && _folios is not null ? possible : withoutFlags).OfPresent(bits).Code;
            if (collect && frame != 0)
            {
                keys[collected++] = FolioResolver.Key(frame, _stateCount + i);
            }
        }

        _keyCount += collected;
        const UnknownDetails told = UnknownDetails.FolioSizes | UnknownDetails.MergedPages;
        if (possible.Order == 0 && (Unknown & told) != told && (hidden || (_folios is null && possible.AnyResident(entries))))
        {
            Unknown |= told;
        }
    }

    private readonly record struct Part(int Mapping, ulong FirstPage, ulong Count, int StatesAt, PageState State);
}
