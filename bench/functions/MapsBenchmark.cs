using System.Text;
using BenchmarkDotNet.Attributes;
using PageAlloc.Mappings;

namespace PageAlloc.Benchmarks;

/// <summary>/proc/PID/maps of 60,000 lines, beside finding the ends of the lines.</summary>
public class MapsBenchmark
{
    private const int Lines = 60_000;

    private readonly byte[] _text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, Lines).Select(i =>
        $"{0x7f00_0000_0000 + (i * 0x1000L):x}-{0x7f00_0000_1000 + (i * 0x1000L):x} {(i % 2 == 0 ? "rw-p" : "r--p")} 00000000 00:00 0 \n")));

    [Benchmark(Baseline = true)]
    public int FindLines() => _text.AsSpan().Count((byte)'\n');

    [Benchmark]
    public int Parse() => MapsParser.Parse(_text, Lines).Count;
}
