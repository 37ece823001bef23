namespace PageAlloc.Tests.Heaps.Live;

/// <summary>The rows of <c>pagealloc blocks</c> against the target's own list of its live blocks, and against the JSON.</summary>
[Trait("Category", "Live")]
public sealed class HeapBlocksTests
{
    private static readonly string[] States =
        ["used", "tcache", "fast", "unsorted", "small", "large", "top", "mmapped", "fencepost", "unknown"];

    public static TheoryData<string> Runs => new(HeapRuns.Names);

    [Theory]
    [MemberData(nameof(Runs))]
    public void Every_live_block_is_a_row_with_its_usable_size(string run)
    {
        HeapLook look = HeapLook.At(run);
        var rows = look.Blocks.ToDictionary(row => row.Address);
        // The debugging malloc keeps a mark of its own behind each block, and says what is usable before it.
        bool exact = !(look.Run.Variant.Environment?.ContainsKey("MALLOC_CHECK_") ?? false);
        string[] faults =
        [
            .. from block in look.Truth.Blocks
               let row = rows.GetValueOrDefault(block.Key)
               where row.State is not ("used" or "mmapped") || (exact ? row.Usable != block.Value : row.Usable <= block.Value)
               select $"0x{block.Key:x} of {block.Value}: {row}",
        ];
        Assert.True(faults.Length == 0, $"{faults.Length} of {look.Truth.Blocks.Count}\n{string.Join('\n', faults.Take(20))}");
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void What_is_used_and_not_the_programs_is_glibcs_own(string run)
    {
        HeapLook look = HeapLook.At(run);
        List<ShownBlock> others = [.. look.Blocks.Where(r => r.State is "used" or "mmapped" && !look.Truth.Blocks.ContainsKey(r.Address))];
        string[] unexplained = GlibcsOwn.Unexplained(look, others);
        Assert.True(unexplained.Length == 0, $"{look.Threads} threads\n{string.Join('\n', unexplained.Take(20))}");
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Rows_are_in_order_and_do_not_overlap(string run)
    {
        HeapLook look = HeapLook.At(run);
        ulong header = 2 * look.Word;
        Assert.All(look.Blocks, row => Assert.Contains(row.State, States));
        foreach ((ShownBlock row, ShownBlock next) in look.Blocks.Zip(look.Blocks.Skip(1)))
        {
            Assert.True(row.Address - header + row.Size <= next.Address - header, $"{row}\n{next}");
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Rows_add_up_to_the_totals(string run)
    {
        HeapLook look = HeapLook.At(run);
        foreach (ShownArena arena in look.Heaps.Arenas)
        {
            ILookup<string, ShownBlock> rows = look.Blocks.Where(row => row.Arena == arena.Address).ToLookup(row => row.State);
            foreach ((string state, ShownCount count) in arena.Counts)
            {
                Assert.Equal((state, count), (state, Sum(rows[state])));
            }

            Assert.Equal(arena.TopBytes, Sum(rows["top"]).Bytes);
            Assert.Equal(arena.UnknownBytes, Sum(rows["unknown"]).Bytes);
            Assert.InRange(Sum(rows["fencepost"]).Bytes, 0UL, arena.OverheadBytes);
            Assert.All(rows.SelectMany(g => g), row => Assert.Contains(arena.Segments, s => s.Contains(row.Address - (2 * look.Word))));
        }

        Assert.Equal(look.Heaps.Mmapped.Blocks, Sum(look.Blocks.Where(row => row.State == "mmapped")).Blocks);
        Assert.All(look.Blocks, row => Assert.Equal(row.State == "mmapped", row.Arena is null));
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Usable_sizes_follow_from_the_chunks(string run)
    {
        HeapLook look = HeapLook.At(run);
        foreach (ShownBlock row in look.Blocks.Where(r => r.State != "mmapped"))
        {
            ulong usable = row.State is "used" or "tcache" or "fast" ? row.Size - look.Word : 0;
            Assert.True(row.Usable == usable, $"{row}");
        }
    }

    // Sizes bin by bin, as malloc_info has them.
    [Theory]
    [MemberData(nameof(Runs))]
    public void Free_sizes_equal_malloc_info(string run)
    {
        HeapLook look = HeapLook.At(run);
        if (look.Truth.Libraries != 1)
        {
            return; // malloc_info tells of one of the two
        }

        foreach ((HeapInfo info, ShownArena arena) in look.Truth.Infos.Zip(look.Heaps.Arenas))
        {
            ILookup<string, ShownBlock> rows = look.Blocks.Where(row => row.Arena == arena.Address).ToLookup(row => row.State);
            Assert.Equal(info.Unsorted, Sizes(rows["unsorted"]));
            List<ShownBlock> fast = [.. rows["fast"]], binned = [.. rows["small"], .. rows["large"]];
            foreach ((List<ShownBlock> all, InfoSizes told) in
                info.Fast.Select(told => (fast, told)).Concat(info.Bins.Select(told => (binned, told))))
            {
                Assert.Equal(told, Sizes(all.Where(row => row.Size >= told.From && row.Size <= told.To)));
                all.RemoveAll(row => row.Size >= told.From && row.Size <= told.To);
            }

            Assert.Empty(fast.Concat(binned));
        }
    }

    private static InfoSizes? Sizes(IEnumerable<ShownBlock> rows)
    {
        ulong[] sizes = [.. rows.Select(row => row.Size)];
        return sizes.Length == 0
            ? null
            : new InfoSizes(sizes.Min(), sizes.Max(), Sum(rows).Bytes, (ulong)sizes.Length);
    }

    private static ShownCount Sum(IEnumerable<ShownBlock> rows) =>
        rows.Aggregate(default(ShownCount), (sum, row) => new ShownCount(sum.Blocks + 1, sum.Bytes + row.Size));
}
