using System.Globalization;
using PageAlloc.Interop;
using PageAlloc.Targets;

namespace PageAlloc.Mappings;

/// <summary>Which private memory the system makes huge.</summary>
public enum HugePageMode
{
    /// <summary>Not known: this kernel has no transparent huge pages, or does not say.</summary>
    Unknown = 0,

    /// <summary>None.</summary>
    Never,

    /// <summary>That of mappings which asked for it with MADV_HUGEPAGE.</summary>
    Madvise,

    /// <summary>All that is not exempted by MADV_NOHUGEPAGE or PR_SET_THP_DISABLE.</summary>
    Always,
}

/// <summary>
/// In which mappings of a process the kernel may make huge pages, from smaps, whose cost follows resident pages and mappings.
/// source: Documentation/admin-guide/mm/transhuge.rst; THPeligible in Documentation/filesystems/proc.rst
/// </summary>
public sealed class HugePagePolicy
{
    private const string Folder = "/sys/kernel/mm/transparent_hugepage";
    private readonly Dictionary<ulong, SmapsEntry> _smaps;

    internal HugePagePolicy(HugePageMode mode, Dictionary<ulong, SmapsEntry> smaps)
    {
        Mode = mode;
        _smaps = smaps;
    }

    /// <summary>Which private memory gets pages of the huge size.</summary>
    public HugePageMode Mode { get; }

    /// <summary>Reads the system's mode and the process's smaps.</summary>
    /// <param name="target">The process.</param>
    /// <param name="hugePageSize">The size of a huge page in bytes.</param>
    /// <exception cref="TargetException">They can't be read.</exception>
    public static HugePagePolicy Read(ITarget target, ulong hugePageSize) => target is IProcDirectory process
        ? new HugePagePolicy(ReadMode(hugePageSize), SmapsReader.Read(process))
        : throw new TargetException(TargetFailure.NotSupported, $"{target.Info.Name} does not tell which pages are huge");

    /// <summary>Whether huge pages may be made in a mapping; null when the kernel does not say.</summary>
    public bool? IsEligible(Mapping mapping)
    {
        if (!_smaps.TryGetValue(mapping.Range.Start, out SmapsEntry entry) || entry.IsHugeEligible is not { } eligible)
        {
            return null;
        }

        // Since Linux 6.8 the word is of any size of folio, and each size of private memory has a mode of its own.
        return eligible && (mapping.Backing != MappingBacking.Anonymous || Mode switch
        {
            HugePageMode.Never => false,
            HugePageMode.Madvise => entry.IsHugeAdvised,
            _ => true,
        });
    }

    /// <summary>Writes what is known of some mappings to a snapshot.</summary>
    internal void Write(SectionWriter w, IReadOnlyList<Mapping> mappings)
    {
        w.Number((int)Mode);
        w.List([.. mappings.Where(m => _smaps.ContainsKey(m.Range.Start))], mapping =>
        {
            SmapsEntry entry = _smaps[mapping.Range.Start];
            w.Number(mapping.Range.Start);
            w.Number(entry.IsHugeEligible switch { null => 0, false => 1, true => 2 });
            w.Bool(entry.IsHugeAdvised);
        });
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    internal static HugePagePolicy Read(SectionReader r)
    {
        const int leastMapping = 3;
        var mode = (HugePageMode)r.Choice((int)HugePageMode.Always + 1);
        var smaps = new Dictionary<ulong, SmapsEntry>();
        for (int left = r.Count(leastMapping); left > 0; left--)
        {
            smaps[r.Number()] = new SmapsEntry { IsHugeEligible = r.Choice(3) switch { 0 => null, 1 => false, _ => true }, IsHugeAdvised = r.Bool() };
        }

        return new HugePagePolicy(mode, smaps);
    }

    /// <summary>Whether the process asked for huge pages in a mapping, with MADV_HUGEPAGE.</summary>
    public bool IsAdvised(Mapping mapping) => _smaps.TryGetValue(mapping.Range.Start, out SmapsEntry entry) && entry.IsHugeAdvised;

    private static HugePageMode ReadMode(ulong hugePageSize)
    {
        string? ofSize = Chosen(string.Create(CultureInfo.InvariantCulture, $"{Folder}/hugepages-{hugePageSize >> 10}kB/enabled"));
        return (ofSize is null or "inherit" ? Chosen($"{Folder}/enabled") : ofSize) switch
        {
            "always" => HugePageMode.Always,
            "madvise" => HugePageMode.Madvise,
            "never" => HugePageMode.Never,
            _ => HugePageMode.Unknown,
        };
    }

    // The word that is chosen stands in brackets: always [madvise] never.
    private static string? Chosen(string path)
    {
        using LinuxFile? file = LinuxFile.Open(null, path, out _);
        string text = System.Text.Encoding.ASCII.GetString(file?.ReadToEnd(4096, out _) ?? []);
        int start = text.IndexOf('[', StringComparison.Ordinal), end = text.IndexOf(']', StringComparison.Ordinal);
        return start < 0 || end < start ? null : text[(start + 1)..end];
    }
}
