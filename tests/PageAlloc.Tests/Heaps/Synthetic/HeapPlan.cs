using CsCheck;

namespace PageAlloc.Tests.Heaps.Synthetic;

/// <summary>What becomes of a chunk.</summary>
internal enum ChunkKind
{
    Used,
    Tcache,
    Fast,
    Unsorted,
    Binned,
}

/// <summary>How the memory of a main arena came.</summary>
internal enum MainKind
{
    Contiguous,

    /// <summary>By brk, with what others took from it between.</summary>
    Foreign,

    /// <summary>By brk at first, then by mmap.</summary>
    NonContiguous,
}

/// <summary>A chunk to be.</summary>
/// <param name="Kind">What becomes of it, if its neighbours and its size allow.</param>
/// <param name="Units">Its size: units of the alignment above the smallest.</param>
internal readonly record struct ChunkPlan(ChunkKind Kind, int Units);

/// <summary>A process to be.</summary>
/// <param name="Form">The form of its malloc.</param>
/// <param name="MainKind">How the memory of its main arena came.</param>
/// <param name="BrkOffset">Bytes of the break that the loader took, in units of 16.</param>
/// <param name="Main">The pieces of its main arena.</param>
/// <param name="Threads">The heaps of each thread's arena.</param>
/// <param name="Sharing">Threads beyond, which share the arenas.</param>
/// <param name="Mmapped">Pages of each block that is a mapping of its own, and a power of two by which it is aligned.</param>
internal sealed record HeapPlan(
    GlibcForm Form,
    MainKind MainKind,
    int BrkOffset,
    ChunkPlan[][] Main,
    ChunkPlan[][][] Threads,
    int Sharing,
    (int Pages, int Alignment)[] Mmapped)
{
    private static readonly Gen<ChunkPlan> s_chunk = Gen.Select(
        Gen.Enum<ChunkKind>(), Gen.OneOf(Gen.Int[0, 6], Gen.Int[0, 62], Gen.Int[63, 1000]), (kind, units) => new ChunkPlan(kind, units));

    /// <summary>Processes of one form.</summary>
    public static Gen<HeapPlan> Of(GlibcForm form, int mostChunks = 60) => Gen.Select(
        Gen.Enum<MainKind>(),
        Gen.Int[0, 300],
        s_chunk.Array[0, mostChunks].Array[1, 3],
        s_chunk.Array[0, mostChunks].Array[1, 3].Array[0, 3],
        Gen.Int[0, 2],
        Gen.Select(Gen.Int[1, 5], Gen.OneOf(Gen.Const(0), Gen.Int[5, 14])).Array[0, 5],
        (kind, brk, main, threads, sharing, mmapped) => new HeapPlan(form, kind, brk, main, threads, sharing, mmapped));

    public override string ToString() =>
        $"{Form}, {MainKind}, brk {BrkOffset}, main [{string.Join("; ", Main.Select(Text))}], "
        + $"threads [{string.Join(" | ", Threads.Select(t => string.Join("; ", t.Select(Text))))}], {Sharing} sharing, mmapped {string.Join(' ', Mmapped)}";

    private static string Text(ChunkPlan[] chunks) => string.Join(' ', chunks.Select(c => $"{c.Kind}:{c.Units}"));
}
