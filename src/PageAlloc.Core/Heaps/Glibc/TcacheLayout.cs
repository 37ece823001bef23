namespace PageAlloc.Heaps.Glibc;

/// <summary>
/// The forms of struct tcache_perthread_struct. The form is told by the size of the chunk that it is in.
/// source: malloc/malloc.c of glibc 2.26 to 2.43
/// </summary>
/// <param name="Bins">Lists.</param>
/// <param name="CounterSize">Bytes of each counter; the counters come first.</param>
/// <param name="CountsFreeSlots">Whether the counters hold the slots left (since 2.42), not the blocks cached.</param>
public sealed record TcacheLayout(int Bins, int CounterSize, bool CountsFreeSlots)
{
    /// <summary>Bins of one chunk size each; later ones, since 2.42, hold several sizes above.</summary>
    public const int SmallBins = 64;

    private static readonly TcacheLayout[] s_known = [new(64, 2, false), new(76, 2, true), new(64, 1, false)];

    /// <summary>The offset of the array of list heads.</summary>
    public int EntriesOffset => Bins * CounterSize;

    /// <summary>The size of the structure.</summary>
    public int Size(int pointerSize) => EntriesOffset + (Bins * pointerSize);

    /// <summary>The form of a structure in a chunk of that size; null when none has it.</summary>
    public static TcacheLayout? OfChunk(ulong chunkSize, GlibcLayout layout)
    {
        foreach (TcacheLayout tcache in s_known)
        {
            ulong mask = (ulong)layout.Alignment - 1;
            ulong size = (ulong)(tcache.Size(layout.PointerSize) + layout.PointerSize);
            size = (size + mask) & ~mask;

            // A rest too small for a chunk stays with it; and 2.43 pads twice when the cache is born inside an allocation.
            ulong most = size + layout.MinimumSize - (ulong)layout.Alignment + (tcache.CountsFreeSlots ? (ulong)layout.Alignment : 0);
            if (chunkSize >= size && chunkSize <= most)
            {
                return tcache;
            }
        }

        return null;
    }
}
