namespace PageAlloc.Insight.Diff;

/// <summary>Sums of many things at moments that come in order. What is not there at a moment has 0, unless it is not known.</summary>
internal sealed class GrowthTable
{
    private readonly Dictionary<string, Row> _rows = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unknown = new(StringComparer.Ordinal);
    private bool _isUnknown;

    /// <summary>Adds to the sums of a thing at a moment.</summary>
    /// <param name="key">Which thing.</param>
    /// <param name="name">Its name now.</param>
    /// <param name="number">Its address, or another number of it.</param>
    /// <param name="moment">The number of the moment.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="blocks">Its blocks.</param>
    public void Add(string key, string name, ulong number, int moment, ulong bytes, ulong blocks)
    {
        if (!_rows.TryGetValue(key, out Row? row))
        {
            _rows.Add(key, row = new Row());
        }

        row.Name = name;
        row.Number = number;
        row.Extend(moment + 1);
        row.Bytes[moment] += bytes;
        row.Blocks[moment] += blocks;
    }

    /// <summary>Says that a thing is not known at a moment: then it has no series.</summary>
    public void SetUnknown(string key) => _unknown.Add(key);

    /// <summary>Says that nothing is known at a moment.</summary>
    public void SetAllUnknown() => _isUnknown = true;

    /// <summary>The series of what is known at each moment.</summary>
    /// <param name="moments">How many moments there were.</param>
    public IEnumerable<CountedSeries> Series(int moments)
    {
        foreach ((string key, Row row) in _rows)
        {
            if (!_isUnknown && !_unknown.Contains(key))
            {
                row.Extend(moments);
                yield return new CountedSeries(key, row.Name, row.Number, row.Bytes, row.Blocks);
            }
        }
    }

    private sealed class Row
    {
        public string Name { get; set; } = "";

        public ulong Number { get; set; }

        public List<ulong> Bytes { get; } = [];

        public List<ulong> Blocks { get; } = [];

        public void Extend(int moments)
        {
            while (Bytes.Count < moments)
            {
                Bytes.Add(0);
                Blocks.Add(0);
            }
        }
    }
}

/// <summary>The sums of one thing over moments.</summary>
/// <param name="Key">Which thing it is.</param>
/// <param name="Name">Its name.</param>
/// <param name="Number">Its address, or another number of it.</param>
/// <param name="Bytes">Its bytes at each moment.</param>
/// <param name="Blocks">Its blocks at each moment.</param>
internal sealed record CountedSeries(string Key, string Name, ulong Number, IReadOnlyList<ulong> Bytes, IReadOnlyList<ulong> Blocks)
{
    /// <summary>The series as it is told, judged by its bytes.</summary>
    /// <param name="kind">What it is of.</param>
    /// <param name="times">When each moment was.</param>
    /// <param name="churn">The variance of what comes and goes in it from one moment to the next.</param>
    public GrowthSeries Judge(GrowthKind kind, double[] times, double churn)
    {
        double[] bytes = [.. Bytes.Select(b => (double)b)];
        return new GrowthSeries
        {
            Kind = kind,
            Name = Name,
            Address = Number,
            Bytes = Bytes,
            Blocks = kind == GrowthKind.Arena ? Blocks : null,
            IsSteady = SteadyGrowth.Is(times, bytes, SteadyGrowth.LeastRise(bytes[0], bytes.Length, churn)),
            Rate = SteadyGrowth.Slope(times, bytes),
        };
    }

    /// <summary>The series of a size, judged by the number of its blocks.</summary>
    /// <param name="times">When each moment was.</param>
    /// <param name="gone">How many of its blocks go from one moment to the next.</param>
    /// <param name="example">One that came; 0 for none.</param>
    public GrowthSeries JudgeSize(double[] times, double gone, ulong example)
    {
        double[] blocks = [.. Blocks.Select(b => (double)b)];
        int size = (int)Number;
        return new GrowthSeries
        {
            Kind = GrowthKind.Size,
            Name = Name,
            Sizes = (SizeClass.MinSize(size), SizeClass.MaxSize(size)),
            Bytes = Bytes,
            Blocks = Blocks,
            Example = example,
            IsSteady = Bytes[^1] > Bytes[0] && SteadyGrowth.Is(times, blocks, SteadyGrowth.LeastRiseOfBlocks(blocks[0], gone)),
            Rate = SteadyGrowth.Slope(times, [.. Bytes.Select(b => (double)b)]),
        };
    }
}
