using System.Buffers.Binary;
using PageAlloc.Targets;

namespace PageAlloc.Heaps.Glibc;

/// <summary>struct malloc_state of one arena, as it was read.</summary>
public sealed class ArenaState
{
    private readonly byte[] _bytes;
    private readonly GlibcLayout _layout;

    private ArenaState(ulong address, byte[] bytes, GlibcLayout layout)
    {
        Address = address;
        _bytes = bytes;
        _layout = layout;
    }

    /// <summary>The arena's address.</summary>
    public ulong Address { get; }

    /// <summary>The lock: 0 when no thread is inside. Processes of one thread never take it.</summary>
    public uint Mutex => BinaryPrimitives.ReadUInt32LittleEndian(_bytes);

    /// <summary>Whether its segments need not follow each other (always so of thread arenas).</summary>
    public bool IsNonContiguous => (BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(4)) & GlibcLayout.NonContiguous) != 0;

    /// <summary>The top chunk.</summary>
    public ulong Top => Word(_layout.TopOffset);

    /// <summary>The next arena of the ring.</summary>
    public ulong Next => Word(_layout.NextOffset);

    /// <summary>Threads that use it; null in releases that do not count them.</summary>
    public ulong? AttachedThreads => _layout.HasAttachedThreads ? Word(_layout.AttachedThreadsOffset) : null;

    /// <summary>Bytes obtained from the system.</summary>
    public ulong SystemBytes => Word(_layout.SystemMemOffset);

    /// <summary>Whether it has no heap yet: the top chunk is then the first bin's head, inside the arena itself.</summary>
    public bool IsUnused => Top == 0 || Top == BinHead(1);

    /// <summary>Where the head of a bin stands for a chunk: its fd and bk fall on the bin's two words.</summary>
    public ulong BinHead(int bin) => Address + (ulong)_layout.BinsOffset + (ulong)(2 * _layout.PointerSize * bin) - (ulong)(4 * _layout.PointerSize);

    /// <summary>The first chunk of a bin, 1 to 127; the head itself when it is empty.</summary>
    public ulong BinFirst(int bin) => Word(_layout.BinsOffset + (2 * _layout.PointerSize * (bin - 1)));

    /// <summary>The last chunk of a bin.</summary>
    public ulong BinLast(int bin) => Word(_layout.BinsOffset + (2 * _layout.PointerSize * (bin - 1)) + _layout.PointerSize);

    /// <summary>The first chunk of a fastbin; 0 when it is empty.</summary>
    public ulong Fastbin(int index) => Word(_layout.FastbinsOffset + (index * _layout.PointerSize));

    /// <summary>Whether the arena is still what it was when read, lock included.</summary>
    internal bool IsUnchanged(MemoryCache memory) => memory.Holds(Address, _bytes);

    internal static ArenaState? Read(MemoryCache memory, ulong address, GlibcLayout layout)
    {
        var bytes = new byte[layout.StateSize];
        return memory.TryRead(address, bytes) ? new ArenaState(address, bytes, layout) : null;
    }

    /// <summary>Writes what is wanted of it once its lists were followed.</summary>
    internal void Write(SectionWriter w)
    {
        w.Number(Address);
        w.Number(Mutex);
        w.Number(BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(4)));
        w.Number(Top);
        w.Number(Next);
        w.Number(AttachedThreads ?? 0);
        w.Number(SystemBytes);
    }

    /// <summary>Reads what <see cref="Write"/> wrote: all bins are empty.</summary>
    internal static ArenaState Read(SectionReader r, GlibcLayout layout)
    {
        var state = new ArenaState(r.Number(), new byte[layout.StateSize], layout);
        BinaryPrimitives.WriteUInt32LittleEndian(state._bytes, (uint)r.Number());
        BinaryPrimitives.WriteUInt32LittleEndian(state._bytes.AsSpan(4), (uint)r.Number());
        state.SetWord(layout.TopOffset, r.Number());
        state.SetWord(layout.NextOffset, r.Number());
        ulong attached = r.Number();
        if (layout.HasAttachedThreads)
        {
            state.SetWord(layout.AttachedThreadsOffset, attached);
        }

        state.SetWord(layout.SystemMemOffset, r.Number());
        return state;
    }

    private void SetWord(int offset, ulong word)
    {
        if (_layout.PointerSize == 8)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(_bytes.AsSpan(offset), word);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(offset), (uint)word);
        }
    }

    private ulong Word(int offset) => _layout.PointerSize == 8
        ? BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(offset))
        : BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(offset));
}
