using PageAlloc.Heaps;

namespace PageAlloc.Blocks;

/// <summary>Pulls what the program holds out of a recorded walk, in address order: for joins, where a sink that is pushed won't do.</summary>
internal sealed class HeldBlocks
{
    private readonly IPackedPieces _pieces;
    private readonly PackedSegment[] _segments;
    private readonly MmappedBlock[] _mmapped;
    private BlockReader _reader;
    private ulong _header;
    private Arena? _arena;
    private int _segment;
    private int _mapping;
    private HeldBlock _current;

    /// <summary>Begins before the first.</summary>
    public HeldBlocks(WalkRecording recording)
    {
        _pieces = recording.Pieces;
        _segments = [.. recording.Segments.OrderBy(s => s.Segment.Range.Start)];
        _mmapped = [.. recording.Heaps.Mmapped.OrderBy(m => m.Range.Start)];
    }

    /// <summary>The block arrived at.</summary>
    public ref readonly HeldBlock Current => ref _current;

    /// <summary>Goes to the next; false behind the last.</summary>
    public bool MoveNext()
    {
        while (true)
        {
            while (_arena is not null && _reader.TryRead(out Block block))
            {
                if (block.State is BlockState.Used or BlockState.Unknown)
                {
                    _current = new HeldBlock(block.State == BlockState.Used ? block.Address + _header : block.Address, block.Size, block.State, _arena);
                    return true;
                }
            }

            _arena = null;
            ulong next = _segment < _segments.Length ? _segments[_segment].Segment.Range.Start : ulong.MaxValue;
            if (_mapping < _mmapped.Length && _mmapped[_mapping].Range.Start < next)
            {
                MmappedBlock mapping = _mmapped[_mapping++];
                _current = new HeldBlock(mapping.User, mapping.Range.Length, BlockState.Mmapped, null);
                return true;
            }

            if (_segment == _segments.Length)
            {
                _current = default;
                return false;
            }

            _reader = new BlockReader(_pieces, _segments[_segment]);
            _arena = _segments[_segment++].Arena;
            _header = (ulong)_arena.Layout.HeaderSize;
        }
    }
}
