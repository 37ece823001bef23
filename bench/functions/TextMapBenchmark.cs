using BenchmarkDotNet.Attributes;
using PageAlloc.Pages;
using PageAlloc.Views;

namespace PageAlloc.Benchmarks;

/// <summary>The map of a million pages, every second in RAM, as text, beside filling as many bytes.</summary>
public class TextMapBenchmark
{
    private readonly CountingOutput _output = new();
    private readonly byte[] _block = new byte[64 << 10];
    private PageTable _table = null!;
    private MapOptions _options = null!;
    private long _bytes;

    [Params(ColorDepth.None, ColorDepth.Indexed)]
    public ColorDepth Colors { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _table = new PagesInMemory(step: 2, hasFlags: false).Read();
        _options = new MapOptions { Style = new TextStyle(Colors, Unicode: true) };
        _bytes = Draw();
    }

    [Benchmark(Baseline = true)]
    public void Fill()
    {
        for (long left = _bytes; left > 0; left -= _block.Length)
        {
            _block.AsSpan(0, (int)Math.Min(left, _block.Length)).Fill((byte)'a');
        }
    }

    [Benchmark]
    public long Draw()
    {
        long before = _output.Written;
        PageMapView.Write(_table, _table.Mappings, _options, _output);
        return _output.Written - before;
    }
}
