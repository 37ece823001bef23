using BenchmarkDotNet.Attributes;
using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Views;

namespace PageAlloc.Benchmarks;

/// <summary>Rows of 200,000 blocks, beside a copy of as many bytes.</summary>
public class BlockRowsBenchmark
{
    private readonly CountingOutput _output = new();
    private readonly Block[] _blocks = new Block[HeapInMemory.Blocks];
    private byte[] _text = [], _copy = [];
    private Arena _arena = null!;

    [Params(BlockFormat.Csv, BlockFormat.JsonLines)]
    public BlockFormat Format { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _arena = HeapInMemory.Shared.Find().Arena;
        ulong address = HeapInMemory.Start;
        for (int i = 0; i < _blocks.Length; i++)
        {
            _blocks[i] = new Block(address, 32 + (16 * ((ulong)i % 25)), i % 5 < 2 ? BlockState.Unsorted : BlockState.Used);
            address = _blocks[i].End;
        }

        _text = new byte[Write()];
        _copy = new byte[_text.Length];
    }

    [Benchmark(Baseline = true)]
    public void Copy() => _text.CopyTo(_copy, 0);

    [Benchmark]
    public long Write()
    {
        long before = _output.Written;
        var view = new BlocksView(Format, new BlockFilter(), _output);
        view.BeginSegment(_arena, _arena.Segments[0]);
        view.Add(_blocks);
        view.EndSegment();
        return _output.Written - before;
    }
}
