using System.Buffers;
using System.Globalization;

namespace PageAlloc.Views;

/// <summary>
/// Writes the text format that Prometheus reads, and node_exporter's textfile collector: each metric once with its help and
/// type, then its samples. source: prometheus.io/docs/instrumenting/exposition_formats
/// </summary>
internal sealed class PrometheusText(IBufferWriter<byte> output)
{
    private readonly TextSink _sink = new(output);
    private string _metric = "";
    private string _help = "";
    private bool _isBegun;

    /// <summary>Begins a gauge. It is written with its first sample: a metric without one is left out.</summary>
    public void Begin(string metric, string help)
    {
        _metric = metric;
        _help = help;
        _isBegun = false;
    }

    /// <summary>Writes a sample of the metric begun; nothing when it is not known.</summary>
    public void Add(ulong? value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        if (value is not { } known)
        {
            return;
        }

        if (!_isBegun)
        {
            _sink.Write($"# HELP {_metric} {_help}").EndLine().Write($"# TYPE {_metric} gauge").EndLine();
            _isBegun = true;
        }

        _sink.Write(_metric);
        string separator = "{";
        foreach ((string name, string text) in labels)
        {
            _sink.Write($"{separator}{name}=\"{Escape(text)}\"");
            separator = ",";
        }

        _sink.Write(labels.Length == 0 ? " " : "} ").Write(known.ToString(CultureInfo.InvariantCulture)).EndLine();
    }

    private static string Escape(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
