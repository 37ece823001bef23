namespace PageAlloc.Mappings;

/// <summary>The figures of one mapping that only /proc/PID/smaps has, in bytes.</summary>
/// <param name="Rss">Resident, without hugetlb pages.</param>
/// <param name="Swap">Swapped out, shared memory included.</param>
/// <param name="Ksm">Resident pages merged by KSM (since Linux 6.8; null before).</param>
/// <param name="Hugetlb">Resident hugetlb pages.</param>
/// <param name="MappedHuge">Memory that one page-table entry maps in the size of a transparent huge page.</param>
/// <param name="KernelPageSize">The page size of the mapping: that of its hugetlb pages, else a base page.</param>
public readonly record struct SmapsEntry(ulong Rss, ulong Swap, ulong? Ksm, ulong Hugetlb, ulong MappedHuge, ulong KernelPageSize)
{
    /// <summary>Whether huge pages, or large folios since Linux 6.8, may be made there (since Linux 5.0; null before).</summary>
    public bool? IsHugeEligible { get; init; }

    /// <summary>Whether the process asked for huge pages there: <c>hg</c> of VmFlags.</summary>
    public bool IsHugeAdvised { get; init; }

    /// <summary>Whether the process has locked it: <c>lo</c> of VmFlags.</summary>
    public bool IsLocked { get; init; }
}

/// <summary>
/// Parses /proc/PID/smaps. Reading that file walks every page, so it is asked for only where pagemap is silent.
/// source: fs/proc/task_mmu.c, show_smap
/// </summary>
public sealed class SmapsParser
{
    private readonly Dictionary<ulong, SmapsEntry> _entries = [];
    private ulong? _start;
    private SmapsEntry _entry;

    /// <summary>The figures by start address of the mapping. Lines that are not understood are passed over.</summary>
    public static Dictionary<ulong, SmapsEntry> Parse(ReadOnlySpan<byte> text)
    {
        var parser = new SmapsParser();
        while (!text.IsEmpty)
        {
            int end = text.IndexOf((byte)'\n');
            parser.Add(end < 0 ? text : text[..end]);
            text = end < 0 ? default : text[(end + 1)..];
        }

        return parser.Finish();
    }

    /// <summary>Takes the next line, without its end.</summary>
    public void Add(ReadOnlySpan<byte> line)
    {
        if (!IsHeader(line, out ulong next))
        {
            Add(line, ref _entry);
            return;
        }

        _ = Finish();
        _start = next;
        _entry = default;
    }

    /// <summary>What the lines up to here say.</summary>
    public Dictionary<ulong, SmapsEntry> Finish()
    {
        if (_start is { } start)
        {
            _entries[start] = _entry;
        }

        return _entries;
    }

    private static bool IsHeader(ReadOnlySpan<byte> line, out ulong start) =>
        System.Buffers.Text.Utf8Parser.TryParse(line, out start, out int digits, 'x') && digits < line.Length && line[digits] == '-';

    private static void Add(ReadOnlySpan<byte> line, ref SmapsEntry entry)
    {
        if (line.StartsWith("VmFlags:"u8))
        {
            entry = entry with { IsHugeAdvised = line.IndexOf(" hg"u8) >= 0, IsLocked = line.IndexOf(" lo"u8) >= 0 };
            return;
        }

        int colon = line.IndexOf((byte)':');
        if (colon < 0 || !System.Buffers.Text.Utf8Parser.TryParse(line[(colon + 1)..].TrimStart((byte)' '), out ulong value, out _))
        {
            return;
        }

        ReadOnlySpan<byte> key = line[..colon];
        value <<= 10;
        if (key.SequenceEqual("Rss"u8))
        {
            entry = entry with { Rss = value };
        }
        else if (key.SequenceEqual("Swap"u8))
        {
            entry = entry with { Swap = value };
        }
        else if (key.SequenceEqual("KSM"u8))
        {
            entry = entry with { Ksm = value };
        }
        else if (key.SequenceEqual("KernelPageSize"u8))
        {
            entry = entry with { KernelPageSize = value };
        }
        else if (key.SequenceEqual("Shared_Hugetlb"u8) || key.SequenceEqual("Private_Hugetlb"u8))
        {
            entry = entry with { Hugetlb = entry.Hugetlb + value };
        }
        else if (key.SequenceEqual("THPeligible"u8))
        {
            entry = entry with { IsHugeEligible = value != 0 };
        }
        else if (key.SequenceEqual("AnonHugePages"u8) || key.SequenceEqual("ShmemPmdMapped"u8) || key.SequenceEqual("FilePmdMapped"u8))
        {
            entry = entry with { MappedHuge = entry.MappedHuge + value };
        }
    }
}
