using PageAlloc.Mappings;
using PageAlloc.Targets;

namespace PageAlloc.Heaps.Glibc;

/// <summary>Finds every heap of every glibc in a process, by structure alone: no symbol and no debug information is needed.</summary>
internal sealed class GlibcHeaps
{
    private const int MaxArenas = 1 << 20;
    private const int MaxBroken = 20;

    private readonly IMemory _pages;
    private readonly MemoryCache _memory;
    private readonly IReadOnlyList<Mapping> _mappings;
    private readonly IReadOnlySet<int> _tids;

    /// <summary>Makes a finder.</summary>
    /// <param name="pages">The target's memory.</param>
    /// <param name="memory">The same, in words.</param>
    /// <param name="mappings">All mappings.</param>
    /// <param name="tids">The numbers of all threads.</param>
    public GlibcHeaps(IMemory pages, MemoryCache memory, IReadOnlyList<Mapping> mappings, IReadOnlySet<int> tids)
    {
        _pages = pages;
        _memory = memory;
        _mappings = mappings;
        _tids = tids;
    }

    /// <summary>The heaps; null when no glibc's malloc is there.</summary>
    public HeapSet? Find()
    {
        List<MainArena> mains = MainArenaFinder.Find(_memory, _pages, _mappings);
        if (mains.Count == 0)
        {
            return null;
        }

        var problems = new List<Problem>();
        var found = mains.ConvertAll(main => (Main: main, Arenas: ReadRing(main)));
        List<AddressRange> heaps = [.. found.SelectMany(f => f.Arenas).SelectMany(a => a.Segments).Select(s => s.Range).OrderBy(r => r.Start)];
        List<ulong> pointers = ThreadPointers.Find(_pages, _memory.PointerSize, _mappings, heaps, _tids.Count);
        var lists = new FreeLists();
        var tcaches = new List<Tcache>();
        var arenas = new List<Arena>();
        var parameters = new List<MallocParameters>();
        var mmapped = new List<MmappedBlock>();
        foreach ((MainArena main, List<Arena> ring) in found)
        {
            GlibcLayout layout = LinkStyle.Find(_memory, main.Layout, pointers, ring, IsHeap);
            var caches = new Dictionary<ulong, Tcache>();
            var addresses = ring.Select(a => a.Address).ToHashSet();
            List<MallocThread> threads = ThreadCaches.Find(_memory, pointers, _tids, addresses, IsHeap, layout, caches);
            foreach (Tcache cache in caches.Values.Where(c => ring.Any(a => a.Holds(c.Address))))
            {
                lists.Add(cache);
                tcaches.Add(cache);
                if (!cache.IsConsistent)
                {
                    problems.Add(new Problem(
                        ProblemKind.BrokenTcache, 0, cache.Address, $"the counters of the tcache at 0x{cache.Address:x} differ from its lists"));
                }
            }

            foreach (Arena arena in ring)
            {
                var own = new List<Problem>(arena.Problems);
                lists.Add(_memory, arena.State, layout, own);
                arenas.Add(arena with
                {
                    Layout = layout,
                    Problems = own,
                    Threads = [.. threads.Where(t => t.Arena == arena.Address && t.Tid != 0).Select(t => t.Tid).Order()],
                });
            }

            AddMmapped(main, ring[0], heaps, parameters, mmapped, problems);
        }

        lists.Complete(problems);
        return new HeapSet
        {
            Allocator = "glibc",
            Arenas = arenas,
            Mmapped = mmapped,
            Parameters = parameters,
            Problems = problems,
            Lists = lists,
            Tcaches = tcaches,
        };

        bool IsHeap(ulong address) => heaps.Exists(h => h.Contains(address));
    }

    private List<Arena> ReadRing(MainArena main)
    {
        var arenas = new List<Arena>();
        ulong address = main.Address;
        do
        {
            if (ArenaState.Read(_memory, address, main.Layout) is not { } state)
            {
                break;
            }

            var problems = new List<Problem>();
            bool isMain = address == main.Address;
            MallocParameters? known = isMain && state.IsNonContiguous ? MallocParameters.Find(_pages, main.Mapping.Range, null, _memory.PointerSize) : null;
            arenas.Add(new Arena
            {
                State = state,
                IsMain = isMain,
                Library = main.Mapping.Name,
                Layout = main.Layout,
                Segments = ArenaSegments.Find(_memory, state, isMain, main.Layout, _mappings, known?.SbrkBase ?? 0, problems),
                Threads = [],
                Problems = problems,
            });
            address = state.Next;
        }
        while (address != main.Address && arenas.Count < MaxArenas);
        return arenas;
    }

    private void AddMmapped(
        MainArena main, Arena arena, List<AddressRange> heaps, List<MallocParameters> parameters, List<MmappedBlock> mmapped, List<Problem> problems)
    {
        ulong? sbrkBase = arena.State.IsUnused ? 0 : arena.State.IsNonContiguous || arena.Segments.Count == 0 ? null : arena.Segments[0].Range.Start;
        MallocParameters? known = MallocParameters.Find(_pages, main.Mapping.Range, sbrkBase, _memory.PointerSize);
        if (known is not null)
        {
            parameters.Add(known);
        }

        if (known is { MmappedBlocks: 0 })
        {
            return;
        }

        var chunks = new MmappedChunks(_pages, _memory, main.Layout);
        List<MmappedBlock> blocks = chunks.Find(
            _mappings, heaps, known is null ? null : (known.MmappedBlocks, known.MmappedBytes));
        mmapped.AddRange(blocks);
        ulong bytes = blocks.Aggregate(0UL, (sum, b) => sum + b.Range.Length);
        if (known is not null && (ulong)blocks.Count != known.MmappedBlocks)
        {
            problems.Add(new Problem(
                ProblemKind.MissingSegments,
                0,
                known.Address,
                $"{blocks.Count} mmapped blocks of {bytes} bytes were found; malloc counts {known.MmappedBlocks} of {known.MmappedBytes} bytes"));
            IEnumerable<AddressRange> taken = heaps.Concat(blocks.Select(b => b.Range)).OrderBy(r => r.Start);
            int missing = (int)Math.Clamp((long)known.MmappedBlocks - blocks.Count, 0, MaxBroken);
            problems.AddRange(chunks.FindBroken(_mappings, [.. taken], missing).Select(chunk => new Problem(
                ProblemKind.BrokenSize, 0, chunk, $"the size of the mmapped block at 0x{chunk:x} is not that of any mapping there")));
        }
    }
}
