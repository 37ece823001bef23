using System.Globalization;
using System.Text.RegularExpressions;

namespace PageAlloc.Tests.Views;

/// <summary>A sample: its metric, its labels in the order of the text, its value.</summary>
internal sealed record PrometheusSample(string Metric, IReadOnlyList<KeyValuePair<string, string>> Labels, double Value)
{
    public string this[string label] => Labels.Single(l => l.Key == label).Value;
}

/// <summary>
/// Reads the text format of Prometheus, more strictly than it does: HELP and TYPE before a metric's samples, which stand
/// together, no timestamps, no sample twice. source: prometheus.io/docs/instrumenting/exposition_formats
/// </summary>
internal sealed partial class PrometheusReader
{
    private readonly List<PrometheusSample> _samples = [];
    private readonly HashSet<string> _seen = [];
    private readonly HashSet<string> _metrics = [];
    private string? _help;
    private string? _metric;

    public static IReadOnlyList<PrometheusSample> Read(string text)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        var reader = new PrometheusReader();
        foreach (string line in text[..^1].Split('\n'))
        {
            reader.Add(line);
        }

        return reader._samples;
    }

    private void Add(string line)
    {
        if (Help().Match(line) is { Success: true } help)
        {
            _help = help.Groups[1].Value;
            return;
        }

        if (Type().Match(line) is { Success: true } type)
        {
            _metric = type.Groups[1].Value;
            Assert.Equal(_help, _metric);
            Assert.True(_metrics.Add(_metric), $"{_metric} begins twice");
            return;
        }

        Match sample = Sample().Match(line);
        Assert.True(sample.Success, $"no line of the format: {line}");
        Assert.Equal(_metric, sample.Groups["metric"].Value);
        KeyValuePair<string, string>[] labels =
        [
            .. sample.Groups["name"].Captures.Zip(sample.Groups["value"].Captures)
                .Select(pair => KeyValuePair.Create(pair.First.Value, Unescape(pair.Second.Value))),
        ];
        Assert.Equal(labels.Length, labels.Select(l => l.Key).Distinct().Count());
        string identity = _metric + string.Concat(labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"\0{l.Key}\0{l.Value}"));
        Assert.True(_seen.Add(identity), $"twice: {line}");
        _samples.Add(new PrometheusSample(_metric!, labels, double.Parse(sample.Groups["number"].Value, CultureInfo.InvariantCulture)));
    }

    private static string Unescape(string text) => Escape().Replace(text, m => m.Value[1] == 'n' ? "\n" : m.Value[1..]);

    [GeneratedRegex(@"^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (?:[^\\\n]|\\\\|\\n)+$")]
    private static partial Regex Help();

    [GeneratedRegex(@"^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)$")]
    private static partial Regex Type();

    [GeneratedRegex(@"^(?<metric>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{((?<name>[a-zA-Z_][a-zA-Z0-9_]*)=""(?<value>([^""\\\n]|\\\\|\\""|\\n)*)""(,(?!\})|(?=\})))+\})? (?<number>[0-9]+)$")]
    private static partial Regex Sample();

    [GeneratedRegex(@"\\.")]
    private static partial Regex Escape();
}
