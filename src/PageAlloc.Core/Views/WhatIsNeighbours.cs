using PageAlloc.Blocks;
using PageAlloc.Heaps;

namespace PageAlloc.Views;

/// <summary>Finds, in a walk, the block that holds an address, and the two beside it.</summary>
internal sealed class WhatIsNeighbours(ulong address) : IOrderedBlockSink
{
    private Block _last;
    private bool _takeNext;
    private ulong _pointerSize;

    /// <summary>The block that holds the address; null when none does.</summary>
    public Block? Found { get; private set; }

    /// <summary>The block before it.</summary>
    public Block? Before { get; private set; }

    /// <summary>The block behind it.</summary>
    public Block? After { get; private set; }

    /// <inheritdoc/>
    public void BeginSegment(Arena arena, Segment segment)
    {
        _pointerSize = (ulong)arena.Layout.PointerSize;
        _last = default;
        _takeNext = false;
    }

    /// <inheritdoc/>
    public void Add(in Block block)
    {
        if (_takeNext)
        {
            After = block;
            _takeNext = false;
        }

        // The first word of a chunk is the last one of the block before, as long as that is not free by its neighbour.
        ulong end = block.End + (HasWordBehind(block) ? _pointerSize : 0);
        ulong start = block.Address + (HasWordBehind(_last) ? _pointerSize : 0);
        if (address >= start && address < end)
        {
            Found = block;
            Before = _last.Size != 0 ? _last : null;
            _takeNext = true;
        }

        _last = block;
    }

    /// <inheritdoc/>
    public void Add(MmappedBlock block)
    {
    }

    /// <inheritdoc/>
    public void EndSegment()
    {
    }

    private static bool HasWordBehind(Block block) =>
        block.Size != 0 && block.State is BlockState.Used or BlockState.Tcache or BlockState.Fast;
}
