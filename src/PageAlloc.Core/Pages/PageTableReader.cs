using PageAlloc.Interop;
using PageAlloc.Mappings;
using PageAlloc.Targets;
using PageAlloc.Targets.Cores;

namespace PageAlloc.Pages;

/// <summary>
/// Reads the state of every page of a process, from the best that its kernel and this user's rights offer. Only metadata is
/// read: the process is neither stopped nor changed. The cost follows resident and swapped pages, not addresses.
/// </summary>
public static class PageTableReader
{
    /// <summary>Reads the pages of <paramref name="mappings"/>.</summary>
    /// <param name="target">The process.</param>
    /// <param name="mappings">Its mappings, as <see cref="MappingTable.Read"/> gives them.</param>
    /// <param name="options">What may be used; null for everything.</param>
    /// <exception cref="TargetException">The pages can't be read, or the process ended meanwhile.</exception>
    public static PageTable Read(ITarget target, IReadOnlyList<Mapping> mappings, ReadOptions? options = null)
    {
        options ??= ReadOptions.Default;
        if (target is CoreFile core)
        {
            return CorePages.Of(core, mappings);
        }

        if (target is ISections sections)
        {
            return PageTableSection.Read(sections, mappings, target.Info.PageSize);
        }

        if (target is not IProcDirectory process)
        {
            throw new TargetException(TargetFailure.NotSupported, $"{target.Info.Name} tells nothing of pages");
        }

        using var source = new ProcPageSource(process, options);
        PageTable table = Read(source, mappings, () => SmapsReader.Read(process), target.Info.Pid);
        table = HiddenGuardPages.Settle(KsmStat.Settle(table, process), process, KernelRelease.Running);
        table = SwappedSharedMemory.AddTo(table, process);

        // Last, as all that was read is of one program only when its memory still stands now.
        source.ThrowIfGone(target.Info.Pid);
        return table;
    }

    /// <summary>Reads the pages from any source. <paramref name="smaps"/> is asked only on kernels without PAGEMAP_SCAN.</summary>
    internal static PageTable Read(
        IPageSource source, IReadOnlyList<Mapping> mappings, Func<Dictionary<ulong, SmapsEntry>> smaps, int pid)
    {
        var builder = new PageTableBuilder(mappings, source.PageSize);
        FolioResolver? folios = source.HasFlags ? new FolioResolver(source) : null;
        var window = new PageWindow(builder, folios, zeroInDoubt: !source.CanScan);
        using var entries = new PagemapBuffer(source, pid);
        if (source.CanScan)
        {
            new ScanWalk(source, entries, mappings, window, pid).Run();
            return new PageTable(Finish(window, builder), source.PageSize, source.HugeOrder, window.Unknown);
        }

        Dictionary<ulong, SmapsEntry> known = smaps();
        new PagemapWalk(source, entries, mappings, window, known).Run();
        return SmapsReconciliation.Apply(
            new PageTable(Finish(window, builder), source.PageSize, source.HugeOrder, window.Unknown), known);
    }

    private static List<MappingPages> Finish(PageWindow window, PageTableBuilder builder)
    {
        window.Flush();
        List<MappingPages> mappings = builder.Finish();
        window.AddFoliosTo(mappings);
        return mappings;
    }
}
