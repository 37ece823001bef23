using PageAlloc.Heaps.Glibc;
using PageAlloc.Mappings;
using PageAlloc.Targets;

namespace PageAlloc.Heaps;

/// <summary>Finds the malloc heaps of a target and keeps its memory open for walking them.</summary>
public sealed class HeapReader : IDisposable
{
    private readonly ITarget _target;
    private readonly IReadOnlyList<Mapping> _mappings;
    private readonly LibcFiles _files;
    private readonly HeapOptions _options;

    private HeapReader(
        ITarget target, IMemory memory, MemoryCache cache, IReadOnlyList<Mapping> mappings, IReadOnlyDictionary<int, int> tids, HeapOptions options)
    {
        _target = target;
        _mappings = mappings;
        _options = options;
        _files = new LibcFiles(target, mappings, options);
        WasForked = target is IProcDirectory process ? ProcStat.WasForked(process.ReadText("stat")) : target is IThreadSource { WasForked: true };
        Tids = tids;
        Pointers = (target as IThreadSource)?.Threads.Where(t => t.Pointer != 0).ToDictionary(t => t.Tid, t => t.Pointer);
        Memory = memory;
        Cache = cache;
        Heaps = Find(mappings);
    }

    /// <summary>The heaps, as they were when last looked for.</summary>
    public HeapSet Heaps { get; private set; }

    /// <summary>Whether the process was forked and ran no other program since: only then a tcache may have no thread.</summary>
    internal bool WasForked { get; }

    /// <summary>The threads by the numbers that the process itself knows, with the numbers that we know.</summary>
    internal IReadOnlyDictionary<int, int> Tids { get; }

    /// <summary>The thread pointers by the numbers of the threads, where the target tells them; else null.</summary>
    internal IReadOnlyDictionary<int, ulong>? Pointers { get; }

    /// <summary>Whether the target stands still.</summary>
    internal bool IsStopped => _options.IsStopped;

    internal IMemory Memory { get; }

    internal MemoryCache Cache { get; }

    /// <summary>Looks for the heaps of <paramref name="target"/>.</summary>
    /// <param name="target">The target; its memory must be readable.</param>
    /// <param name="mappings">Its mappings.</param>
    /// <param name="options">How to look for them; null for the usual way.</param>
    /// <exception cref="TargetException">The memory can't be opened, or debug information was asked for and there is none that fits.</exception>
    public static HeapReader Open(ITarget target, IReadOnlyList<Mapping> mappings, HeapOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        return Open(target, mappings, null, options ?? HeapOptions.Default);
    }

    /// <summary>The same, with the threads told: the target need not be a process of this machine.</summary>
    internal static HeapReader Open(ITarget target, IReadOnlyList<Mapping> mappings, IReadOnlyDictionary<int, int>? tids, HeapOptions options)
    {
        if (target is not IMemorySource source)
        {
            throw new TargetException(TargetFailure.NotSupported, $"{target.Info.Name} holds no memory to read");
        }

        IMemory memory = source.OpenMemory(options.SwapIn);
        var cache = new MemoryCache(memory, target.Info.PointerSize == 4 ? 4 : 8);
        try
        {
            return new HeapReader(target, memory, cache, mappings, tids ?? ThreadNumbers.Of(target), options);
        }
        catch
        {
            cache.Dispose();
            memory.Dispose();
            throw;
        }
    }

    /// <summary>Looks for the heaps anew: the target has changed.</summary>
    public void Refresh()
    {
        Cache.Clear();
        Heaps = Find(_mappings);
    }

    /// <summary>The same for a second look, in the mappings of now: malloc counts blocks that have got one since.</summary>
    internal void LookAgain()
    {
        Cache.Clear();
        Heaps = Find(_target is LiveProcess ? MappingTable.Read(_target) : _mappings);
    }

    /// <summary>Goes back to heaps that were found before: those that were walked are the ones to show, whatever a second look found.</summary>
    internal void Restore(HeapSet heaps) => Heaps = heaps;

    /// <summary>The addresses of the arenas that are not what they were when read, or whose tcaches are not.</summary>
    internal IReadOnlySet<ulong> FindChanged()
    {
        if (IsStopped)
        {
            return new HashSet<ulong>();
        }

        Cache.Clear();
        var changed = Heaps.Arenas
            .Where(a => !a.State.IsUnchanged(Cache))
            .Select(a => a.Address).ToHashSet();
        var arenas = new ArenaIndex(Heaps.Arenas);
        foreach (Tcache cache in Heaps.Tcaches.Where(t => !t.IsUnchanged(Cache)))
        {
            // It may hold blocks of any arena; most are of the one that it lies in.
            foreach (ulong address in cache.Chunks.Prepend(cache.Address))
            {
                if (arenas.Of(address) is { } arena)
                {
                    changed.Add(arena.Address);
                }
            }
        }

        return changed;
    }

    /// <summary>The threads that are found in memory, of a process whose heaps are not glibc's too.</summary>
    internal IReadOnlyList<HeapThread> FindThreads() =>
        Heaps.Threads.Count != 0 ? Heaps.Threads : new ThreadsFound(Cache, ThreadPointers.Find(Memory, Cache, _mappings, [], Tids, Pointers, out _)).All;

    /// <summary>Puts other problems in the place of those that are of no arena.</summary>
    internal void Replace(IReadOnlyList<Problem> problems) => Heaps = Heaps with { Problems = problems };

    /// <summary>Adds tcaches that no thread has.</summary>
    internal void Add(IReadOnlyList<Tcache> orphans)
    {
        if (orphans.Count == 0)
        {
            return;
        }

        var problems = new List<Problem>(Heaps.Problems);
        foreach (Tcache orphan in orphans)
        {
            Heaps.Lists.Add(orphan);
        }

        Heaps.Lists.Complete(problems);
        Heaps = Heaps with { OrphanTcaches = orphans, OrphanTcacheBytes = orphans.Aggregate(0UL, (sum, t) => sum + t.Bytes(Cache)), Problems = problems };
    }

    /// <summary>Follows the lists of an arena in a table of its links.</summary>
    internal void FollowLists(Arena arena, LinkTable links)
    {
        var found = new List<Problem>(arena.Problems);
        Heaps.Lists.Add(Cache, arena.State, arena.Layout, found, links);
        var general = new List<Problem>(Heaps.Problems);
        Heaps.Lists.Complete(general);
        Arena[] arenas = [.. Heaps.Arenas.Select(a => a.Address == arena.Address ? a with { Problems = found } : a)];
        Heaps = Heaps with { Arenas = arenas, Problems = general };
    }

    /// <summary>Closes the memory.</summary>
    public void Dispose()
    {
        Cache.Dispose();
        Memory.Dispose();
    }

    private HeapSet Find(IReadOnlyList<Mapping> mappings)
    {
        HeapSet? glibc = new GlibcHeaps(Memory, Cache, mappings, Tids, Pointers, _files, _options.IsDescribed).Find();
        return (glibc ?? new HeapSet { Allocator = OtherAllocators.Name(mappings) }) with { WasForked = WasForked };
    }
}
