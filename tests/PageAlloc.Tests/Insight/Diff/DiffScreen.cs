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

    /// <summary>The moment, where libc's data was not to be seen: malloc is there, and none of its arenas.</summary>
    public static Moment WithoutArenas(Moment moment) => moment with
    {
        Heaps = WalkRecording.Of(new ToldHeap(null, new HeapSet
        {
            Allocator = "glibc",
            Problems = [new Problem(ProblemKind.Other, 0, 0x7f0000000000, "the data of libc.so.6 was not dumped: its heaps can't be found")],
        })),
    };

    /// <summary>A moment whose arena leads to another that can't be read.</summary>
    public static Moment WithBrokenRing(Moment moment, HeapSketch heap, ProblemKind kind)
    {
        Arena arena = heap.Arena() with { Problems = [new Problem(kind, HeapSketch.ArenaAddress, HeapSketch.ArenaAddress, "the ring of arenas does not come back")] };
        return moment with { Heaps = WalkRecording.Of(new ToldHeap(heap, HeapSketch.Set(arena))) };
    }

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

    private static WalkRecording Record(HeapSketch heap) => WalkRecording.Of(new ToldHeap(heap, HeapSketch.Set(heap.Arena())));

    private sealed class ToldHeap(HeapSketch? heap, HeapSet heaps) : IHeapBlocks
    {
        public HeapSet Heaps => heaps;

        public IReadOnlyList<HeapThread> Threads => [];

        public IReadOnlyList<ArenaTotals> Run(IBlockSink sink)
        {
            heap?.Tell(sink, heaps.Arenas[0]);
            return heap is null ? [] : [heap.Totals(heaps.Arenas[0])];
        }

        public IReadOnlyList<ArenaTotals> Sum<T>(Func<T> makeSink, out T sink) where T : IBlockSink => Run(sink = makeSink());

        public WalkFaults RunInOrder(IOrderedBlockSink sink, Func<Arena, Segment, bool>? wants = null) => throw new NotSupportedException();
    }
}
