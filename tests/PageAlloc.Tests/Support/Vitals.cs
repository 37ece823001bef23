namespace PageAlloc.Tests.Support;

/// <summary>What shows that a process was disturbed: memory, page tables, swap, faults, run state, wake-ups.</summary>
internal sealed class Vitals : IEquatable<Vitals>
{
    private static readonly string[] StatusKeys =
    [
        "State", "TracerPid", "VmSize", "VmLck", "VmPin", "VmHWM", "VmRSS", "RssAnon", "RssFile", "RssShmem", "VmPTE",
        "VmSwap", "HugetlbPages", "Threads", "SigPnd", "ShdPnd",
    ];

    private static readonly string[] ThreadKeys =
        ["State", "SigPnd", "voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"];

    private static readonly string[] SmapsKeys =
    [
        "Rss", "Anonymous", "LazyFree", "AnonHugePages", "ShmemPmdMapped", "FilePmdMapped", "KSM", "Swap",
        "Shared_Hugetlb", "Private_Hugetlb", "Locked",
    ];

    private readonly SortedDictionary<string, string> _values = new(StringComparer.Ordinal);

    public static Vitals Of(int pid)
    {
        var vitals = new Vitals();
        vitals.AddStatus($"/proc/{pid}", "", StatusKeys);
        foreach (string thread in Directory.GetDirectories($"/proc/{pid}/task"))
        {
            vitals.AddStatus(thread, $"thread {Path.GetFileName(thread)} ", ThreadKeys);
        }

        // Behind the name in brackets, minflt is the 8th word of stat and majflt the 10th.
        string stat = File.ReadAllText($"/proc/{pid}/stat");
        string[] words = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        vitals._values["minflt"] = words[7];
        vitals._values["majflt"] = words[9];

        Smaps smaps = Smaps.Read(pid);
        foreach (string key in SmapsKeys)
        {
            vitals._values["smaps " + key] = $"{smaps.Sum(key)}";
        }

        return vitals;
    }

    /// <summary>The letter of the run state now.</summary>
    public static char State(int pid)
    {
        string stat = File.ReadAllText($"/proc/{pid}/stat");
        return stat[stat.LastIndexOf(')') + 2];
    }

    /// <summary>Whether no thread runs, or would if there were a processor for it.</summary>
    public bool IsAsleep => !_values.Any(v => v.Key.EndsWith("State", StringComparison.Ordinal) && v.Value[0] is 'R' or 'D');

    private void AddStatus(string folder, string prefix, string[] keys)
    {
        foreach (string[] parts in File.ReadLines(folder + "/status").Select(line => line.Split(':', 2)))
        {
            if (keys.Contains(parts[0]))
            {
                _values[prefix + parts[0]] = parts[1].Trim();
            }
        }
    }

    public bool Equals(Vitals? other) => other is not null && _values.SequenceEqual(other._values);

    public override bool Equals(object? obj) => Equals(obj as Vitals);

    public override int GetHashCode() => _values.Count;

    public override string ToString() => string.Join("\n", _values.Select(v => $"{v.Key} {v.Value}"));
}
