using System.Numerics;

namespace PageAlloc.Pages;

/// <summary>
/// Refines the states of resident base pages by /proc/kpageflags: the size of the folio behind each, KSM, zero page.
/// Frames are read in ascending order, neighbours in one call: a call costs as much as three entries.
/// </summary>
internal sealed class FolioResolver
{
    /// <summary>The states that keys can have an index to.</summary>
    public const int MaxPages = 1 << IndexBits;

    /// <summary>Resident pages that are worth resolving in one go: with more, sorting gains nothing.</summary>
    public const int MaxKeys = 1 << 18;

    private const int IndexBits = 20;
    private const ulong IndexMask = MaxPages - 1;
    private const ulong JoinedGap = 4;
    private const int MaxFramesPerRead = 32 << 10;
    private const int FramesPerStep = 16;

    private readonly IPageSource _source;
    private readonly int _folioFrames;
    private ulong[] _scratch = [];
    private readonly ulong[] _flags;

    // _flags[i] is that of the frame _origin + i, and has been read for i in [_from, _to).
    private ulong _origin;
    private int _from;
    private int _to;

    // The folio that the last compound page was in, [start, end) in frames.
    private ulong _folioStart;
    private ulong _folioEnd;

    public FolioResolver(IPageSource source)
    {
        _source = source;
        _folioFrames = 1 << source.HugeOrder;
        _flags = new ulong[MaxFramesPerRead + (2 * _folioFrames)];
    }

    /// <summary>The largest size that is told; a folio above it counts as base pages.</summary>
    public int HugeOrder => _source.HugeOrder;

    /// <summary>Whether the flags of some page could not be read: its state stays as it was.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Whether one of the pages resolved last is in a large folio.</summary>
    public bool HasFolios { get; private set; }

    /// <summary>The frame in a key, and the index in the states.</summary>
    public static (ulong Frame, int Index) Split(ulong key) => (key >> IndexBits, (int)(key & IndexMask));

    /// <summary>The key of a page: its frame above its index in the states. Frames of more than 44 bits do not exist.</summary>
    public static ulong Key(ulong frame, int index) => (frame << IndexBits) | (uint)index;

    /// <summary>Refines <paramref name="states"/> (codes of <see cref="PageState"/>) for the pages in <paramref name="keys"/>, which get sorted.</summary>
    public void Resolve(Span<ulong> keys, Span<byte> states)
    {
        if (_scratch.Length < keys.Length)
        {
            _scratch = new ulong[BitOperations.RoundUpToPowerOf2((uint)keys.Length)];
        }

        RadixSort.Sort(keys, _scratch.AsSpan(0, keys.Length), IndexBits);
        _from = _to = 0;
        _folioStart = _folioEnd = 0;
        HasFolios = false;
        for (int i = 0; i < keys.Length; i++)
        {
            ulong frame = keys[i] >> IndexBits;
            ulong at = frame - _origin;
            if ((frame < _origin || at < (ulong)_from || at >= (ulong)_to) && !Load(keys[i..]))
            {
                HasFailed = true;
                continue;
            }

            ulong flags = _flags[frame - _origin];
            ref byte state = ref states[(int)(keys[i] & IndexMask)];
            if ((flags & (PageFlags.ZeroPage | PageFlags.Ksm | PageFlags.CompoundHead | PageFlags.CompoundTail)) != 0)
            {
                state = Refine(PageState.FromCode(state), frame, flags).Code;
            }
        }
    }

    private PageState Refine(PageState state, ulong frame, ulong flags)
    {
        if ((flags & PageFlags.ZeroPage) != 0)
        {
            return new PageState(PageKind.Zero);
        }

        if ((flags & PageFlags.Ksm) != 0)
        {
            return new PageState(PageKind.Ksm);
        }

        if (frame < _folioStart || frame >= _folioEnd)
        {
            FindFolio(frame);
        }

        // Folios are powers of two; one that is being split while we look is taken at the size still seen.
        int order = BitOperations.Log2(_folioEnd - _folioStart);
        order = order > _source.HugeOrder ? 0 : order;
        HasFolios |= order != 0;
        return new PageState(state.Kind, order);
    }

    // A folio is a head and the tails behind it.
    private void FindFolio(ulong frame)
    {
        int start = (int)(frame - _origin);
        int end = start + 1;
        while (start > _from && IsTail(_flags[start]))
        {
            start--;
        }

        while (end < _to && IsTail(_flags[end]))
        {
            end++;
        }

        // A folio whose head lies further back than a huge page is larger than one: each page of it counts by itself.
        bool isWhole = !IsTail(_flags[start]);
        _folioStart = isWhole ? _origin + (ulong)start : frame;
        _folioEnd = isWhole ? _origin + (ulong)end : frame + 1;
    }

    // Reads the flags of the first key's frame and of all that follow closely, and goes on to the ends of the folios cut.
    private bool Load(ReadOnlySpan<ulong> keys)
    {
        ulong start = keys[0] >> IndexBits;
        ulong end = start + 1;
        foreach (ulong key in keys[1..])
        {
            ulong frame = key >> IndexBits;
            if (frame >= end + JoinedGap || frame - start >= MaxFramesPerRead)
            {
                break;
            }

            end = Math.Max(end, frame + 1);
        }

        // Folios are aligned to their size: the head of the first one has room in front.
        _origin = start & ~((ulong)_folioFrames - 1);
        _from = _to = (int)(start - _origin);
        if (!ReadOn((int)(end - start)))
        {
            return false;
        }

        while (_from > 0 && IsTail(_flags[_from]) && ReadBack())
        {
        }

        while ((_flags[_to - 1] & (PageFlags.CompoundHead | PageFlags.CompoundTail)) != 0 && _to < _flags.Length)
        {
            int last = _to;
            if (!ReadOn(Math.Min(_flags.Length - _to, FramesPerStep - (_to % FramesPerStep))))
            {
                break;
            }

            // What follows the folio is left out, as its own end may not have been read.
            while (last < _to && IsTail(_flags[last]))
            {
                last++;
            }

            if (last < _to)
            {
                _to = last;
                break;
            }
        }

        return true;
    }

    private bool ReadOn(int frames)
    {
        int n = _source.ReadFlags(_origin + (ulong)_to, _flags.AsSpan(_to, frames));
        _to += Math.Max(n, 0);
        return n > 0;
    }

    private bool ReadBack()
    {
        int start = (_from - 1) / FramesPerStep * FramesPerStep;
        bool read = _source.ReadFlags(_origin + (ulong)start, _flags.AsSpan(start, _from - start)) == _from - start;
        _from = read ? start : _from;
        return read;
    }

    private static bool IsTail(ulong flags) => (flags & PageFlags.CompoundTail) != 0;
}
