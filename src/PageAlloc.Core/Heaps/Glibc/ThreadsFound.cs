namespace PageAlloc.Heaps.Glibc;

/// <summary>Joins what each libc of a process keeps for the threads. A thread's arena is that of the first libc that gave it one.</summary>
/// <param name="memory">The target's memory.</param>
/// <param name="blocks">The control blocks of the threads.</param>
internal sealed class ThreadsFound(MemoryCache memory, IReadOnlyList<ThreadBlock> blocks)
{
    private readonly HeapThread[] _threads = Make(memory, blocks);

    /// <summary>The threads, in the order of their blocks.</summary>
    public IReadOnlyList<HeapThread> All => _threads;

    /// <summary>Takes what a libc keeps for them.</summary>
    public void Add(ThreadCaches caches)
    {
        var byAddress = caches.Caches.ToDictionary(c => c.Address);
        for (int i = 0; i < _threads.Length; i++)
        {
            MallocThread thread = caches.Threads[i];
            HeapThread before = _threads[i];
            Tcache? cache = byAddress.GetValueOrDefault(thread.Tcache);
            _threads[i] = before with
            {
                Arena = before.Arena != 0 ? before.Arena : thread.Arena,
                TcacheBlocks = before.TcacheBlocks + (ulong)(cache?.Chunks.Count ?? 0),
                TcacheBytes = before.TcacheBytes + (cache?.Bytes(memory) ?? 0),
            };
        }
    }

    private static HeapThread[] Make(MemoryCache memory, IReadOnlyList<ThreadBlock> blocks)
    {
        var stacks = new ThreadStacks(memory);
        return
        [
            .. blocks.Select(b => (Block: b, Stack: stacks.Of(b.Pointer))).Select(b => new HeapThread
            {
                Tid = b.Block.Tid,
                Pointer = b.Block.Pointer,
                Arena = 0,
                TcacheBlocks = 0,
                TcacheBytes = 0,
                Stack = b.Stack?.Stack,
                GuardBytes = b.Stack?.Guard ?? 0,
            }),
        ];
    }
}
