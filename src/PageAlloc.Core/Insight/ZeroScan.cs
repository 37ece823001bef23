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
    private readonly Dictionary<ulong, (ulong Scanned, ulong Zero)> _byMapping = [];

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
    public (ulong ScannedBytes, ulong ZeroBytes) Of(Mapping mapping) => _byMapping.GetValueOrDefault(mapping.Range.Start);

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
        (ulong scanned, ulong zero) = Of(mapping);
        for (ulong at = range.Start; at < range.End; at += piece)
        {
            ReadOnlySpan<byte> bytes = ScannedBytes + piece > maxBytes ? [] : memory.Read(at);
            ScannedBytes += (ulong)bytes.Length;
            LeftBytes += piece - (ulong)bytes.Length;
            scanned += (ulong)bytes.Length;
            for (; !bytes.IsEmpty; bytes = bytes[pageSize..])
            {
                zero += bytes[..pageSize].ContainsAnyExcept((byte)0) ? 0 : (ulong)pageSize;
            }
        }

        ZeroBytes += zero - Of(mapping).ZeroBytes;
        _byMapping[mapping.Range.Start] = (scanned, zero);
    }
}
