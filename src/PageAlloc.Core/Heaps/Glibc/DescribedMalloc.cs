using PageAlloc.Symbols;

namespace PageAlloc.Heaps.Glibc;

/// <summary>What debug information, or symbols alone, say of malloc in one libc of a process.</summary>
internal sealed record DescribedMalloc
{
    // Far behind everything that stands before the bins in any release.
    private const ulong MostBytes = 4096;
    private const ulong MostFastbins = 64;

    /// <summary>Which it was: <c>debug info: PATH</c> or <c>symbols: PATH</c>.</summary>
    public required string Source { get; init; }

    /// <summary>The layout; <see cref="GlibcLayout.SafeLinking"/> is not told.</summary>
    public required GlibcLayout Layout { get; init; }

    /// <summary>The layout of struct malloc_par; null when it is not told.</summary>
    public MallocParLayout? ParLayout { get; init; }

    /// <summary>The address of <c>main_arena</c> in the process; null when it is not told.</summary>
    public ulong? MainArena { get; init; }

    /// <summary>The address of <c>mp_</c> in the process; null when it is not told.</summary>
    public ulong? Parameters { get; init; }

    /// <summary>How far <c>tcache</c> is behind <c>thread_arena</c> in each thread's storage, in bytes; null when it is not told.</summary>
    public int? Distance { get; init; }

    /// <summary>Every place that was told.</summary>
    public required LayoutFacts Facts { get; init; }

    /// <summary>The layout that structures as data have; null when they don't tell.</summary>
    public static GlibcLayout? LayoutOf(IReadOnlyDictionary<string, StructLayout> structs, int pointerSize)
    {
        if (!structs.TryGetValue("malloc_state", out StructLayout? state) || !state.TryGetOffset("bins", out ulong bins))
        {
            return null;
        }

        ulong fastbins = state.TryGetMember("fastbinsY", out StructMember member) ? member.Count ?? 0 : 0;
        return fastbins > MostFastbins || bins > MostBytes || bins < (2 + fastbins) * (ulong)pointerSize ? null : new GlibcLayout
        {
            PointerSize = pointerSize,
            BinsOffset = (int)bins,
            FastbinCount = (int)fastbins,
            HasAttachedThreads = state.TryGetOffset("attached_threads", out _),

            // A macro, which debug information does not keep. On 32 bits the number of fastbins follows from it.
            Alignment = pointerSize == 4 && fastbins == 10 ? 8 : 16,
        };
    }

    /// <summary>The layout of struct malloc_par that structures as data have; null when they don't tell.</summary>
    public static MallocParLayout? ParLayoutOf(IReadOnlyDictionary<string, StructLayout> structs)
    {
        if (!structs.TryGetValue("malloc_par", out StructLayout? par) || par.Size > MostBytes
            || !par.TryGetOffset("n_mmaps", out ulong mmaps) || !par.TryGetOffset("n_mmaps_max", out ulong most)
            || !par.TryGetOffset("mmapped_mem", out ulong bytes) || !par.TryGetOffset("sbrk_base", out ulong sbrkBase))
        {
            return null;
        }

        _ = par.TryGetOffset("tcache_bins", out ulong bins) || par.TryGetOffset("tcache_small_bins", out bins);
        return new MallocParLayout((int)mmaps, (int)most, (int)bytes, (int)sbrkBase, (int)bins, (int)par.Size);
    }

    /// <summary>The layout whose struct malloc_state has the size of the symbol <c>main_arena</c>; null when none has.</summary>
    public static GlibcLayout? LayoutOfSize(ulong size, int pointerSize) =>
        GlibcLayout.Known(pointerSize).FirstOrDefault(layout => (ulong)layout.StateSize == size);

    /// <summary>The layout of struct malloc_par of the size of the symbol <c>mp_</c>; null when none has it.</summary>
    /// <param name="size">The size.</param>
    /// <param name="arena">The layout of struct malloc_state beside it.</param>
    public static MallocParLayout? ParLayoutOfSize(ulong size, GlibcLayout arena)
    {
        // Since 2.43 there are no fastbins, and 2.44 has a word less at the end: then it has the size that it had before 2.43.
        bool isNewest = arena.FastbinCount == 0;
        foreach (MallocParLayout layout in MallocParLayout.Known(arena.PointerSize).Take(isNewest ? 1 : int.MaxValue))
        {
            if ((ulong)layout.Size == size || (isNewest && (ulong)(layout.Size - arena.PointerSize) == size))
            {
                return layout;
            }
        }

        return null;
    }
}
