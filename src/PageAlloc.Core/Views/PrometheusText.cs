using System.Buffers;
using System.Globalization;

namespace PageAlloc.Views;

/// <summary>
/// The text format that Prometheus reads, and node_exporter's textfile collector: each metric once with its help and type,
/// then all its samples. They are kept until the end, as those of a metric come process by process.
/// source: prometheus.io/docs/instrumenting/exposition_formats
/// </summary>
internal sealed class PrometheusText
{
    private readonly List<(string Metric, string Help, ArrayBufferWriter<byte> Samples)> _metrics = [];
    private readonly Dictionary<string, int> _numbers = [];
    private int _current;

    /// <summary>Goes to a gauge.</summary>
    public void Begin(string metric, string help)
    {
        if (!_numbers.TryGetValue(metric, out _current))
        {
            _current = _metrics.Count;
            _numbers.Add(metric, _current);
            _metrics.Add((metric, help, new ArrayBufferWriter<byte>()));
        }
    }

    /// <summary>Adds a sample of that metric; nothing when it is not known.</summary>
    public void Add(ulong? value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        if (value is not { } known)
        {
            return;
        }

        (string metric, _, ArrayBufferWriter<byte> samples) = _metrics[_current];
        TextSink sink = new TextSink(samples).Write(metric);
        string separator = "{";
        foreach ((string name, string text) in labels)
        {
            sink.Write($"{separator}{name}=\"{Escape(text)}\"");
            separator = ",";
        }

        sink.Write(labels.Length == 0 ? " " : "} ").Write(known.ToString(CultureInfo.InvariantCulture)).EndLine();
    }

    /// <summary>Writes all metrics; one without a sample is left out.</summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        foreach ((string metric, string help, ArrayBufferWriter<byte> samples) in _metrics.Where(m => m.Samples.WrittenCount != 0))
        {
            new TextSink(output).Write($"# HELP {metric} {help}").EndLine().Write($"# TYPE {metric} gauge").EndLine();
            output.Write(samples.WrittenSpan);
        }
    }

    private static string Escape(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
