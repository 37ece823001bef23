using BenchmarkDotNet.Attributes;
using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Heaps.Glibc;
using PageAlloc.Targets;

namespace PageAlloc.Benchmarks;

/// <summary>A heap of 200,000 blocks walked to its sums, beside a copy of its bytes by the megabyte.</summary>
public class WalkBenchmark
{
    private const int Window = 1 << 20, Page = 4096;

    private readonly HeapInMemory _heap = HeapInMemory.Shared;
    private readonly byte[] _window = new byte[Window];
    private readonly PageAccess[] _access = new PageAccess[Window / Page];
    private Arena _arena = null!;
    private FreeLists _lists = null!;
    private MemoryCache _cache = null!;

    [GlobalSetup]
    public void Setup() => (_arena, _lists, _cache) = _heap.Find();

    [Benchmark(Baseline = true)]
    public void Copy()
    {
        for (int at = 0; at < _heap.Length; at += Window)
        {
            int length = Math.Min(Window, _heap.Length - at);
            _heap.ReadPages(HeapInMemory.Start + (ulong)at, _window.AsSpan(0, length), _access.AsSpan(0, length / Page));
        }
    }

    [Benchmark]
    public ulong Walk()
    {
        ArenaTotals totals = new ChunkWalk(_heap, _cache, _lists, NoSink.Instance).Run(_arena);
        return totals.Problems.Count == 0 && totals.Blocks(BlockState.Small) == HeapInMemory.Blocks / 5
            ? totals.Blocks(BlockState.Used)
            : throw new InvalidDataException($"{totals.Blocks(BlockState.Small)} free blocks, {totals.Problems.Count} problems");
    }
}
