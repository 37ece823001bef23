using BenchmarkDotNet.Attributes;

namespace PageAlloc.Benchmarks;

/// <summary>The states of a million pages from pagemap entries that are in memory, with and without the flags of frames, beside a copy of the entries.</summary>
public class PagesBenchmark
{
    private readonly ulong[] _copy = new ulong[PagesInMemory.Count];
    private PagesInMemory _light = null!, _full = null!;

    [Params(1, 2)]
    public int Step { get; set; }

    [GlobalSetup]
    public void Setup() => (_light, _full) = (new PagesInMemory(Step, hasFlags: false), new PagesInMemory(Step, hasFlags: true));

    [Benchmark(Baseline = true)]
    public int Copy() => _light.ReadEntries(PagesInMemory.Mapping.Range.Start / 4096, _copy);

    [Benchmark]
    public int WithoutFlags() => _light.Read().Mappings.Count;

    [Benchmark]
    public int WithFlags() => _full.Read().Mappings.Count;
}
