using PageAlloc.Heaps;
using PageAlloc.Mappings;
using PageAlloc.Targets;
using PageAlloc.Tests.Mappings;

namespace PageAlloc.Tests.Heaps.Synthetic;

/// <summary>A whole process as glibc's malloc would have left it: libc's data, the heaps of all arenas, mmapped blocks, threads. And its truth.</summary>
internal class SyntheticProcess : ITarget, IMemorySource
{
    private const ulong Page = 4096;
    private const int ListHead = 0x100, ThreadArena = 0x30, ThreadCache = 0x40;

    private readonly HeapPlan _plan;
    private readonly GlibcForm _form;
    private readonly Places _places;
    private readonly List<Mapping> _mappings = [];
    private readonly List<ThreadImage> _threads = [];
    private ulong _sbrkBase;
    private int _heaps;

    public SyntheticProcess(HeapPlan plan)
    {
        _plan = plan;
        _form = plan.Form;
        _places = _form.Word == 8 ? Places.Of64 : Places.Of32;
        Memory = new SyntheticMemory(_form.Word);
        MainArena = _places.Libc + 0x4e0;
        Parameters = _places.Libc + 0x40;
        var main = new ArenaImage(Memory, _form, MainArena, isMain: true);
        Arenas.Add(main);
        ulong systemBytes = AddMain(main);
        List<ulong> sizes = [systemBytes, .. plan.Threads.Select(AddArena)];
        for (int i = 0; i < plan.Sharing; i++)
        {
            _threads.Add(new ThreadImage(Arenas[i % Arenas.Count], 0));
        }

        for (int i = 0; i < Arenas.Count; i++)
        {
            Arenas[i].Finish(
                Arenas[(i + 1) % Arenas.Count].Address, sizes[i], (ulong)_threads.Count(t => t.Arena == Arenas[i]), i != 0 || plan.MainKind == MainKind.NonContiguous);
        }

        AddMmapped();
        AddParameters();
        AddThreads();
        Map(_places.Libc, _places.Libc + Page, "/lib/libc.so.6", MappingBacking.File);
        _mappings.Sort((a, b) => a.Range.Start.CompareTo(b.Range.Start));
    }

    public SyntheticMemory Memory { get; }

    public IReadOnlyList<Mapping> Mappings => _mappings;

    public List<ArenaImage> Arenas { get; } = [];

    public List<MmappedBlock> Mmapped { get; } = [];

    /// <summary>Where the heaps of thread arenas begin.</summary>
    public List<ulong> Heaps { get; } = [];

    public ulong MainArena { get; }

    public ulong Parameters { get; }

    /// <summary>The structures of the tcaches.</summary>
    public IEnumerable<ulong> Tcaches => _threads.Select(t => t.Tcache).Where(t => t != 0);

    public ulong ThreadPointer(int index) => _places.Threads + ((ulong)index * 2 * Page) + Page + 0x400;

    public int ThreadCount => _threads.Count;

    public TargetInfo Info => new()
    {
        Kind = TargetKind.Process,
        Pid = 1,
        Command = default,
        Arguments = null,
        Executable = null,
        PageSize = (int)Page,
        PointerSize = _form.Word,
    };

    public IMemory OpenMemory(bool swapIn = false) => Memory;

    /// <summary>Looks for the heaps as in a live process.</summary>
    public HeapReader Open(IEnumerable<Mapping>? more = null) => HeapReader.Open(
        this,
        more is null ? _mappings : [.. _mappings.Concat(more).OrderBy(m => m.Range.Start)],
        Enumerable.Range(0, _threads.Count).ToDictionary(i => 100 + i, i => 1000 + i),
        HeapOptions.Default);

    public void Dispose() => GC.SuppressFinalize(this);

    private ulong AddMain(ArenaImage main)
    {
        _sbrkBase = _places.Break + ((ulong)_plan.BrkOffset * 16);
        for (ulong at = _places.Break; at < _sbrkBase; at += Page)
        {
            Memory.Touch(at);
        }

        main.Begin(_sbrkBase, 0);
        AddCache(main);
        ulong start = _sbrkBase;
        ulong bytes = 0;
        for (int piece = 0; piece < _plan.Main.Length; piece++)
        {
            Array.ForEach(_plan.Main[piece], main.Add);
            bool isLast = piece == _plan.Main.Length - 1;
            if (!isLast && _plan.MainKind == MainKind.Contiguous)
            {
                continue;
            }

            ulong end = isLast ? main.AddTop() : main.AddFenceposts();
            if (!isLast && _plan.MainKind == MainKind.Foreign)
            {
                main.Skip(0x10UL * (ulong)(1 + (_plan.BrkOffset * 7)));
                continue;
            }

            bytes += end - start;
            Map(start, end, start == _sbrkBase ? "[heap]" : "", MappingBacking.Anonymous);
            if (!isLast)
            {
                // Pieces may come to lie behind each other; then the kernel makes one mapping of them.
                start = piece > 0 && _plan.BrkOffset % 2 == 0 ? end : _places.Pieces + ((ulong)piece << 22);
                main.Begin(start, 0);
            }
        }

        return bytes;
    }

    private ulong AddArena(ChunkPlan[][] heaps)
    {
        ulong[] places = [.. heaps.Select(_ => _places.Heaps + ((ulong)_heaps++ * _form.HeapMax))];
        if (_heaps % 2 != 0)
        {
            Array.Reverse(places);
        }

        var arena = new ArenaImage(Memory, _form, places[0] + (ulong)_form.HeapInfoSize, isMain: false);
        Arenas.Add(arena);
        ulong bytes = 0;
        for (int i = 0; i < heaps.Length; i++)
        {
            ulong heap = places[i];
            arena.Begin(heap, (ulong)(_form.HeapInfoSize + (i == 0 ? _form.StateSize : 0)));
            if (i == 0)
            {
                AddCache(arena);
            }

            Array.ForEach(heaps[i], arena.Add);
            ulong end = i == heaps.Length - 1 ? arena.AddTop() : arena.AddFenceposts();
            ulong w = (ulong)_form.Word;
            Heaps.Add(heap);
            Memory.Put(heap, arena.Address);
            Memory.Put(heap + w, i == 0 ? 0 : places[i - 1]);
            Memory.Put(heap + (2 * w), end - heap);
            Memory.Put(heap + (3 * w), end - heap);
            Memory.Put(heap + (4 * w), _form.HeapInfoSize > 4 * _form.Word ? Page : Memory.Get(heap + (4 * w)));
            Map(heap, end, "", MappingBacking.Anonymous);
            bytes += end - heap;
        }

        return bytes;
    }

    private void AddCache(ArenaImage arena)
    {
        ulong tcache = _form.Tcache is null ? 0 : arena.AddUsed((ulong)_form.TcacheChunk);
        _threads.Add(new ThreadImage(arena, tcache));
    }

    private void AddMmapped()
    {
        bool isNew = _form.Layout.FastbinCount == 0;
        ulong at = _places.Mmapped;
        for (int i = 0; i < _plan.Mmapped.Length; i++)
        {
            (int pages, int alignment) = _plan.Mmapped[i];
            ulong extra = alignment == 0 ? 0 : ((1UL << alignment) + Page - 1) & ~(Page - 1);
            ulong total = ((ulong)pages * Page) + extra;
            ulong chunk = _form.FirstChunk(at);
            PutMmapped(at, chunk, total, isNew);
            if (alignment != 0)
            {
                // Aligned blocks leave the first header behind.
                ulong mask = (1UL << alignment) - 1;
                chunk = ((at + _form.Header + mask) & ~mask) - _form.Header;
                PutMmapped(at, chunk, total, isNew);
            }

            ulong end = at + total;
            ulong unused = isNew ? (ulong)_form.Word : 0;
            Mmapped.Add(new MmappedBlock(new AddressRange(at, end), chunk, chunk + _form.Header, end - chunk - _form.Header - unused));
            bool isFollowed = i % 2 == 0 && i + 1 < _plan.Mmapped.Length;
            if (!isFollowed)
            {
                Map(i % 2 == 0 ? at : Mmapped[i - 1].Range.Start, end, "", MappingBacking.Anonymous);
            }

            at = isFollowed ? end : end + Page;
        }
    }

    private void PutMmapped(ulong start, ulong chunk, ulong total, bool isNew)
    {
        Memory.Put(chunk, chunk - start);
        Memory.Put(chunk + (ulong)_form.Word, (total - (chunk - start) - (isNew ? _form.Header : 0)) | 2);
    }

    private void AddParameters()
    {
        ulong w = (ulong)_form.Word;
        ulong bytes = Mmapped.Aggregate(0UL, (sum, b) => sum + b.Range.Length);
        ulong[] first = [128 << 10, 128 << 10, 128 << 10, _form.Word == 8 ? 8UL : 2, 0];
        for (int i = 0; i < first.Length; i++)
        {
            Memory.Put(Parameters + ((ulong)i * w), first[i]);
        }

        Memory.PutInt(Parameters + (ulong)_form.Par.Mmaps, (uint)Mmapped.Count);
        Memory.PutInt(Parameters + (ulong)_form.Par.MmapsMax, 65536);
        Memory.PutInt(Parameters + (ulong)_form.Par.MmapsMax + 4, (uint)Mmapped.Count);
        Memory.Put(Parameters + (ulong)_form.Par.MmappedMem, bytes);
        Memory.Put(Parameters + (ulong)_form.Par.MmappedMem + w, bytes);
        Memory.Put(Parameters + (ulong)_form.Par.SbrkBase, _sbrkBase);
        if (_form.Par.TcacheBins != 0)
        {
            Memory.Put(Parameters + (ulong)_form.Par.TcacheBins, 64);
        }
    }

    private void AddThreads()
    {
        ulong w = (ulong)_form.Word;
        ulong list = _form.Word == 8 ? 704UL : 96;
        ulong before = _places.Libc + ListHead;
        for (int i = 0; i < _threads.Count; i++)
        {
            ulong pointer = ThreadPointer(i);
            Memory.Touch(pointer - Page);
            Memory.Put(pointer, pointer);
            Memory.Put(pointer + (2 * w), pointer);
            Link(before, pointer + list);
            Memory.PutInt(pointer + list + (2 * w), (uint)(100 + i));
            Memory.Put(pointer - ThreadArena, _threads[i].Arena.Address);
            Memory.Put(pointer - ThreadCache, _threads[i].Tcache);
            before = pointer + list;
        }

        Link(before, _places.Libc + ListHead);
        Map(_places.Threads, _places.Threads + ((ulong)_threads.Count * 2 * Page), "", MappingBacking.Anonymous);
        foreach (ThreadImage thread in _threads.Where(t => t.Tcache != 0))
        {
            FillCache(thread);
        }

        void Link(ulong from, ulong to)
        {
            Memory.Put(from, to);
            Memory.Put(to + w, from);
        }
    }

    private void FillCache(ThreadImage thread)
    {
        ulong w = (ulong)_form.Word;
        var bins = thread.Arena.ForTcaches.ToLookup(c => (int)((c.Size - _form.MinSize) / _form.Alignment), c => c.Chunk + _form.Header);
        int slots = Math.Max(16, bins.Select(b => b.Count()).DefaultIfEmpty().Max());
        for (int bin = 0; bin < _form.Tcache!.Bins; bin++)
        {
            List<ulong> users = [.. bins[bin]];
            thread.Arena.Chain(users, 0);
            users.ForEach(user => Memory.Put(user + w, thread.Tcache));
            int count = _form.Tcache.CountsFreeSlots ? slots - users.Count : users.Count;
            if (_form.Tcache.CounterSize == 1)
            {
                Memory[thread.Tcache + (ulong)bin] = (byte)count;
            }
            else
            {
                Memory.PutShort(thread.Tcache + (ulong)(2 * bin), count);
            }

            Memory.Put(thread.Tcache + (ulong)(_form.Tcache.EntriesOffset + (bin * _form.Word)), users.FirstOrDefault());
        }
    }

    public void Map(ulong start, ulong end, string name, MappingBacking backing)
    {
        start &= ~(Page - 1);
        if (_mappings.Count != 0 && _mappings[^1].Range.End == start && _mappings[^1].Backing == backing)
        {
            start = _mappings[^1].Range.Start;
            _mappings.RemoveAt(_mappings.Count - 1);
        }

        _mappings.Add(TestMapping.Of(start, end, name, backing));
    }

    private readonly record struct ThreadImage(ArenaImage Arena, ulong Tcache);

    private sealed record Places(ulong Break, ulong Heaps, ulong Mmapped, ulong Pieces, ulong Libc, ulong Threads)
    {
        public static Places Of64 { get; } = new(0x55d012345000, 0x7f1000000000, 0x7f2000000000, 0x7f2800000000, 0x7f3000000000, 0x7f3000100000);

        public static Places Of32 { get; } = new(0x56601000, 0xe0000000, 0xd0000000, 0xd8000000, 0xf7d00000, 0xf7e00000);
    }
}
