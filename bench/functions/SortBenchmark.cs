using BenchmarkDotNet.Attributes;

namespace PageAlloc.Benchmarks;

/// <summary>Frames of a window, beside a loop that only sums them and beside the framework's sort. All begin with a copy of the frames.</summary>
public class SortBenchmark
{
    private const int Count = 256 << 10, IndexBits = 18;

    private readonly ulong[] _frames = new ulong[Count], _keys = new ulong[Count], _scratch = new ulong[Count];

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        for (int i = 0; i < Count; i++)
        {
            _frames[i] = ((ulong)random.Next(6 << 20) << IndexBits) | (uint)i;
        }
    }

    [Benchmark(Baseline = true)]
    public ulong CopyAndSum()
    {
        _frames.CopyTo(_keys, 0);
        ulong sum = 0;
        foreach (ulong key in _keys)
        {
            sum += key;
        }

        return sum;
    }

    [Benchmark]
    public void RadixSortFrames()
    {
        _frames.CopyTo(_keys, 0);
        RadixSort.Sort(_keys, _scratch, IndexBits);
    }

    [Benchmark]
    public void SpanSort()
    {
        _frames.CopyTo(_keys, 0);
        _keys.AsSpan().Sort();
    }
}
