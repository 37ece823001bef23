using System.Numerics;

namespace PageAlloc.Pages;

/// <summary>
/// Refines the states of resident base pages by /proc/kpageflags: the size of the folio behind each, KSM, zero page. Many
/// are sorted by frame and shared out between two threads, as the kernel takes most of the time, and no lock.
/// </summary>
internal sealed class FolioResolver(IPageSource source)
{
    /// <summary>The states that keys can have an index to.</summary>
    public const int MaxPages = 1 << IndexBits;

    /// <summary>Resident pages that are worth resolving in one go: with more, sorting gains nothing.</summary>
    public const int MaxKeys = 1 << 18;

    private const int IndexBits = 20;
    private const ulong IndexMask = MaxPages - 1;

    // Some 6 ms: with fewer, a thread is not worth its start.
    private const int KeysForTwo = 64 << 10;

    private readonly FolioReader _reader = new(source);
    private FolioReader? _other;
    private ulong[] _scratch = [];

    /// <summary>The largest size that is told; a folio above it counts as base pages.</summary>
    public int HugeOrder => source.HugeOrder;

    /// <summary>Whether the flags of some page could not be read: its state stays as it was.</summary>
    public bool HasFailed => _reader.HasFailed || _other is { HasFailed: true };

    /// <summary>Whether one of the pages resolved last is in a large folio.</summary>
    public bool HasFolios { get; private set; }

    /// <summary>The frame in a key, and the index in the states.</summary>
    public static (ulong Frame, int Index) Split(ulong key) => (key >> IndexBits, (int)(key & IndexMask));

    /// <summary>The key of a page: its frame above its index in the states. Frames of more than 44 bits do not exist.</summary>
    public static ulong Key(ulong frame, int index) => (frame << IndexBits) | (uint)index;

    /// <summary>Refines <paramref name="states"/> (codes of <see cref="PageState"/>) for the pages in <paramref name="keys"/>, which get sorted.</summary>
    public void Resolve(Span<ulong> keys, Span<byte> states)
    {
        Sort(keys);
        _reader.Refine(keys, states);
        HasFolios = _reader.HasFolios;
    }

    /// <summary>The same for the first <paramref name="count"/> of <paramref name="keys"/>, on two threads when there are many.</summary>
    public void Resolve(ulong[] keys, int count, byte[] states)
    {
        if (count < KeysForTwo || Environment.ProcessorCount == 1)
        {
            Resolve(keys.AsSpan(0, count), states);
            return;
        }

        Sort(keys.AsSpan(0, count));
        int half = count / 2;
        _other ??= new FolioReader(source);
        var side = SideThread.Start(() => _other.Refine(keys.AsSpan(half, count - half), states));
        try
        {
            _reader.Refine(keys.AsSpan(0, half), states);
        }
        finally
        {
            side.Join();
        }

        HasFolios = _reader.HasFolios || _other.HasFolios;
    }

    private void Sort(Span<ulong> keys)
    {
        if (_scratch.Length < keys.Length)
        {
            _scratch = GC.AllocateUninitializedArray<ulong>((int)BitOperations.RoundUpToPowerOf2((uint)keys.Length));
        }

        RadixSort.Sort(keys, _scratch.AsSpan(0, keys.Length), IndexBits);
    }
}
