using PageAlloc.Heaps.Glibc;

namespace PageAlloc.Blocks;

/// <summary>
/// Checks that the links of all bins of an arena are each other's inverse, without keeping any: every forward link is a pair
/// (from, to), every backward one (to, from); the sums of a hash over both are equal just when the pairs are the same.
/// </summary>
internal struct BinLinks
{
    private ulong _forward;
    private ulong _backward;

    /// <summary>Begins with the bins' heads.</summary>
    public BinLinks(ArenaState arena)
    {
        for (int bin = 1; bin < GlibcLayout.BinCount; bin++)
        {
            Add(arena.BinHead(bin), arena.BinFirst(bin), arena.BinLast(bin));
        }
    }

    /// <summary>Whether the links agree.</summary>
    public readonly bool Agree => _forward == _backward;

    /// <summary>Adds a free chunk with its fd and bk.</summary>
    public void Add(ulong chunk, ulong forward, ulong back)
    {
        unchecked
        {
            _forward += Hash(chunk, forward);
            _backward += Hash(back, chunk);
        }
    }

    /// <summary>Adds what another walk of the same arena saw.</summary>
    public void Append(BinLinks next)
    {
        unchecked
        {
            _forward += next._forward;
            _backward += next._backward;
        }
    }

    // Two rounds of multiplying and folding, so that sums of pairs that differ do not meet by chance.
    private static ulong Hash(ulong from, ulong to)
    {
        unchecked
        {
            ulong h = (from ^ 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9;
            h = (h ^ (h >> 31) ^ to) * 0x94d049bb133111eb;
            return (h ^ (h >> 29)) * 0xbf58476d1ce4e5b9;
        }
    }
}
