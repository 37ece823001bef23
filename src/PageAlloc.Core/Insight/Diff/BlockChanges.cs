using PageAlloc.Blocks;

namespace PageAlloc.Insight.Diff;

/// <summary>
/// What became of the blocks of a process between two moments: a join in address order of both walks. A block is the same when
/// it has the same address and the same size, and is in use at both moments. So a block that was freed, and allocated again at
/// that address with that size, counts as kept: nothing in memory tells the two apart.
/// </summary>
public sealed class BlockChanges
{
    private readonly BlockSum[] _old = new BlockSum[SizeClass.Count];
    private readonly BlockSum[] _new = new BlockSum[SizeClass.Count];
    private readonly BlockSum[] _added = new BlockSum[SizeClass.Count];
    private readonly BlockSum[] _gone = new BlockSum[SizeClass.Count];
    private readonly ulong[] _examples = new ulong[SizeClass.Count];

    private BlockChanges(bool isJoined) => IsJoined = isJoined;

    /// <summary>Whether blocks were joined by address; else only sums were compared, and nothing is known of single blocks.</summary>
    public bool IsJoined { get; }

    /// <summary>Blocks in use before.</summary>
    public BlockSum Old => Sum(_old);

    /// <summary>Blocks in use now.</summary>
    public BlockSum New => Sum(_new);

    /// <summary>Blocks in use now that were not before.</summary>
    public BlockSum Added => Sum(_added);

    /// <summary>Blocks in use before that are not now.</summary>
    public BlockSum Gone => Sum(_gone);

    /// <summary>Blocks in use at both moments.</summary>
    public BlockSum Kept { get; private set; }

    /// <summary>Blocks among <see cref="Added"/> at the address of one among <see cref="Gone"/>, of another size: realloc in place, or free and malloc.</summary>
    public BlockSum Resized { get; private set; }

    /// <summary>Blocks in use now where blocks were not known before: neither kept nor new.</summary>
    public BlockSum UnknownBefore { get; private set; }

    /// <summary>Blocks in use before where blocks are not known now: neither kept nor gone.</summary>
    public BlockSum UnknownNow { get; private set; }

    /// <summary>The sizes of which there are blocks at either moment, in ascending order.</summary>
    public IReadOnlyList<SizeChange> Sizes =>
    [
        .. from size in Enumerable.Range(0, SizeClass.Count)
           where _old[size].Blocks != 0 || _new[size].Blocks != 0
           select new SizeChange
           {
               MinSize = SizeClass.MinSize(size),
               MaxSize = SizeClass.MaxSize(size),
               Old = _old[size],
               New = _new[size],
               Added = _added[size],
               Gone = _gone[size],
               Example = _examples[size],
           },
    ];

    /// <summary>Joins the blocks of one process at two moments by address.</summary>
    public static BlockChanges Join(WalkRecording old, WalkRecording @new)
    {
        var changes = new BlockChanges(isJoined: true);
        changes.Run(new HeldBlocks(old), new HeldBlocks(@new));
        return changes;
    }

    /// <summary>Sums up the blocks of two processes.</summary>
    public static BlockChanges Compare(WalkRecording old, WalkRecording @new)
    {
        var changes = new BlockChanges(isJoined: false);
        Add(new HeldBlocks(old), changes._old);
        Add(new HeldBlocks(@new), changes._new);
        return changes;
    }

    private static void Add(HeldBlocks blocks, BlockSum[] sums)
    {
        while (blocks.MoveNext())
        {
            if (blocks.Current.State != BlockState.Unknown)
            {
                Count(sums, SizeClass.Of(blocks.Current.Size), blocks.Current.Size);
            }
        }
    }

    private void Run(HeldBlocks old, HeldBlocks now)
    {
        // Where the last unknown span that was come to ends, on either side.
        ulong oldUnknown = 0;
        ulong newUnknown = 0;
        bool hasOld = old.MoveNext();
        bool hasNew = now.MoveNext();
        while (hasOld || hasNew)
        {
            ref readonly HeldBlock was = ref old.Current;
            ref readonly HeldBlock here = ref now.Current;
            bool oldIsNext = hasOld && (!hasNew || was.Address <= here.Address);
            bool newIsNext = hasNew && (!hasOld || here.Address <= was.Address);
            if (oldIsNext && was.State == BlockState.Unknown)
            {
                oldUnknown = Math.Max(oldUnknown, was.Address + was.Size);
                hasOld = old.MoveNext();
            }
            else if (newIsNext && here.State == BlockState.Unknown)
            {
                newUnknown = Math.Max(newUnknown, here.Address + here.Size);
                hasNew = now.MoveNext();
            }
            else if (oldIsNext && newIsNext)
            {
                AddBoth(in was, in here);
                hasOld = old.MoveNext();
                hasNew = now.MoveNext();
            }
            else if (oldIsNext)
            {
                AddOld(in was, isKnownNow: was.Address >= newUnknown);
                hasOld = old.MoveNext();
            }
            else
            {
                AddNew(in here, isKnownBefore: here.Address >= oldUnknown);
                hasNew = now.MoveNext();
            }
        }
    }

    private void AddBoth(in HeldBlock was, in HeldBlock here)
    {
        int size = SizeClass.Of(here.Size);
        if (was.Size == here.Size)
        {
            Count(_old, size, here.Size);
            Count(_new, size, here.Size);
            Kept += new BlockSum(1, here.Size);
            return;
        }

        AddOld(in was, isKnownNow: true);
        AddNew(in here, isKnownBefore: true);
        Resized += new BlockSum(1, here.Size);
    }

    private void AddOld(in HeldBlock block, bool isKnownNow)
    {
        int size = SizeClass.Of(block.Size);
        Count(_old, size, block.Size);
        if (isKnownNow)
        {
            Count(_gone, size, block.Size);
        }
        else
        {
            UnknownNow += new BlockSum(1, block.Size);
        }
    }

    private void AddNew(in HeldBlock block, bool isKnownBefore)
    {
        int size = SizeClass.Of(block.Size);
        Count(_new, size, block.Size);
        if (!isKnownBefore)
        {
            UnknownBefore += new BlockSum(1, block.Size);
            return;
        }

        Count(_added, size, block.Size);
        _examples[size] = _examples[size] == 0 ? block.Address : _examples[size];
    }

    private static void Count(BlockSum[] sums, int size, ulong bytes) => sums[size] = new BlockSum(sums[size].Blocks + 1, sums[size].Bytes + bytes);

    private static BlockSum Sum(BlockSum[] sums) => sums.Aggregate(default(BlockSum), (all, sum) => all + sum);
}
