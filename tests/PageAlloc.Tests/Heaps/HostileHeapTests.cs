using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Mappings;
using PageAlloc.Tests.Heaps.Synthetic;
using PageAlloc.Tests.Mappings;

namespace PageAlloc.Tests.Heaps;

/// <summary>Heaps made to have a reader loop, or read on and on. The numbers are what is right, or the caps.</summary>
public sealed class HostileHeapTests
{
    private static readonly GlibcForm s_form = GlibcForm.All.Single(f => f.ToString() == "2.35, 64 bit");
    private static readonly GlibcForm s_plainForm = GlibcForm.All.Single(f => f.ToString() == "2.30, 64 bit");

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_chain_of_heaps_that_is_a_cycle_ends(int oldest)
    {
        using SyntheticProcess process = Make(s_form, threadHeaps: 3);

        // The oldest heap leads on to itself, or to one of the newer ones.
        process.Memory.Put(process.Heaps[0] + 8, process.Heaps[oldest]);
        using HeapReader reader = process.Open();
        ArenaTotals totals = HeapWalk.Sum(reader)[1];
        Assert.Equal(ProblemKind.BrokenTop, Assert.Single(totals.Problems).Kind);
        Assert.Equal(process.Arenas[1].SystemBytes, totals.Bytes(BlockState.Unknown));
        Assert.InRange(process.Memory.PagesRead, 1, 10_000);
    }

    [Theory]
    [InlineData(1UL << 60)]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 46)]
    [InlineData(0x55d012345000)]
    public void An_arena_larger_than_all_that_is_mapped_is_not_crossed(ulong systemBytes)
    {
        using SyntheticProcess process = Make(s_form);
        process.Memory.Elsewhere = PageAlloc.Targets.PageAccess.Unreadable;
        process.Memory.Put(process.MainArena + (ulong)s_form.Layout.SystemMemOffset, systemBytes);
        using HeapReader reader = process.Open();
        ArenaTotals totals = HeapWalk.Sum(reader)[0];
        Assert.Contains(totals.Problems, p => p.Kind == ProblemKind.MissingSegments);
        Assert.Equal(systemBytes, Enum.GetValues<BlockState>().Aggregate(0UL, (sum, state) => sum + totals.Bytes(state)));
        Assert.InRange(process.Memory.PagesRead, 1, 10_000);
    }

    [Fact]
    public void A_list_that_joins_another_makes_no_more_problems_than_a_hundred()
    {
        using SyntheticProcess process = Make(s_plainForm, fast: 300);
        ulong fastbins = process.MainArena + (ulong)s_plainForm.Layout.FastbinsOffset;
        process.Memory.Put(fastbins + 8, process.Memory.Get(fastbins));
        using HeapReader reader = process.Open();
        Assert.Equal(600, reader.Heaps.Lists.Count);
        Assert.Equal(100, reader.Heaps.Problems.Count(p => p.Kind == ProblemKind.DoubleFree));
    }

    [Fact]
    public void Lists_are_not_read_as_mangled_for_being_long()
    {
        using SyntheticProcess process = Make(GlibcForm.All[0], fast: 300);
        using HeapReader reader = process.Open();
        Assert.Empty(reader.Heaps.Arenas[0].Problems);
        Assert.Equal(300UL, HeapWalk.Sum(reader)[0].Blocks(BlockState.Fast));
    }

    [Fact]
    public void What_is_left_of_an_old_top_is_overhead()
    {
        // 48 bytes are left at the end of the older heap: 32 with the first fencepost, 16 of the second.
        ChunkPlan[] chunks = [new(ChunkKind.Used, (0x21000 - 0x8d0 - 0x290 - 48 - 32) / 16)];
        using var process = new SyntheticProcess(new HeapPlan(s_form, MainKind.Contiguous, 0, [[]], [[chunks, []]], 0, []));
        using HeapReader reader = process.Open();
        ArenaTotals totals = HeapWalk.Sum(reader)[1];
        Assert.Empty(totals.Problems);
        Assert.Equal((2UL, 1UL), (totals.Blocks(BlockState.Used), totals.Blocks(BlockState.Fencepost)));
        Assert.Equal(0x8d0UL + 32 + 0x30, totals.Bytes(BlockState.Overhead));
    }

    [Fact]
    public void The_break_is_known_where_an_empty_word_stands_before_it()
    {
        ChunkPlan[] chunks = [.. Enumerable.Repeat(new ChunkPlan(ChunkKind.Used, 3), 20)];
        using var process = new SyntheticProcess(new HeapPlan(GlibcForm.All[0], MainKind.NonContiguous, 7, [chunks, chunks], [], 0, []));
        using HeapReader reader = process.Open();
        Assert.Equal(0x55d012345070UL, Assert.Single(reader.Heaps.Parameters).SbrkBase);
        Assert.Equal(2, reader.Heaps.Arenas[0].Segments.Count);
        Assert.Empty(HeapWalk.Sum(reader)[0].Problems);
    }

    [Fact]
    public void A_heap_smaller_than_its_own_header_holds_no_more_than_it_has()
    {
        using SyntheticProcess process = Make(s_form, threadHeaps: 1);
        process.Memory.Put(process.Heaps[0] + 16, 16);
        using HeapReader reader = process.Open();
        ArenaTotals totals = HeapWalk.Sum(reader)[1];
        Assert.Equal(16UL, totals.Bytes(BlockState.Overhead));
        Assert.Equal(process.Arenas[1].SystemBytes - 16, totals.Bytes(BlockState.Unknown));
    }

    [Fact]
    public void A_heap_larger_than_what_is_mapped_is_not_walked()
    {
        using SyntheticProcess process = Make(s_form, threadHeaps: 2);
        process.Memory.Elsewhere = PageAlloc.Targets.PageAccess.Unreadable;
        process.Memory.Put(process.Heaps[0] + 16, 2UL << 30);
        using HeapReader reader = process.Open();
        ArenaTotals totals = HeapWalk.Sum(reader)[1];
        Assert.Equal(process.Arenas[1].SystemBytes - process.Memory.Get(process.Heaps[1] + 16), totals.Bytes(BlockState.Unknown));
        Assert.Equal((ProblemKind.BrokenSize, process.Heaps[0]), (totals.Problems[0].Kind, totals.Problems[0].Address));
        Assert.InRange(process.Memory.PagesRead, 1, 10_000);
    }

    // Where it lies at a multiple of the largest alignment too, its size must not make that the one of all heaps.
    [Theory]
    [InlineData(0UL)]
    [InlineData((64UL << 20) + 4096)]
    [InlineData(3UL << 30)]
    [InlineData(ulong.MaxValue)]
    public void A_heap_whose_size_is_damaged_does_not_hide_the_others(ulong size)
    {
        using SyntheticProcess process = Make(s_form, threadHeaps: 3);
        ulong[] sizes = [.. process.Heaps.Select(h => process.Memory.Get(h + 16))];
        for (int damaged = 0; damaged < 3; damaged++)
        {
            process.Memory.Put(process.Heaps[damaged] + 16, size);
            using HeapReader reader = process.Open();
            ArenaTotals totals = HeapWalk.Sum(reader)[1];
            Assert.Equal((ProblemKind.BrokenSize, process.Heaps[damaged]), (Assert.Single(totals.Problems).Kind, totals.Problems[0].Address));
            Assert.Equal(process.Heaps.Where((_, i) => i != damaged).Order(), totals.Arena.Segments.Select(s => s.Range.Start));
            Assert.Equal(sizes[damaged], totals.Bytes(BlockState.Unknown));
            process.Memory.Put(process.Heaps[damaged] + 16, sizes[damaged]);
        }
    }

    // The first heap's is in the page of the arena, without which nothing of it would be known.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_heap_whose_head_is_swapped_out_is_said_and_is_no_damage(int swapped)
    {
        using SyntheticProcess process = Make(s_form, threadHeaps: 3);
        ulong[] sizes = [.. process.Heaps.Select(h => process.Memory.Get(h + 16))];
        process.Memory.PageOut(process.Heaps[swapped]);
        using HeapReader reader = process.Open();
        ArenaTotals totals = HeapWalk.Sum(reader)[1];
        Assert.Equal(process.Heaps[swapped], totals.Problems[0].Address);
        Assert.All(totals.Problems, p => Assert.Equal(ProblemKind.Swapped, p.Kind));
        ulong hidden = swapped == 2 ? sizes[1] + sizes[2] : sizes[1];
        Assert.Equal((hidden, hidden), (totals.Bytes(BlockState.Unknown), totals.SwappedBytes));
    }

    [Fact]
    public void The_largest_of_what_may_be_mmapped_blocks_win()
    {
        const ulong place = 0x7f2100000000, page = 4096;
        using SyntheticProcess process = Make(s_form);

        // Words of a program that look like the header of two pages; the second of these is the block.
        process.Memory.Put(place + 8, (2 * page) | 2);
        process.Memory.Put(place + page + 8, (5 * page) | 2);
        foreach (int counter in (int[])[s_form.Par.Mmaps, s_form.Par.MmapsMax + 4])
        {
            process.Memory.PutInt(process.Parameters + (ulong)counter, 1);
        }

        process.Memory.Put(process.Parameters + (ulong)s_form.Par.MmappedMem, 5 * page);
        process.Memory.Put(process.Parameters + (ulong)s_form.Par.MmappedMem + 8, 5 * page);
        using HeapReader reader = process.Open([TestMapping.Of(place, place + (6 * page))]);
        Assert.Equal(new AddressRange(place + page, place + (6 * page)), Assert.Single(reader.Heaps.Mmapped).Range);
        Assert.Empty(reader.Heaps.Problems);
    }

    [Fact]
    public void Two_main_arenas_of_one_ring_are_shown_once_each()
    {
        using SyntheticProcess process = Make(s_form);
        ulong second = process.MainArena + 0x100000000;
        for (ulong offset = 0; offset < 4096; offset++)
        {
            process.Memory[(second & ~4095UL) + offset] = process.Memory[(process.MainArena & ~4095UL) + offset];
        }

        for (int bin = 1; bin < 128; bin++)
        {
            ulong head = second + (ulong)(s_form.Layout.BinsOffset + ((bin - 2) * 16));
            process.Memory.Put(head + 16, head);
            process.Memory.Put(head + 24, head);
        }

        process.Memory.Put(process.MainArena + (ulong)s_form.Layout.NextOffset, second);
        process.Memory.Put(second + (ulong)s_form.Layout.NextOffset, process.MainArena);
        using HeapReader reader = process.Open([TestMapping.Of(second & ~4095UL, (second & ~4095UL) + 4096, "/lib/other.so", PageAlloc.Mappings.MappingBacking.File)]);
        Assert.Equal([process.MainArena, second], reader.Heaps.Arenas.Select(a => a.Address));
        OrderedWalk.Run(reader, new BlockLog());
    }

    [Fact]
    public void A_ring_of_arenas_without_end_is_cut_off()
    {
        const int arenas = 1 << 15;
        using SyntheticProcess process = Make(s_form);
        ulong place = 0x600000000000;
        process.Map(place, place + (9UL * arenas / 4096 * 4096), "", MappingBacking.Anonymous);
        ulong next = (ulong)s_form.Layout.NextOffset;
        for (ulong i = 0; i < arenas; i++)
        {
            process.Memory.Put(place + (8 * i) + next, place + (8 * (i + 1)));
        }

        process.Memory.Put(place + (8UL * arenas) + next, process.MainArena);
        process.Memory.Put(process.MainArena + next, place);
        using HeapReader reader = process.Open();
        Assert.Equal(arenas, reader.Heaps.Arenas.Count);
        Assert.Contains(reader.Heaps.Arenas[^1].Problems, p => p.Kind == ProblemKind.BrokenLink && p.Address == reader.Heaps.Arenas[^1].Address);
    }

    private static SyntheticProcess Make(GlibcForm form, int fast = 0, int threadHeaps = 0)
    {
        ChunkPlan[] used = [.. Enumerable.Repeat(new ChunkPlan(ChunkKind.Used, 3), 20)];
        ChunkPlan[] main = [.. used, .. Enumerable.Repeat(new ChunkPlan(ChunkKind.Fast, 0), fast)];
        return new SyntheticProcess(new HeapPlan(
            form, MainKind.Contiguous, 0, [main], threadHeaps == 0 ? [] : [[.. Enumerable.Repeat(used, threadHeaps)]], 0, []));
    }
}
