using System.Buffers;
using System.Globalization;
using System.Text.Json;
using PageAlloc.Blocks;
using PageAlloc.Insight;

namespace PageAlloc.Views;

/// <summary>The figures of processes as metrics for Prometheus. Each process is told by its number and its name; what is not known is left out.</summary>
public sealed class PrometheusView
{
    private static readonly BlockState[] s_blockStates =
        [BlockState.Used, BlockState.Tcache, BlockState.Fast, BlockState.Unsorted, BlockState.Small, BlockState.Large];

    private static readonly BlockState[] s_states = [.. s_blockStates, BlockState.Top, BlockState.Unknown];

    private readonly PrometheusText _text = new();

    /// <summary>Adds the figures of a process. They are not kept, only the text.</summary>
    /// <param name="process">A process that was not added before.</param>
    public void Add(ProcessFigures process)
    {
        WriteMemory(process);
        if (process.Heaps is { Heaps.Allocator: "glibc" } heaps)
        {
            WriteHeaps(process, heaps);
        }

        WriteThreads(process);
        WriteCgroup(process);
    }

    /// <summary>Writes the metrics of all processes.</summary>
    /// <param name="output">Gets UTF-8.</param>
    public void WriteTo(IBufferWriter<byte> output) => _text.WriteTo(output);

    private void WriteMemory(ProcessFigures process)
    {
        Ledger ledger = process.Summary.Ledger;
        if (!ledger.IsKnown)
        {
            return;
        }

        Each(process, "pagealloc_resident_bytes", "Memory in RAM by what it is for; the kinds add up to Rss.",
            "kind", Enum.GetValues<LedgerKind>(), LedgerWords.Metric, kind => ledger[kind].ResidentBytes);
        Each(process, "pagealloc_swapped_bytes", "Memory in swap by what it is for; the kinds add up to Swap.",
            "kind", Enum.GetValues<LedgerKind>(), LedgerWords.Metric, kind => ledger[kind].SwappedBytes);
        One(process, "pagealloc_private_resident_bytes", "Private memory in RAM.", ledger.PrivateBytes);
        One(process, "pagealloc_hugetlb_bytes", "hugetlb memory in RAM, which is not in Rss.", ledger.HugetlbBytes);
        One(process, "pagealloc_page_table_bytes", "Page tables, which are not in Rss.", ledger.Status?.PageTables);
    }

    private void WriteHeaps(ProcessFigures process, HeapFigures heaps)
    {
        One(process, "pagealloc_heap_arenas", "Arenas of glibc malloc.", (ulong)heaps.Arenas.Count);
        One(process, "pagealloc_heap_system_bytes", "Address space that arenas have from the system.", process.OverArenas(a => a.Arena.State.SystemBytes));
        Each(process, "pagealloc_heap_bytes", "Bytes of blocks in arenas by state, headers included.",
            "state", s_states, Name, state => process.OverArenas(a => a.Bytes(state)));
        Each(process, "pagealloc_heap_blocks", "Blocks in arenas by state.",
            "state", s_blockStates, Name, state => process.OverArenas(a => a.Blocks(state)));
        if (heaps.Pages is not null)
        {
            Each(process, "pagealloc_heap_pages", "Base pages of arenas by what is on them.",
                "class", Enum.GetValues<HeapPageClass>(), Name, pages => process.OverPages(a => a[pages]));
            One(process, "pagealloc_heap_free_resident_bytes", "Free memory of arenas in RAM: tcache, bins and top.", process.OverPages(a => a.ResidentFreeBytes));
            One(process, "pagealloc_heap_trimmable_bytes", "What malloc_trim(0) would give back to the system now.", process.OverPages(a => a.TrimmableBytes));
            One(process, "pagealloc_heap_pinned_bytes", "Free memory of arenas on pages that blocks in use keep in RAM.", process.OverPages(a => a.Pins.TotalBytes));
        }

        One(process, "pagealloc_heap_mmapped_bytes", "Blocks that are mappings of their own.",
            heaps.Heaps.MmappedBytes);
        One(process, "pagealloc_heap_incomplete", "1 when the heaps are damaged, were changing or could not be read whole.",
            HeapProblemsView.IsIncomplete(heaps.Heaps, heaps.Arenas) ? 1UL : 0);
    }

    private void WriteThreads(ProcessFigures process)
    {
        One(process, "pagealloc_threads", "Threads.", (ulong)process.Summary.Threads.Threads.Count);
        One(process, "pagealloc_heap_arenas_without_threads", "Arenas that no thread uses any more.",
            process.Heaps is { Heaps.Allocator: "glibc" } ? (ulong)process.Summary.Threads.UnusedArenas.Count : null);
    }

    private void WriteCgroup(ProcessFigures process)
    {
        One(process, "pagealloc_cgroup_current_bytes", "Memory charged to the control group of the process.", process.Summary.Cgroup?.Current);
        One(process, "pagealloc_cgroup_limit_bytes", "Lowest limit of the control group and those above; absent without a limit.", process.Summary.Cgroup?.Limit);
        One(process, "pagealloc_cgroup_private_bytes", "Private memory charged to the control group.", process.Summary.Cgroup?.Anonymous);
        One(process, "pagealloc_cgroup_file_bytes", "Page cache charged to the control group.", process.Summary.Cgroup?.File);
        One(process, "pagealloc_cgroup_kernel_bytes", "Kernel memory charged to the control group.", process.Summary.Cgroup?.Kernel);
        One(process, "pagealloc_cgroup_swapped_bytes", "Swap charged to the control group.", process.Summary.Cgroup?.Swap);
    }

    private void One(ProcessFigures process, string metric, string help, ulong? value)
    {
        _text.Begin(metric, help);
        _text.Add(value, ("pid", Pid(process)), ("command", Command(process)));
    }

    private void Each<T>(
        ProcessFigures process, string metric, string help, string label, IReadOnlyList<T> values, Func<T, string> name, Func<T, ulong> of)
    {
        _text.Begin(metric, help);
        foreach (T value in values)
        {
            _text.Add(of(value), ("pid", Pid(process)), ("command", Command(process)), (label, name(value)));
        }
    }

    private static string Name<T>(T value) where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    private static string Pid(ProcessFigures process) => process.Target.Pid.ToString(CultureInfo.InvariantCulture);

    private static string Command(ProcessFigures process) => ByteText.ToPrintable(process.Target.Command.Span);
}
