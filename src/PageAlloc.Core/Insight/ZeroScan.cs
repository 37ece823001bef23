using PageAlloc.Mappings;
using PageAlloc.Pages;
using PageAlloc.Targets;

namespace PageAlloc.Insight;

/// <summary>
/// Base pages inside the huge pages of private memory that hold nothing but zeros: splitting the huge pages would save them,
/// as the page of zeros, or none, stands in then. All bytes of huge pages are read for it, so it is only done when asked for.
/// </summary>
public sealed class ZeroScan
{
    private readonly Dictionary<ulong, (ulong Scanned, ulong Zero, ulong Left)> _byMapping = [];

    private ZeroScan()
    {
    }

    /// <summary>What was read, in bytes.</summary>
    public ulong ScannedBytes { get; private set; }

    /// <summary>What of it lies in base pages of zeros.</summary>
    public ulong ZeroBytes { get; private set; }

    /// <summary>Huge pages of private memory that were not read, in bytes: beyond the cap, or changed meanwhile.</summary>
    public ulong LeftBytes { get; private set; }

    /// <summary>What was read of a mapping, and what of it is zeros.</summary>
    public (ulong ScannedBytes, ulong ZeroBytes) Of(Mapping mapping) =>
        _byMapping.TryGetValue(mapping.Range.Start, out (ulong Scanned, ulong Zero, ulong) found) ? (found.Scanned, found.Zero) : (0, 0);

    /// <summary>Writes what was found to a snapshot.</summary>
    internal void Write(SectionWriter w) => w.List(_byMapping, mapping =>
    {
        w.Number(mapping.Key);
        w.Number(mapping.Value.Scanned);
        w.Number(mapping.Value.Zero);
        w.Number(mapping.Value.Left);
    });

    /// <summary>Reads what <see cref="Write"/> wrote, as far as it is of some mappings.</summary>
    internal static ZeroScan Read(SectionReader r, IEnumerable<MappingPages> mappings)
    {
        const int leastMapping = 4;
        HashSet<ulong> wanted = [.. mappings.Select(m => m.Mapping.Range.Start)];
        var scan = new ZeroScan();
        for (int left = r.Count(leastMapping); left > 0; left--)
        {
            (ulong start, ulong scanned, ulong zero, ulong leftBytes) = (r.Number(), r.Number(), r.Number(), r.Number());
            if (wanted.Contains(start))
            {
                scan.Add(start, scanned, zero, leftBytes);
            }
        }

        return scan;
    }

    /// <summary>Reads the huge pages of mappings.</summary>
    /// <param name="target">The process.</param>
    /// <param name="table">Its pages.</param>
    /// <param name="mappings">The mappings, of that table.</param>
    /// <param name="maxBytes">The most to read.</param>
    /// <exception cref="TargetException">Its memory can't be read.</exception>
    public static ZeroScan Read(ITarget target, PageTable table, IEnumerable<MappingPages> mappings, ulong maxBytes)
    {
        if (target is not IProcDirectory process)
        {
            throw new TargetException(TargetFailure.NotSupported, $"{target.Info.Name} does not tell which pages are huge");
        }

        var scan = new ZeroScan();
        using var memory = new HugePageMemory(process, target.Info.Pid, table);
        foreach (MappingPages pages in mappings.Where(m => m.Mapping.HugetlbPageSize == 0))
        {
            foreach (PageRun run in pages.Runs)
            {
                if (run.State.Kind == PageKind.Anonymous && run.State.Order == table.HugeOrder)
                {
                    var size = (ulong)table.PageSize;
                    ulong start = pages.Mapping.Range.Start;
                    scan.Read(memory, pages.Mapping, new AddressRange(start + (run.FirstPage * size), start + (run.EndPage * size)), table.PageSize, maxBytes);
                }
            }
        }

        return scan;
    }

    private void Read(HugePageMemory memory, Mapping mapping, AddressRange range, int pageSize, ulong maxBytes)
    {
        var piece = (ulong)memory.PieceSize;
        (ulong scanned, ulong zero, ulong left) = (0, 0, 0);
        for (ulong at = range.Start; at < range.End; at += piece)
        {
            ReadOnlySpan<byte> bytes = ScannedBytes + scanned + piece > maxBytes ? [] : memory.Read(at);
            scanned += (ulong)bytes.Length;
            left += piece - (ulong)bytes.Length;
            for (; !bytes.IsEmpty; bytes = bytes[pageSize..])
            {
                zero += bytes[..pageSize].ContainsAnyExcept((byte)0) ? 0 : (ulong)pageSize;
            }
        }

        Add(mapping.Range.Start, scanned, zero, left);
    }

    private void Add(ulong start, ulong scanned, ulong zero, ulong left)
    {
        (ulong scannedBefore, ulong zeroBefore, ulong leftBefore) = _byMapping.GetValueOrDefault(start);
        _byMapping[start] = (scannedBefore + scanned, zeroBefore + zero, leftBefore + left);
        ScannedBytes += scanned;
        ZeroBytes += zero;
        LeftBytes += left;
    }
}
