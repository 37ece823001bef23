using PageAlloc.Pages;

namespace PageAlloc.Tests.Pages;

/// <summary>What kpageflags says of a made-up machine: a word for each frame. Truth is kept beside it.</summary>
internal sealed class PhysicalMemory
{
    // source: include/uapi/linux/kernel-page-flags.h
    private const ulong Uptodate = 1UL << 3, Lru = 1UL << 5, Buddy = 1UL << 10, Anon = 1UL << 12, SwapBacked = 1UL << 14, Head = 1UL << 15,
        Tail = 1UL << 16, NoPage = 1UL << 20, Ksm = 1UL << 21, Thp = 1UL << 22, Zero = 1UL << 24, Reserved = 1UL << 32;

    private readonly List<ulong> _flags = [];
    private readonly List<FrameTruth> _truth = [];

    /// <summary>Frames there are; kpageflags ends behind them.</summary>
    public int Frames => _flags.Count;

    public IReadOnlyList<ulong> Flags => _flags;

    public FrameTruth this[ulong frame] => _truth[(int)frame];

    /// <summary>A page by itself; returns its frame.</summary>
    public ulong AddBase() => Add(FrameKind.Plain, Uptodate | Lru | Anon | SwapBacked);

    public ulong AddKsm() => Add(FrameKind.Ksm, Uptodate | Lru | Anon | Ksm);

    public ulong AddZero() => Add(FrameKind.Zero, Zero | Reserved);

    public ulong AddFree() => Add(FrameKind.Plain, Buddy);

    public ulong AddHole() => Add(FrameKind.Plain, NoPage);

    /// <summary>A folio of 2^order pages, aligned to its size; free frames fill up in front. Returns its first frame.</summary>
    public ulong AddFolio(int order, FrameKind kind = FrameKind.Plain)
    {
        while (Frames % (1 << order) != 0)
        {
            AddFree();
        }

        ulong common = Uptodate | Thp | (kind == FrameKind.Zero ? Zero : Lru);
        var first = (ulong)Frames;
        for (int i = 0; i < 1 << order; i++)
        {
            _flags.Add(common | (i == 0 ? Head : Tail));
            _truth.Add(new FrameTruth(kind, order));
        }

        return first;
    }

    private ulong Add(FrameKind kind, ulong flags)
    {
        _flags.Add(flags);
        _truth.Add(new FrameTruth(kind, 0));
        return (ulong)Frames - 1;
    }
}

internal enum FrameKind
{
    Plain,
    Ksm,
    Zero,
}

/// <summary>What a frame is: of a folio of 2^Order pages.</summary>
internal readonly record struct FrameTruth(FrameKind Kind, int Order)
{
    /// <summary>The state of a page that is mapped to it by an entry of its own.</summary>
    public PageState Of(PageKind kind, int largestOrder) => Kind switch
    {
        FrameKind.Ksm => new PageState(PageKind.Ksm),
        FrameKind.Zero => new PageState(PageKind.Zero),
        _ => new PageState(kind, Order > largestOrder ? 0 : Order),
    };
}
