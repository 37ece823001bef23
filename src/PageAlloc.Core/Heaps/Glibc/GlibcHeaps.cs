using PageAlloc.Mappings;
using PageAlloc.Targets;

namespace PageAlloc.Heaps.Glibc;

/// <summary>Finds every heap of every glibc in a process. Structure alone is enough: no symbol and no debug information is needed.</summary>
internal sealed class GlibcHeaps
{
    // Eight for each of 4096 processors.
    private const int MaxArenas = 1 << 15;

    // Each of 64 MiB at most in 64 bits, of 1 MiB in 32.
    private const int MaxHeaps = 1 << 22;
    private const int MaxBroken = 20;

    private readonly IMemory _pages;
    private readonly MemoryCache _memory;
    private readonly IReadOnlyList<Mapping> _mappings;
    private readonly RangeSet _writable;
    private readonly IReadOnlyDictionary<int, int> _tids;
    private readonly IReadOnlyDictionary<int, ulong>? _pointers;
    private readonly LibcFiles _files;
    private readonly bool _isDescribed;
    private readonly HashSet<ulong> _arenas = [];
    private int _heapsLeft = MaxHeaps;

    /// <summary>Makes a finder.</summary>
    /// <param name="pages">The target's memory.</param>
    /// <param name="memory">The same, in words.</param>
    /// <param name="mappings">All mappings.</param>
    /// <param name="tids">The threads by the numbers that the process itself knows, with the numbers that we know.</param>
    /// <param name="pointers">The thread pointers by the numbers of the threads, where they are known; else null.</param>
    /// <param name="files">The files of the libcs.</param>
    /// <param name="isDescribed">Whether the layout comes from debug information.</param>
    public GlibcHeaps(
        IMemory pages,
        MemoryCache memory,
        IReadOnlyList<Mapping> mappings,
        IReadOnlyDictionary<int, int> tids,
        IReadOnlyDictionary<int, ulong>? pointers,
        LibcFiles files,
        bool isDescribed)
    {
        _pointers = pointers;
        _files = files;
        _isDescribed = isDescribed;
        _pages = pages;
        _memory = memory;
        _mappings = mappings;
        _writable = new RangeSet(mappings.Where(m => m.Permissions.HasFlag(MappingPermissions.Write)).Select(m => m.Range));
        _tids = tids;
    }

    /// <summary>The heaps; null when no glibc's malloc is there.</summary>
    /// <exception cref="TargetException">The layout was to come from debug information, and there is none that fits.</exception>
    public HeapSet? Find()
    {
        List<MainArena> mains = MainArenaFinder.Find(_memory, _pages, _mappings);
        mains = _isDescribed ? _files.DescribedArenas(_memory, mains) : mains;
        List<Problem> problems = [.. SwappedData(mains), .. mains.Count == 0 ? DataNotDumped() : []];
        if (mains.Count == 0)
        {
            return problems.Count == 0 ? null : new HeapSet { Allocator = "glibc", Problems = problems };
        }

        var rings = new List<(MainArena Main, List<Arena> Arenas, MallocParameters? Parameters)>();
        foreach (MainArena main in mains)
        {
            MallocParameters? found = FindParameters(main, null);
            if (ReadRing(main, found?.SbrkBase ?? 0) is { Count: not 0 } ring)
            {
                rings.Add((main, ring, found));
            }
        }

        List<AddressRange> heaps = [.. rings.SelectMany(r => r.Arenas).SelectMany(a => a.Segments).Select(s => s.Range).OrderBy(r => r.Start)];
        List<ThreadBlock> blocks = ThreadPointers.Find(_pages, _memory, _mappings, heaps, _tids, _pointers, out bool sawSwapped);
        if (sawSwapped && blocks.Count < _tids.Count)
        {
            problems.Add(new Problem(
                ProblemKind.Swapped, 0, 0, $"the control blocks of {_tids.Count - blocks.Count} threads are swapped out: the blocks in their tcaches count as used"));
        }

        // gdb stops writing a stack at its guard, where that is one of MADV_GUARD_INSTALL (glibc 2.42): zeros are left of it.
        if (_pointers is not null && blocks.Count < _tids.Count)
        {
            problems.Add(new Problem(
                ProblemKind.Other, 0, 0, $"the control blocks of {_tids.Count - blocks.Count} threads are not in the core file: the blocks in their tcaches count as used"));
        }

        var threadsFound = new ThreadsFound(_memory, blocks);
        var files = new RangeSet(_mappings.Where(m => m.Backing == MappingBacking.File).Select(m => m.Range));
        var lists = new FreeLists();
        var tcaches = new List<Tcache>();
        var known = new HashSet<ulong>();
        var arenas = new List<Arena>();
        var parameters = new List<MallocParameters>();
        var mmapped = new List<MmappedBlock>();
        var libcs = new List<LibcFile>();
        foreach ((MainArena main, List<Arena> ring, MallocParameters? likely) in rings)
        {
            LibcFile file = _files.Of(main.Mapping);
            libcs.Add(file);
            var own = new RangeSet(ring.SelectMany(a => a.Segments).Select(segment => segment.Range));
            var addresses = ring.Select(a => a.Address).ToHashSet();
            var read = new Dictionary<(GlibcLayout Style, int Most), ThreadCaches>();
            ThreadVariables variables = ThreadVariables.Find(
                _memory, blocks, addresses, own, files, main.Layout, _isDescribed ? file.Description?.Distance : null);
            GlibcLayout layout = LinkStyle.Find(_memory, main.Layout, file.Version, ring, own, blocks.Count, (style, most) => Read(style, most).Caches.Sum(c => c.WholeChunks));
            ThreadCaches threads = Read(layout, blocks.Count);
            threadsFound.Add(threads);
            problems.AddRange(threads.Problems);
            foreach (Tcache cache in threads.Caches.Where(c => known.Add(c.Address)))
            {
                lists.Add(cache);
                tcaches.Add(cache);
                problems.AddRange(cache.Problems);
                if (!cache.IsConsistent && cache.Problems.Count == 0)
                {
                    problems.Add(new Problem(
                        ProblemKind.BrokenTcache, 0, cache.Address, $"the counters of the tcache at 0x{cache.Address:x} differ from its lists"));
                }
            }

            ILookup<ulong, int> users = threads.Threads.Where(t => t.Tid != 0).ToLookup(t => t.Arena, t => t.Tid);
            foreach (Arena arena in ring)
            {
                var found = new List<Problem>(arena.Problems);
                lists.Add(_memory, arena.State, layout, found);
                arenas.Add(arena with
                {
                    Layout = layout,
                    Problems = found,
                    Threads = [.. users[arena.Address].Order()],
                });
            }

            // What the arena tells of the break settles it only where the likeliest place says otherwise.
            ulong? sbrkBase = SbrkBaseOf(ring[0]);
            MallocParameters? par = sbrkBase is null || likely?.SbrkBase == sbrkBase ? likely : FindParameters(main, sbrkBase);
            if (par is not null)
            {
                parameters.Add(par);
            }

            AddMmapped(main, par, heaps, mmapped, problems);
            problems.AddRange(file.Description is { } description ? LayoutCheck.Compare(ring, par, threads, description) : []);

            ThreadCaches Read(GlibcLayout style, int most) => read.TryGetValue((style, most), out ThreadCaches? before) ? before
                : read[(style, most)] = ThreadCaches.Read(_memory, blocks.Count <= most ? blocks : blocks[..most], variables, addresses, own, style);
        }

        lists.Complete(problems);
        return new HeapSet
        {
            Allocator = "glibc",
            Version = libcs.Find(f => f.Version is not null)?.Version,
            Layout = string.Join("; ", libcs.Select(_files.LayoutText).Distinct()),
            Arenas = arenas,
            Mmapped = mmapped,
            Parameters = parameters,
            Threads = threadsFound.All,
            Problems = problems,
            Lists = lists,
            Tcaches = tcaches,
        };
    }

    // A libc whose data can't be seen must not look like one that is not in use.
    private List<Problem> SwappedData(IReadOnlyList<MainArena> mains)
    {
        var problems = new List<Problem>();
        foreach (Mapping data in _mappings.Where(m => MainArenaFinder.MayHoldData(m) && LibcFiles.IsNamedLibc(m.Name.Span)))
        {
            if (mains.Any(m => data.Range.Contains(m.Address)))
            {
                continue;
            }

            for (ulong at = data.Range.Start; (at = _memory.FirstWritten(at, data.Range.End)) < data.Range.End; at += (ulong)_memory.PageSize)
            {
                if (_memory.IsSwapped(at))
                {
                    problems.Add(new Problem(
                        ProblemKind.Swapped, 0, at, $"the data of {ByteText.ToPrintable(data.Name.Span)} at 0x{at:x} is swapped out: its heaps can't be found"));
                    break;
                }
            }
        }

        return problems;
    }

    // A core file may lack the data of its libc; gdb does not even say which mapping that was.
    private IEnumerable<Problem> DataNotDumped()
    {
        Mapping[] libc = [.. _mappings.Where(m => m.IsUnnumberedFile && LibcFiles.IsNamedLibc(m.Name.Span))];
        if (libc.Length != 0 && !libc.Any(m => MainArenaFinder.MayHoldData(m) && _memory.AccessOf(m.Range.Start) is PageAccess.Data or PageAccess.Absent))
        {
            yield return new Problem(
                ProblemKind.Other, 0, libc[0].Range.Start, $"the data of {ByteText.ToPrintable(libc[0].Name.Span)} was not dumped: its heaps can't be found");
        }
    }

    private List<Arena> ReadRing(MainArena main, ulong sbrkBase)
    {
        var arenas = new List<Arena>();
        ulong address = main.Address;

        // An arena is in one ring, and once: what damage or hostility has in two is shown with the first.
        while (_arenas.Count < MaxArenas && _arenas.Add(address))
        {
            // Where nothing is mapped, or nothing was written, there is no arena, whatever a link says.
            if (!_writable.Contains(address) || ArenaState.Read(_memory, address, main.Layout) is not { } state)
            {
                break;
            }

            var problems = new List<Problem>();
            bool isMain = address == main.Address;
            arenas.Add(new Arena
            {
                State = state,
                IsMain = isMain,
                Library = main.Mapping.Name,
                LibraryAddress = _files.AddressOf(main.Mapping),
                Layout = main.Layout,
                Segments = ArenaSegments.Find(_memory, state, isMain, main.Layout, _mappings, sbrkBase, ref _heapsLeft, problems),
                Threads = [],
                Problems = problems,
            });
            address = state.Next;
        }

        if (arenas.Count != 0 && address != main.Address)
        {
            arenas[^1] = arenas[^1] with
            {
                Problems =
                [
                    .. arenas[^1].Problems,
                    new Problem(
                        _memory.IsSwapped(address) ? ProblemKind.Swapped : ProblemKind.BrokenLink,
                        arenas[^1].Address,
                        arenas[^1].Address,
                        $"the arena at 0x{arenas[^1].Address:x} leads to 0x{address:x}, and the ring of arenas does not come back to 0x{main.Address:x}"),
                ],
            };
        }

        return arenas;
    }

    private MallocParameters? FindParameters(MainArena main, ulong? sbrkBase) =>
        _isDescribed && _files.Of(main.Mapping).Description is { Parameters: { } address, ParLayout: { } layout }
            ? MallocParameters.Read(_memory, address, layout)
            : MallocParameters.Find(_pages, main.Mapping.Range, sbrkBase, _memory.PointerSize);

    // What an arena that is not contiguous got first, of all its segments, is not known.
    private static ulong? SbrkBaseOf(Arena arena) =>
        arena.State.IsUnused ? 0 : arena.State.IsNonContiguous || arena.Segments.Count == 0 ? null : arena.Segments[0].Range.Start;

    private void AddMmapped(
        MainArena main, MallocParameters? found, List<AddressRange> heaps, List<MmappedBlock> mmapped, List<Problem> problems)
    {
        if (found is { MmappedBlocks: 0 })
        {
            return;
        }

        var chunks = new MmappedChunks(_pages, _memory, main.Layout);
        List<MmappedBlock> blocks = chunks.Find(
            _mappings, heaps, found is null ? null : (found.MmappedBlocks, found.MmappedBytes));
        mmapped.AddRange(blocks);
        ulong bytes = blocks.Aggregate(0UL, (sum, b) => sum + b.Range.Length);
        if (found is not null && (ulong)blocks.Count != found.MmappedBlocks)
        {
            problems.Add(new Problem(
                ProblemKind.MissingSegments,
                0,
                found.Address,
                $"{blocks.Count} mmapped blocks of {bytes} bytes were found; malloc counts {found.MmappedBlocks} of {found.MmappedBytes} bytes"));
            IEnumerable<AddressRange> taken = heaps.Concat(blocks.Select(b => b.Range)).OrderBy(r => r.Start);
            int missing = (int)Math.Clamp((long)found.MmappedBlocks - blocks.Count, 0, MaxBroken);
            problems.AddRange(chunks.FindBroken(_mappings, [.. taken], missing).Select(chunk => new Problem(
                ProblemKind.BrokenSize, 0, chunk, $"the size of the mmapped block at 0x{chunk:x} is not that of any mapping there")));
        }
    }
}
