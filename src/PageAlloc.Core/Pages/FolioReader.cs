using System.Numerics;

namespace PageAlloc.Pages;

/// <summary>
/// Reads /proc/kpageflags of frames in ascending order, neighbours in one call: a call costs as much as three entries. It
/// refines the states of pages by them, and follows a folio beyond the frames that were asked for.
/// </summary>
internal sealed class FolioReader
{
    private const ulong JoinedGap = 4;
    private const int MaxFramesPerRead = 32 << 10;
    private const int FramesPerStep = 16;

    private readonly IPageSource _source;
    private readonly int _folioFrames;
    private readonly ulong[] _flags;

    // _flags[i] is that of the frame _origin + i, and has been read for i in [_from, _to).
    private ulong _origin;
    private int _from;
    private int _to;

    // The folio that the last compound page was in, [start, end) in frames.
    private ulong _folioStart;
    private ulong _folioEnd;

    public FolioReader(IPageSource source)
    {
        _source = source;
        _folioFrames = 1 << source.HugeOrder;
        _flags = GC.AllocateUninitializedArray<ulong>(MaxFramesPerRead + (2 * _folioFrames));
    }

    /// <summary>Whether the flags of some page could not be read: its state stays as it was.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Whether one of the pages refined last is in a large folio.</summary>
    public bool HasFolios { get; private set; }

    /// <summary>Refines <paramref name="states"/> for the pages in <paramref name="keys"/>, which are sorted.</summary>
    public void Refine(ReadOnlySpan<ulong> keys, Span<byte> states)
    {
        _from = _to = 0;
        _folioStart = _folioEnd = 0;
        HasFolios = false;
        for (int i = 0; i < keys.Length; i++)
        {
            (ulong frame, int index) = FolioResolver.Split(keys[i]);
            ulong at = frame - _origin;
            if ((frame < _origin || at < (ulong)_from || at >= (ulong)_to) && !Load(keys[i..]))
            {
                HasFailed = true;
                continue;
            }

            ulong flags = _flags[frame - _origin];
            if ((flags & (PageFlags.ZeroPage | PageFlags.Ksm | PageFlags.CompoundHead | PageFlags.CompoundTail)) != 0)
            {
                ref byte state = ref states[index];
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
        ulong start = FolioResolver.Split(keys[0]).Frame;
        ulong end = start + 1;
        foreach (ulong key in keys[1..])
        {
            ulong frame = FolioResolver.Split(key).Frame;
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
