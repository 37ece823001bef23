using CsCheck;
using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Insight.Diff;
using PageAlloc.Tests.Views;

namespace PageAlloc.Tests.Insight.Diff;

/// <summary>The join of blocks, held against one that looks each block up.</summary>
public sealed class BlockJoinTests
{
    // Few addresses and sizes, so that everything meets everything.
    private static readonly Gen<BlockState> s_state = Gen.Int[0, 5].Select(
        n => n switch { 0 => BlockState.Tcache, 1 => BlockState.Large, 2 => BlockState.Unknown, _ => BlockState.Used });

    private static readonly Gen<(BlockState State, ulong Size)[]> s_segment =
        Gen.Select(s_state, Gen.OneOf(Gen.ULong[1, 6].Select(n => n * 16), Gen.ULong[1, 200].Select(n => n * 16))).Array[0, 30];

    private static readonly Gen<RecordedHeap> s_heap = Gen.Select(s_segment.Array[0, 3], Gen.ULong[0, 3].Array[0, 4]).Select((segments, mmapped) => new RecordedHeap(segments, mmapped));

    [Fact]
    public void It_is_the_join_by_dictionary() => Gen.Select(s_heap, s_heap).Sample(
        (old, now) =>
        {
            var changes = BlockChanges.Join(old.Record(), now.Record());
            var before = old.Held.ToDictionary(b => b.Address, b => b.Size);
            var after = now.Held.ToDictionary(b => b.Address, b => b.Size);
            (ulong Address, ulong Size)[] kept = [.. now.Held.Where(b => before.TryGetValue(b.Address, out ulong size) && size == b.Size)];
            (ulong Address, ulong Size)[] added = [.. now.Held.Except(kept).Where(b => before.ContainsKey(b.Address) || !old.IsUnknown(b.Address))];
            (ulong Address, ulong Size)[] gone = [.. old.Held.Except(kept).Where(b => after.ContainsKey(b.Address) || !now.IsUnknown(b.Address))];
            Assert.Equal(Sum(kept), changes.Kept);
            Assert.Equal(Sum(added), changes.Added);
            Assert.Equal(Sum(gone), changes.Gone);
            Assert.Equal(Sum(now.Held), changes.New);
            Assert.Equal(Sum(old.Held), changes.Old);
            Assert.Equal(Sum([.. now.Held.Except(kept).Except(added)]), changes.UnknownBefore);
            Assert.Equal(Sum([.. old.Held.Except(kept).Except(gone)]), changes.UnknownNow);
            Assert.Equal(Sum([.. added.Where(b => before.ContainsKey(b.Address))]), changes.Resized);
            foreach (SizeChange size in changes.Sizes)
            {
                (ulong Address, ulong Size)[] ofSize = [.. added.Where(b => b.Size >= size.MinSize && b.Size <= size.MaxSize)];
                Assert.Equal(Sum(ofSize), size.Added);
                Assert.Equal(ofSize.Length == 0 ? 0 : ofSize.Min(b => b.Address), size.Example);
            }

            Assert.Equal(changes.New, changes.Sizes.Aggregate(default(BlockSum), (sum, s) => sum + s.New));
        },
        iter: 2000,
        threads: 1);

    [Fact]
    public void Of_one_recording_everything_is_kept() => s_heap.Sample(
        heap =>
        {
            var changes = BlockChanges.Join(heap.Record(), heap.Record());
            Assert.Equal(Sum(heap.Held), changes.Kept);
            Assert.Equal((default, default), (changes.Added, changes.Gone));
        },
        iter: 200,
        threads: 1);

    [Fact]
    public void Of_different_processes_only_sums_are_compared() => Gen.Select(s_heap, s_heap).Sample(
        (old, now) =>
        {
            var changes = BlockChanges.Compare(old.Record(), now.Record());
            Assert.False(changes.IsJoined);
            Assert.Equal((Sum(old.Held), Sum(now.Held)), (changes.Old, changes.New));
            Assert.Equal((default, default, default), (changes.Added, changes.Gone, changes.Kept));
        },
        iter: 200,
        threads: 1);

    private static BlockSum Sum(IReadOnlyCollection<(ulong Address, ulong Size)> blocks) =>
        new((ulong)blocks.Count, blocks.Aggregate(0UL, (sum, b) => sum + b.Size));

    /// <summary>A heap that is only told: segments far apart, and mappings between them.</summary>
    private sealed class RecordedHeap : IHeapBlocks
    {
        private const ulong Apart = 0x100000;
        private readonly HeapSketch[] _segments;

        public RecordedHeap((BlockState State, ulong Size)[][] segments, ulong[] mmapped)
        {
            _segments = [.. segments.Select((blocks, i) => blocks.Aggregate(new HeapSketch((ulong)(i + 1) * Apart), (heap, b) => heap.Add(b.State, b.Size)))];
            Arena arena = HeapSketch.Make(_segments.FirstOrDefault()?.Layout ?? PageAlloc.Heaps.Glibc.GlibcLayout.Known(8)[0], HeapSketch.ArenaAddress, 0, [.. _segments.Select(s => s.Segment)], true, 1);
            Heaps = HeapSketch.Set(arena) with
            {
                Mmapped = [.. mmapped.Select((pages, i) => Mapping(((ulong)i * Apart) + (Apart / 2), (pages + 1) * 4096))],
            };
        }

        public HeapSet Heaps { get; }

        public IReadOnlyList<HeapThread> Threads => [];

        public IReadOnlyList<(ulong Address, ulong Size)> Held =>
        [
            .. _segments.SelectMany(s => s.Blocks).Where(b => b.State == BlockState.Used).Select(b => (b.Address + 16, b.Size)),
            .. Heaps.Mmapped.Select(m => (m.User, m.Range.Length)),
        ];

        public bool IsUnknown(ulong address) =>
            _segments.SelectMany(s => s.Blocks).Any(b => b.State == BlockState.Unknown && address >= b.Address && address < b.End);

        public WalkRecording Record() => WalkRecording.Of(this);

        public IReadOnlyList<ArenaTotals> Run(IBlockSink sink)
        {
            foreach (HeapSketch segment in _segments)
            {
                segment.Tell(sink, Heaps.Arenas[0]);
            }

            return [];
        }

        public IReadOnlyList<ArenaTotals> Sum<T>(Func<T> makeSink, out T sink) where T : IBlockSink => Run(sink = makeSink());

        public WalkFaults RunInOrder(IOrderedBlockSink sink, Func<Arena, Segment, bool>? wants = null) => throw new NotSupportedException();

        private static MmappedBlock Mapping(ulong start, ulong bytes) => new(new AddressRange(start, start + bytes), start, start + 16, bytes - 16);
    }
}
