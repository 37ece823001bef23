using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Insight.Diff;
using PageAlloc.Mappings;
using PageAlloc.Pages;
using PageAlloc.Targets;
using PageAlloc.Tests.Mappings;
using PageAlloc.Tests.Views;

namespace PageAlloc.Tests.Insight.Diff;

/// <summary>Moments that are made up, for screens and for joins.</summary>
internal static class DiffScreen
{
    public static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    /// <summary>A moment of a process with these mappings, and a heap of one segment when there is one.</summary>
    public static Moment Moment(double second, HeapSketch? heap, params MappingPages[] mappings) => new(
        Target(1234), Shown.Table([.. mappings.OrderBy(m => m.Mapping.Range.Start)]), heap is null ? null : Record(heap), Start.AddSeconds(second));

    public static TargetInfo Target(int pid, string executable = "/usr/bin/server") => new()
    {
        Kind = TargetKind.Process,
        Pid = pid,
        Command = "server"u8.ToArray(),
        Arguments = ["server"u8.ToArray()],
        Executable = System.Text.Encoding.UTF8.GetBytes(executable),
        PageSize = 4096,
        PointerSize = 8,
    };

    /// <summary>A mapping at an address.</summary>
    public static MappingPages At(ulong start, string name, params (PageState State, ulong Count)[] runs) => Shown.Mapping(
        TestMapping.Of(start, start + (runs.Aggregate(0UL, (sum, r) => sum + r.Count) * 4096), name), runs);

    /// <summary>A program's code, by which moments know each other.</summary>
    public static MappingPages Code(ulong start, string name = "/usr/bin/server")
    {
        Mapping mapping = TestMapping.Of(start, start + 4096, name, MappingBacking.File) with { Permissions = MappingPermissions.Read | MappingPermissions.Execute };
        return Shown.Mapping(mapping, Shown.Run(PageKind.File, 1));
    }

    private static WalkRecording Record(HeapSketch heap) => WalkRecording.Of(new ToldHeap(heap));

    private sealed class ToldHeap(HeapSketch heap) : IHeapBlocks
    {
        private readonly Arena _arena = heap.Arena();

        public HeapSet Heaps => HeapSketch.Set(_arena);

        public IReadOnlyList<HeapThread> Threads => [];

        public IReadOnlyList<ArenaTotals> Run(IBlockSink sink)
        {
            heap.Tell(sink, _arena);
            return [heap.Totals(_arena)];
        }

        public IReadOnlyList<ArenaTotals> Sum<T>(Func<T> makeSink, out T sink) where T : IBlockSink => Run(sink = makeSink());

        public WalkFaults RunInOrder(IOrderedBlockSink sink, Func<Arena, Segment, bool>? wants = null) => throw new NotSupportedException();
    }
}
