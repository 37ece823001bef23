using System.Buffers.Binary;

namespace PageAlloc.Heaps.Glibc;

/// <summary>A thread control block, which is the beginning of struct pthread.</summary>
/// <param name="Pointer">Its address: the thread pointer.</param>
/// <param name="Tid">The number of the thread, as we know it; 0 when it was not found.</param>
internal readonly record struct ThreadBlock(ulong Pointer, int Tid);

/// <summary>
/// Tells the blocks of living threads from those that glibc keeps of dead ones: in struct pthread the thread's number
/// follows the two pointers by which the thread is in a list, at one offset in all threads. In a dead one it is 0.
/// source: nptl/descr.h, struct pthread
/// </summary>
/// <param name="memory">The target's memory.</param>
/// <param name="tids">The threads by the numbers that the process itself knows, with the numbers that we know.</param>
internal sealed class ThreadDescriptors(MemoryCache memory, IReadOnlyDictionary<int, int> tids)
{
    // The offset of the number is 104 to 720; no struct pthread is smaller than this.
    private const int SearchedBytes = 1024;

    // glibc keeps the stacks of dead threads up to 40 MiB; a stack has 16 KiB at least.
    private const int MostDead = 4096;

    private readonly byte[] _bytes = new byte[SearchedBytes];
    private readonly List<ulong> _pointers = [];
    private readonly Dictionary<int, HashSet<int>> _numbers = [];
    private bool _isListless;

    /// <summary>Whether all threads have their block, or there are more blocks than there can be.</summary>
    public bool IsComplete { get; private set; }

    // Where the number is in struct pthread: where most threads have theirs.
    private int NumberOffset => _numbers.MaxBy(n => (n.Value.Count, -n.Key)).Key;

    /// <summary>Adds what may be a block.</summary>
    public void Add(ulong pointer)
    {
        if (!memory.TryRead(pointer, _bytes))
        {
            return;
        }

        _pointers.Add(pointer);
        int w = memory.PointerSize;
        bool isListed = false;
        for (int at = 4 * w; at + sizeof(int) <= SearchedBytes; at += w)
        {
            ulong node = pointer + (ulong)(at - (2 * w));
            ulong next = memory.Word(_bytes.AsSpan(at - (2 * w)));
            ulong previous = memory.Word(_bytes.AsSpan(at - w));
            if (next == 0 || previous == 0 || ((next | previous) & (ulong)(w - 1)) != 0 || !IsLinked(node, next, previous))
            {
                continue;
            }

            isListed = true;
            int tid = BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(at));
            if (tids.ContainsKey(tid))
            {
                if (!_numbers.TryGetValue(at, out HashSet<int>? found))
                {
                    _numbers.Add(at, found = []);
                }

                found.Add(tid);
                IsComplete |= found.Count == tids.Count;
            }
        }

        // Until 2.33 a process without libpthread keeps neither lists nor numbers; it has one thread.
        _isListless |= !isListed && tids.Count == 1;
        IsComplete |= _isListless || _pointers.Count > tids.Count + MostDead;
    }

    /// <summary>
    /// Adds the blocks that the lists of those found lead to. A program may give a thread a stack of its own, in a block of a
    /// heap; that thread is in one list with the main one. source: nptl/allocatestack.c, stack_user
    /// </summary>
    public void FollowLists()
    {
        if (IsComplete || _numbers.Count == 0)
        {
            return;
        }

        var w = (ulong)memory.PointerSize;
        ulong list = (ulong)NumberOffset - (2 * w);
        var known = _pointers.ToHashSet();
        foreach (ulong start in _pointers.ToArray())
        {
            ulong node = start + list;
            while (!IsComplete && memory.TryReadWord(node, out ulong next) && known.Add(next - list))
            {
                if (memory.TryReadWord(next - list, out ulong self) && self == next - list
                    && memory.TryReadWord(self + (2 * w), out ulong again) && again == self)
                {
                    Add(self);
                }

                // A ring longer than all threads there can be is none.
                if (known.Count > tids.Count + (2 * MostDead))
                {
                    return;
                }

                node = next;
            }
        }
    }

    /// <summary>The blocks of the living threads, in address order; all that were added, without numbers, when no number is found in any.</summary>
    public List<ThreadBlock> Living()
    {
        _pointers.Sort();
        if (_numbers.Count == 0)
        {
            int only = tids.Count == 1 && _pointers.Count == 1 ? tids.Values.First() : 0;
            return _pointers.ConvertAll(pointer => new ThreadBlock(pointer, only));
        }

        int offset = NumberOffset;
        var living = new List<ThreadBlock>();
        foreach (ulong pointer in _pointers)
        {
            if (memory.TryReadInt(pointer + (ulong)offset, out uint inner) && tids.TryGetValue((int)inner, out int tid))
            {
                living.Add(new ThreadBlock(pointer, tid));
            }
        }

        return living;
    }

    // A neighbour that is swapped out can't be asked.
    private bool IsLinked(ulong node, ulong next, ulong previous) =>
        (!memory.TryReadWord(next + (ulong)memory.PointerSize, out ulong back) || back == node)
        && (!memory.TryReadWord(previous, out ulong forward) || forward == node);
}
