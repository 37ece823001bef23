using System.Buffers;
using System.Globalization;
using System.Text.Json;
using PageAlloc.Blocks;
using PageAlloc.Insight;

namespace PageAlloc.Views;

/// <summary>The figures of processes as metrics for Prometheus. Each process is told by its number and its name; what is not known is left out.</summary>
public static class PrometheusView
{
    private static readonly BlockState[] s_blockStates =
        [BlockState.Used, BlockState.Tcache, BlockState.Fast, BlockState.Unsorted, BlockState.Small, BlockState.Large];

    private static readonly BlockState[] s_states = [.. s_blockStates, BlockState.Top, BlockState.Unknown];

    /// <summary>Writes the metrics.</summary>
    /// <param name="processes">The processes, each once.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void Write(IReadOnlyList<ProcessFigures> processes, IBufferWriter<byte> output)
    {
        var text = new PrometheusText(output);
        WriteMemory(text, processes);
        WriteHeaps(text, processes);
        WriteThreads(text, processes);
        WriteCgroups(text, processes);
    }

    private static void WriteMemory(PrometheusText text, IReadOnlyList<ProcessFigures> processes)
    {
        Lines(text, processes, "pagealloc_resident_bytes", "Memory in RAM by what it is for; the kinds add up to Rss.", l => l.ResidentBytes);
        Lines(text, processes, "pagealloc_swapped_bytes", "Memory in swap by what it is for; the kinds add up to Swap.", l => l.SwappedBytes);
        Each(text, processes, "pagealloc_private_resident_bytes", "Private memory in RAM.", p => p.Summary.Ledger.PrivateBytes);
        Each(text, processes, "pagealloc_hugetlb_bytes", "hugetlb memory in RAM, which is not in Rss.", p => p.Summary.Ledger.HugetlbBytes);
        Each(text, processes, "pagealloc_page_table_bytes", "Page tables, which are not in Rss.", p => p.Summary.Ledger.Status?.PageTables);
    }

    private static void WriteHeaps(PrometheusText text, IReadOnlyList<ProcessFigures> processes)
    {
        ProcessFigures[] withHeaps = [.. processes.Where(p => p.Heaps is { Heaps.Allocator: "glibc" })];
        ProcessFigures[] withPages = [.. withHeaps.Where(p => p.Heaps!.Pages is not null)];
        Each(text, withHeaps, "pagealloc_heap_arenas", "Arenas of glibc malloc.", p => (ulong)p.Heaps!.Arenas.Count);
        Each(text, withHeaps, "pagealloc_heap_system_bytes", "Address space that arenas have from the system.", p => p.OverArenas(a => a.Arena.State.SystemBytes));
        text.Begin("pagealloc_heap_bytes", "Bytes of blocks in arenas by state, headers included.");
        Add(text, withHeaps, "state", s_states, Name, (p, state) => p.OverArenas(a => a.Bytes(state)));
        text.Begin("pagealloc_heap_blocks", "Blocks in arenas by state.");
        Add(text, withHeaps, "state", s_blockStates, Name, (p, state) => p.OverArenas(a => a.Blocks(state)));
        text.Begin("pagealloc_heap_pages", "Base pages of arenas by what is on them.");
        Add(text, withPages, "class", Enum.GetValues<HeapPageClass>(), Name, (p, pages) => p.OverPages(a => a[pages]));
        Each(text, withPages, "pagealloc_heap_free_resident_bytes", "Free memory of arenas in RAM: tcache, bins and top.", p => p.OverPages(a => a.ResidentFreeBytes));
        Each(text, withPages, "pagealloc_heap_trimmable_bytes", "What malloc_trim(0) would give back to the system now.", p => p.OverPages(a => a.TrimmableBytes));
        Each(text, withHeaps, "pagealloc_heap_mmapped_bytes", "Blocks that are mappings of their own.",
            p => p.Heaps!.Heaps.Mmapped.Aggregate(0UL, (sum, block) => sum + block.Range.Length));
        Each(text, withHeaps, "pagealloc_heap_incomplete", "1 when the heaps are damaged, were changing or could not be read whole.",
            p => HeapProblemsView.IsIncomplete(p.Heaps!.Heaps, p.Heaps.Arenas) ? 1UL : 0);
    }

    private static void WriteThreads(PrometheusText text, IReadOnlyList<ProcessFigures> processes)
    {
        Each(text, processes, "pagealloc_threads", "Threads.", p => (ulong)p.Summary.Threads.Threads.Count);
        Each(text, processes, "pagealloc_heap_arenas_without_threads", "Arenas that no thread uses any more.",
            p => p.Heaps is { Heaps.Allocator: "glibc" } ? (ulong)p.Summary.Threads.UnusedArenas.Count : null);
    }

    private static void WriteCgroups(PrometheusText text, IReadOnlyList<ProcessFigures> processes)
    {
        Each(text, processes, "pagealloc_cgroup_current_bytes", "Memory charged to the control group of the process.", p => p.Summary.Cgroup?.Current);
        Each(text, processes, "pagealloc_cgroup_limit_bytes", "Lowest limit of the control group and those above; absent without a limit.", p => p.Summary.Cgroup?.Limit);
        Each(text, processes, "pagealloc_cgroup_private_bytes", "Private memory charged to the control group.", p => p.Summary.Cgroup?.Anonymous);
        Each(text, processes, "pagealloc_cgroup_file_bytes", "Page cache charged to the control group.", p => p.Summary.Cgroup?.File);
        Each(text, processes, "pagealloc_cgroup_kernel_bytes", "Kernel memory charged to the control group.", p => p.Summary.Cgroup?.Kernel);
        Each(text, processes, "pagealloc_cgroup_swapped_bytes", "Swap charged to the control group.", p => p.Summary.Cgroup?.Swap);
    }

    private static void Lines(
        PrometheusText text, IReadOnlyList<ProcessFigures> processes, string metric, string help, Func<LedgerLine, ulong> of)
    {
        text.Begin(metric, help);
        Add(text, processes, "kind", Enum.GetValues<LedgerKind>(), LedgerWords.Metric, (p, kind) => of(p.Summary.Ledger[kind]));
    }

    private static void Each(
        PrometheusText text, IReadOnlyList<ProcessFigures> processes, string metric, string help, Func<ProcessFigures, ulong?> of)
    {
        text.Begin(metric, help);
        foreach (ProcessFigures process in processes)
        {
            text.Add(of(process), ("pid", Pid(process)), ("command", Command(process)));
        }
    }

    private static void Add<T>(
        PrometheusText text, IReadOnlyList<ProcessFigures> processes, string label, IReadOnlyList<T> values, Func<T, string> name, Func<ProcessFigures, T, ulong> of)
    {
        foreach (ProcessFigures process in processes)
        {
            foreach (T value in values)
            {
                text.Add(of(process, value), ("pid", Pid(process)), ("command", Command(process)), (label, name(value)));
            }
        }
    }

    private static string Name<T>(T value) where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    private static string Pid(ProcessFigures process) => process.Target.Pid.ToString(CultureInfo.InvariantCulture);

    private static string Command(ProcessFigures process) => ByteText.ToPrintable(process.Target.Command.Span);
}
