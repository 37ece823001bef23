using System.Globalization;
using System.Text;

namespace PageAlloc.Tests.Support;

/// <summary>A mapping as /proc/PID/smaps tells it; the name is bytes, one char each.</summary>
internal sealed record SmapsMapping(
    ulong Start, ulong End, string Permissions, ulong Offset, string Device, ulong Inode, string Name)
{
    private readonly Dictionary<string, ulong> _kilobytes = [];
    private readonly Dictionary<string, ulong> _numbers = [];

    public IReadOnlySet<string> Flags { get; private set; } = new HashSet<string>();

    /// <summary>Bytes of a field given in kB; 0 where this kernel does not know the field.</summary>
    public ulong Bytes(string key) => _kilobytes.GetValueOrDefault(key) * 1024;

    /// <summary>A field that is a plain number, such as THPeligible.</summary>
    public ulong Number(string key) => _numbers[key];

    public bool Knows(string key) => _kilobytes.ContainsKey(key);

    public bool IsHugetlb => Flags.Contains("ht");

    public void Add(string line)
    {
        int colon = line.IndexOf(':', StringComparison.Ordinal);
        string key = line[..colon], value = line[(colon + 1)..].Trim();
        if (key == "VmFlags")
        {
            Flags = value.Split(' ').ToHashSet();
        }
        else if (value.EndsWith(" kB", StringComparison.Ordinal))
        {
            _kilobytes[key] = ulong.Parse(value.AsSpan(0, value.Length - 3), CultureInfo.InvariantCulture);
        }
        else if (ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number))
        {
            _numbers[key] = number;
        }
    }

    public override string ToString() => $"{Start:x}-{End:x} {Permissions} {Name}";
}

/// <summary>The kernel's own count of a process' pages, read without any code of the program under test.</summary>
internal sealed class Smaps
{
    // What changes by looks of others (Referenced) or by other processes (Pss, Shared, Private) is no change of ours.
    private static readonly string[] Compared =
    [
        "Rss", "Anonymous", "KSM", "Swap", "AnonHugePages", "ShmemPmdMapped", "FilePmdMapped",
        "Shared_Hugetlb", "Private_Hugetlb",
    ];

    private Smaps(IReadOnlyList<SmapsMapping> mappings) => Mappings = mappings;

    public IReadOnlyList<SmapsMapping> Mappings { get; }

    public static Smaps Read(int pid) =>
        Parse(Encoding.Latin1.GetString(File.ReadAllBytes($"/proc/{pid}/smaps")));

    public static Smaps Parse(string text)
    {
        var mappings = new List<SmapsMapping>();
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            // A header begins with an address, a field with a capital letter.
            if (char.IsAsciiLetterUpper(line[0]))
            {
                mappings[^1].Add(line);
            }
            else
            {
                mappings.Add(Header(line));
            }
        }

        return new Smaps(mappings);
    }

    public ulong Sum(string key) => Mappings.Aggregate(0UL, (sum, m) => sum + m.Bytes(key));

    /// <summary>Whether nothing of what we compare changed between the two looks.</summary>
    public bool Equals(Smaps other) =>
        Mappings.SequenceEqual(other.Mappings, EqualityComparer<SmapsMapping>.Create((a, b) =>
            a!.ToString() == b!.ToString() && Compared.All(key => a.Bytes(key) == b.Bytes(key))));

    // START-END PERMS OFFSET DEVICE INODE, a blank; before a name, padding to column 73; the name with its blanks.
    private static SmapsMapping Header(string line)
    {
        string[] words = line.Split(' ', 6);
        string[] range = words[0].Split('-');
        int nameAt = words[..5].Sum(w => w.Length) + 5;
        string name = line.Length > nameAt ? line[Math.Max(nameAt, Math.Min(73, line.Length))..] : "";
        return new SmapsMapping(
            Hex(range[0]), Hex(range[1]), words[1], Hex(words[2]), words[3],
            ulong.Parse(words[4], CultureInfo.InvariantCulture), name);
    }

    private static ulong Hex(string digits) =>
        ulong.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
