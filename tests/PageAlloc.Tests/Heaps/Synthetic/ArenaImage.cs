using PageAlloc.Blocks;

namespace PageAlloc.Tests.Heaps.Synthetic;

/// <summary>Lays out an arena chunk by chunk, as malloc would have left it, and keeps what it did: the truth.</summary>
internal sealed class ArenaImage(SyntheticMemory memory, GlibcForm form, ulong address, bool isMain)
{
    private const ulong InUse = 1, NonMain = 4;

    private readonly Dictionary<int, List<ulong>> _bins = [];
    private readonly Dictionary<int, List<ulong>> _fastbins = [];
    private ulong _next;
    private ulong _freeBefore;

    public ulong Address => address;

    /// <summary>Every block and everything between, in the order in which it was laid out.</summary>
    public List<Block> Blocks { get; } = [];

    /// <summary>The chunks that are to be in tcaches, with their sizes.</summary>
    public List<(ulong Chunk, ulong Size)> ForTcaches { get; } = [];

    public ulong SystemBytes { get; private set; }

    /// <summary>Begins a piece.</summary>
    public void Begin(ulong start, ulong overhead)
    {
        _next = form.FirstChunk(start + overhead);
        _freeBefore = 0;
        if (_next != start)
        {
            Blocks.Add(new Block(start, _next - start, BlockState.Overhead));
        }
    }

    /// <summary>Goes on behind what others took.</summary>
    public void Skip(ulong bytes)
    {
        ulong start = Blocks[^1].End;
        _next = form.FirstChunk(start + bytes);
        for (ulong at = start; at < _next; at++)
        {
            memory[at] = (byte)'A';
        }

        AddOverhead(start, _next - start);
    }

    public void Add(ChunkPlan plan)
    {
        ulong size = form.Size(plan.Units);
        ulong mostFast = form.Word == 8 ? 0x80UL : 0x40;
        bool isFree = plan.Kind is ChunkKind.Unsorted or ChunkKind.Binned && _freeBefore == 0;
        bool isFast = plan.Kind == ChunkKind.Fast && size <= mostFast && form.Layout.FastbinCount != 0;
        bool isCached = plan.Kind == ChunkKind.Tcache && plan.Units < 64 && form.Tcache is not null;
        if (isFree)
        {
            int bin = plan.Kind == ChunkKind.Unsorted ? 1 : form.BinOf(size);
            AddChunk(size, bin == 1 ? BlockState.Unsorted : size >= form.Large ? BlockState.Large : BlockState.Small);
            ListOf(_bins, bin).Add(Blocks[^1].Address);
            return;
        }

        AddChunk(size, isFast ? BlockState.Fast : isCached ? BlockState.Tcache : BlockState.Used);
        if (isFast)
        {
            ListOf(_fastbins, (int)(size / (form.Word == 8 ? 16UL : 8)) - 2).Add(Blocks[^1].Address);
        }
        else if (isCached)
        {
            ForTcaches.Add((Blocks[^1].Address, size));
        }
    }

    /// <summary>A used chunk; gives what malloc returned.</summary>
    public ulong AddUsed(ulong size)
    {
        AddChunk(size, BlockState.Used);
        return Blocks[^1].Address + form.Header;
    }

    /// <summary>Ends the last piece with the top chunk; gives where it ends.</summary>
    public ulong AddTop()
    {
        // What is free in front of top is top.
        if (_freeBefore != 0)
        {
            AddUsed(form.MinSize);
        }

        // M_TOP_PAD: no main arena is smaller.
        ulong end = PageEnd(_next + form.MinSize + (isMain ? 128UL << 10 : 0));
        WriteHeader(_next, end - _next, InUse);
        Blocks.Add(new Block(_next, end - _next, BlockState.Top));
        memory.Put(address + (ulong)form.Layout.TopOffset, _next);
        return end;
    }

    /// <summary>Ends a piece that is not the last; gives where it ends. source: malloc/malloc.c, sysmalloc</summary>
    public ulong AddFenceposts()
    {
        ulong end = PageEnd(_next + form.MinSize);
        ulong rest = (end - _next - form.MinSize) & ~(form.Alignment - 1);
        if (rest != 0 && rest < form.MinSize && (isMain || _freeBefore != 0))
        {
            end += (ulong)memory.PageSize;
            rest += (ulong)memory.PageSize;
        }

        if (rest >= form.MinSize)
        {
            Add(new ChunkPlan(ChunkKind.Unsorted, (int)((rest - form.MinSize) / form.Alignment)));
            rest = 0;
        }

        // Too little was left for a chunk: it becomes part of the first fencepost.
        ulong first = rest + form.Header;
        WriteHeader(_next, first, InUse);
        Blocks.Add(new Block(_next, first, rest == 0 ? BlockState.Fencepost : BlockState.Overhead));
        _freeBefore = 0;
        WriteHeader(_next + first, isMain ? form.Header : 0, InUse);
        Blocks.Add(new Block(_next + first, form.Header, BlockState.Fencepost));
        AddOverhead(Blocks[^1].End, end - Blocks[^1].End);
        return end;
    }

    /// <summary>Writes struct malloc_state.</summary>
    public void Finish(ulong next, ulong systemBytes, ulong attached, bool isNonContiguous)
    {
        SystemBytes = systemBytes;
        memory.PutInt(address + 4, isNonContiguous ? 2u : 0);
        for (int bin = 1; bin < 128; bin++)
        {
            Link(HeadOf(bin), _bins.GetValueOrDefault(bin) ?? []);
        }

        foreach ((int index, List<ulong> chunks) in _fastbins)
        {
            memory.Put(address + (ulong)(form.Layout.FastbinsOffset + (index * form.Word)), chunks[0]);
            Chain(chunks, form.Header);
        }

        memory.Put(address + (ulong)form.Layout.NextOffset, next);
        if (form.Layout.HasAttachedThreads)
        {
            memory.Put(address + (ulong)form.Layout.AttachedThreadsOffset, attached);
        }

        memory.Put(address + (ulong)form.Layout.SystemMemOffset, systemBytes);
        memory.Put(address + (ulong)(form.Layout.SystemMemOffset + form.Word), systemBytes);
    }

    /// <summary>Links blocks by the word at an offset of each, as fastbins and tcaches do.</summary>
    public void Chain(IReadOnlyList<ulong> blocks, ulong offset)
    {
        for (int i = 0; i < blocks.Count; i++)
        {
            ulong place = blocks[i] + offset;
            ulong link = i + 1 < blocks.Count ? blocks[i + 1] : 0;
            memory.Put(place, form.Layout.SafeLinking ? link ^ (place >> 12) : link);
        }
    }

    private static List<ulong> ListOf(Dictionary<int, List<ulong>> lists, int number)
    {
        if (!lists.TryGetValue(number, out List<ulong>? list))
        {
            lists.Add(number, list = []);
        }

        return list;
    }

    private ulong PageEnd(ulong at) => (at + (ulong)memory.PageSize - 1) & ~((ulong)memory.PageSize - 1);

    private void AddChunk(ulong size, BlockState state)
    {
        bool isFree = state is BlockState.Unsorted or BlockState.Small or BlockState.Large;
        WriteHeader(_next, size, InUse | (isMain || isFree ? 0 : NonMain));
        Blocks.Add(new Block(_next, size, state));
        _freeBefore = isFree ? size : 0;
        _next += size;
    }

    private void WriteHeader(ulong chunk, ulong size, ulong flags)
    {
        if (_freeBefore != 0 && chunk == _next)
        {
            memory.Put(chunk, _freeBefore);
            flags &= ~InUse;
        }

        memory.Put(chunk + (ulong)form.Word, size | flags);
    }

    private void AddOverhead(ulong start, ulong size)
    {
        if (size == 0)
        {
            return;
        }

        if (Blocks.Count != 0 && Blocks[^1] is { State: BlockState.Overhead } last && last.End == start)
        {
            Blocks[^1] = last with { Size = last.Size + size };
            return;
        }

        Blocks.Add(new Block(start, size, BlockState.Overhead));
    }

    private ulong HeadOf(int bin) => address + (ulong)(form.Layout.BinsOffset + ((bin - 2) * 2 * form.Word));

    private void Link(ulong head, List<ulong> chunks)
    {
        ulong w = (ulong)form.Word;
        ulong before = head;
        foreach (ulong chunk in chunks)
        {
            memory.Put(before + (2 * w), chunk);
            memory.Put(chunk + (3 * w), before);
            before = chunk;
        }

        memory.Put(before + (2 * w), head);
        memory.Put(head + (3 * w), before);
    }
}
