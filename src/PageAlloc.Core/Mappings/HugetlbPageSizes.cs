using PageAlloc.Interop;
using PageAlloc.Targets;

namespace PageAlloc.Mappings;

/// <summary>The page size of hugetlb mappings: asked of the kernel one by one (Linux 6.11), else looked up in smaps.</summary>
internal sealed class HugetlbPageSizes : IDisposable
{
    private readonly IProcDirectory _process;
    private readonly LinuxFile? _maps;
    private Dictionary<ulong, SmapsEntry>? _smaps;

    public HugetlbPageSizes(IProcDirectory process, ReadOptions options)
    {
        _process = process;
        _maps = options.UseIoctls ? process.TryOpen("maps") : null;
    }

    /// <summary>The size in bytes of the mapping's huge pages; 0 when it is no hugetlb mapping.</summary>
    public ulong Of(Mapping mapping)
    {
        if (!MayBeHugetlb(mapping))
        {
            return 0;
        }

        ulong? size = _maps is null ? null : MappingQuery.PageSize(_maps, mapping.Range.Start);
        if (size is null)
        {
            _smaps ??= SmapsReader.Read(_process);
            size = _smaps.GetValueOrDefault(mapping.Range.Start).KernelPageSize;
        }

        return size > (ulong)LibC.getpagesize() ? size.Value : 0;
    }

    /// <summary>Closes what was opened.</summary>
    public void Dispose() => _maps?.Dispose();

    // hugetlb memory always has a file behind it and is aligned to its page size: 64 KiB is the smallest of any machine.
    private static bool MayBeHugetlb(Mapping mapping) =>
        mapping.Inode != 0 && ((mapping.Range.Start | mapping.Range.End) & 0xffff) == 0;
}
