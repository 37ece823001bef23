using PageAlloc.Heaps;
using PageAlloc.Heaps.Glibc;
using PageAlloc.Targets;

namespace PageAlloc.Blocks;

/// <summary>
/// Walks the chunks of an arena's segments, from header to header. A chunk's neighbour tells whether it is in use; which
/// kind of free it is comes from the lists. It goes on behind damage and swapped pages from the next chunk that can be proved.
/// </summary>
internal sealed partial class ChunkWalk
{
    private readonly LongLists? _links;
    private readonly ListCursor _listed;
    private readonly IBlockSink _sink;
    private readonly BlockBatch _batch;
    private readonly SegmentWindow _window;
    private readonly ChunkProof _proof;
    private readonly ulong _pageMask;

    private Arena _arena = null!;
    private ArenaProgress _progress = null!;

    // The end of the segment, and of the part of it that is walked.
    private ulong _limit;
    private ulong _end;
    private ulong _top;
    private SoundChunks _sound;
    private PendingChunk _pending;

    public ChunkWalk(IMemory memory, MemoryCache cache, FreeLists lists, IBlockSink sink, LongLists? links = null)
    {
        _links = links;
        _listed = new ListCursor(lists);
        _sink = sink;
        _batch = new BlockBatch(sink);
        _window = new SegmentWindow(memory, cache.PointerSize);
        _proof = new ChunkProof(cache, lists);
        _pageMask = (ulong)memory.PageSize - 1;
    }

    /// <summary>Told when something is wrong; and once told, the walk stops. Null for a walk that goes on.</summary>
    public CancellationTokenSource? Wrong { get; init; }

    /// <summary>Walks all segments of <paramref name="arena"/>.</summary>
    public ArenaTotals Run(Arena arena)
    {
        var progress = new ArenaProgress(arena);
        foreach (Segment segment in arena.Segments)
        {
            _ = Run(progress, new SegmentPart(arena, segment));
        }

        return progress.End();
    }

    /// <summary>Walks a segment or a part of one.</summary>
    /// <returns>Whether it came to the end of the part, and not beyond it or less far.</returns>
    public bool Run(ArenaProgress progress, SegmentPart part)
    {
        Segment segment = part.Segment;
        _progress = progress;
        _arena = progress.Arena;
        _top = _arena.State.Top;
        _sound = new SoundChunks(_arena);
        _sink.BeginSegment(_arena, segment);
        bool hasMet = false;
        _window.Use(() => hasMet = Walk(part));
        _batch.Flush();
        progress.Cover(part);
        _sink.EndSegment();
        return hasMet;
    }

    private bool Walk(SegmentPart part)
    {
        _limit = part.Segment.Range.End;
        _end = part.End;
        _pending.Size = 0;
        _listed.Seek(part.Start);
        GlibcLayout layout = _arena.Layout;
        ulong chunk = part.Start;
        if (part.IsFirst)
        {
            chunk = part.Segment.FirstChunk;
            Emit(new Block(part.Start, Math.Min(chunk, _limit) - part.Start, BlockState.Overhead));
        }

        while (chunk < _end)
        {
            if (Wrong is { IsCancellationRequested: true })
            {
                return false;
            }

            ReadOnlySpan<byte> header = _window.At(chunk, 4 * layout.PointerSize, _limit, out PageAccess access);
            if (header.IsEmpty)
            {
                // The last header of a segment may end with it.
                header = _window.At(chunk, 2 * layout.PointerSize, _limit, out access);
            }

            if (header.IsEmpty)
            {
                ulong known = _progress.Totals.Bytes(BlockState.Unknown);
                EmitPending(BlockState.Unknown);
                chunk = SkipUnreadable(chunk, access);
                _progress.Totals.SwappedBytes += access == PageAccess.Swapped ? _progress.Totals.Bytes(BlockState.Unknown) - known : 0;
                continue;
            }

            ulong word = _window.Word(header[layout.PointerSize..]);
            ulong size = word & ChunkBits.SizeMask;
            if (chunk == _top)
            {
                Settle(chunk, word, _window.Word(header));
                chunk = WalkTop(chunk, size);
            }
            else if (size == (ulong)layout.HeaderSize || (size == 0 && IsTerminator(chunk)))
            {
                Settle(chunk, word, _window.Word(header), isTerminator: size == 0);
                chunk = WalkFenceposts(chunk);
            }
            else if (size < layout.MinimumSize || size % (ulong)layout.Alignment != 0 || (word & ChunkBits.Mmapped) != 0 || size > _limit - chunk)
            {
                chunk = SkipDamage(chunk, word);
            }
            else
            {
                if ((word & ChunkBits.NonMainArena) != 0 && _arena.IsMain)
                {
                    Report(ProblemKind.BrokenSize, chunk, $"the chunk at 0x{chunk:x} has the size field 0x{word:x}: that of a thread arena, in the main one");
                }

                Settle(chunk, word, _window.Word(header));
                bool hasLinks = header.Length == 4 * layout.PointerSize;
                _pending = new PendingChunk
                {
                    Address = chunk,
                    Size = size,
                    Forward = hasLinks ? _window.Word(header[(2 * layout.PointerSize)..]) : 0,
                    Back = hasLinks ? _window.Word(header[(3 * layout.PointerSize)..]) : 0,
                };
                chunk = TakeSound();
            }
        }

        if (!part.IsLast)
        {
            return chunk == _end && TrySettle(chunk);
        }

        if (_pending.Size != 0)
        {
            // Every segment ends with top or fenceposts.
            EmitPending(BlockState.Unknown);
            Report(ProblemKind.BrokenTop, _limit, $"the chunks run to the end of the segment at 0x{_limit:x} without top or fencepost");
        }

        return true;
    }

    /// <summary>The part ends here: its last chunk must be in use, by the header behind it.</summary>
    private bool TrySettle(ulong chunk)
    {
        int pointer = _arena.Layout.PointerSize;
        ReadOnlySpan<byte> header = _window.At(chunk, 2 * pointer, _limit, out _);
        if (header.IsEmpty || _pending.Size == 0 || (_window.Word(header[pointer..]) & ChunkBits.PreviousInUse) == 0)
        {
            return false;
        }

        EmitPending(BlockState.Used);

        // What a list holds within that chunk is no chunk.
        return _listed.IsBehind(chunk - 1);
    }

    /// <summary>Goes on from the pending chunk as long as nothing needs a closer look; gives the chunk that does.</summary>
    private ulong TakeSound()
    {
        if (_links is not null || !_listed.IsBehind(_pending.Address))
        {
            return _pending.Address + _pending.Size;
        }

        ulong stop = Math.Min(_top > _pending.Address ? _top : ulong.MaxValue, Math.Min(_end, _listed.Next));
        return _sound.Take(_window.Readable(_pending.Address), ref _pending, stop, _limit, _progress, _batch);
    }

    /// <summary>The header behind the pending chunk was read: it tells whether that chunk is in use.</summary>
    private void Settle(ulong chunk, ulong word, ulong previousSize, bool isTerminator = false)
    {
        if (_pending.Size == 0)
        {
            return;
        }

        if ((word & ChunkBits.PreviousInUse) != 0)
        {
            // Of an old top too small for a chunk of its own, the first fencepost takes what is left.
            EmitPending(isTerminator && _pending.Size == _arena.Layout.MinimumSize ? BlockState.Overhead : BlockState.Used);
            return;
        }

        if (previousSize != _pending.Size)
        {
            Report(
                ProblemKind.SizeMismatch,
                _pending.Address,
                $"the free chunk at 0x{_pending.Address:x} has the size 0x{_pending.Size:x}, but behind it, at 0x{chunk:x}, stands 0x{previousSize:x}");
        }

        _progress.Links.Add(_pending.Address, _pending.Forward, _pending.Back);
        EmitPending(_pending.Size >= _arena.Layout.LargeSize ? BlockState.Large : BlockState.Small);
    }

    /// <summary>Gives the pending chunk, as the lists have it or else as <paramref name="state"/>.</summary>
    private void EmitPending(BlockState state)
    {
        if (_pending.Size == 0)
        {
            return;
        }

        ulong size = _pending.Size;
        _pending.Size = 0;
        _links?.Add(new Block(_pending.Address, size, state), _pending.Forward);
        FreeLists.List list = _listed.IsBehind(_pending.Address) ? FreeLists.List.None : ListOf(_pending.Address);
        bool isFree = state is BlockState.Small or BlockState.Large;
        if (list != FreeLists.List.None && state != BlockState.Unknown && isFree != (list == FreeLists.List.Unsorted))
        {
            Report(
                ProblemKind.DoubleFree,
                _pending.Address,
                $"the chunk at 0x{_pending.Address:x} is {(isFree ? "free and merged" : "in use")} by its neighbour, yet in {list.ToString().ToLowerInvariant()}");
        }

        Emit(new Block(_pending.Address, size, list switch
        {
            FreeLists.List.Tcache => BlockState.Tcache,
            FreeLists.List.Fast => BlockState.Fast,
            FreeLists.List.Unsorted => BlockState.Unsorted,
            _ => state,
        }));
    }

    private FreeLists.List ListOf(ulong chunk)
    {
        var found = FreeLists.List.None;
        while (_listed.TryTake(chunk, out ulong listed, out FreeLists.List list))
        {
            if (listed == chunk)
            {
                found = list;
            }
            else if (!_progress.SawUnknown)
            {
                Report(ProblemKind.BrokenLink, listed, $"a free list ({list.ToString().ToLowerInvariant()}) holds 0x{listed:x}, where no chunk begins");
            }
        }

        return found;
    }

    private void Emit(in Block block)
    {
        if (block.Size != 0)
        {
            _progress.Totals.Add(in block);
            _batch.Add(in block);
        }
    }

    private void Report(ProblemKind kind, ulong address, string text)
    {
        _progress.Totals.Add(new Problem(kind, _arena.Address, address, text));
        Wrong?.Cancel();
    }
}
