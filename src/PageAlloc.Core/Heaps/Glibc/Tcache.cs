using System.Buffers.Binary;

namespace PageAlloc.Heaps.Glibc;

/// <summary>A thread's cache of free blocks.</summary>
internal sealed class Tcache
{
    private const int MaxBlocks = 1 << 24;

    private readonly byte[] _bytes;

    private Tcache(ulong address, TcacheLayout form, byte[] bytes, List<ulong> chunks, bool isConsistent)
    {
        _bytes = bytes;
        Address = address;
        Form = form;
        Chunks = chunks;
        IsConsistent = isConsistent;
    }

    /// <summary>The address of the structure: a user pointer.</summary>
    public ulong Address { get; }

    /// <summary>Its form.</summary>
    public TcacheLayout Form { get; }

    /// <summary>The chunks cached.</summary>
    public List<ulong> Chunks { get; }

    /// <summary>Whether the counters agree with the lists. When not: a thread is at work on it, or it is no tcache.</summary>
    public bool IsConsistent { get; }

    /// <summary>
    /// Reads the structure at <paramref name="address"/>, with every list. Null when it is none: its lists lead elsewhere than
    /// to chunks of the right size.
    /// </summary>
    public static Tcache? Read(MemoryCache memory, ulong address, TcacheLayout form, GlibcLayout layout)
    {
        var bytes = new byte[form.Size(layout.PointerSize)];
        if (!memory.TryRead(address, bytes))
        {
            return null;
        }

        var chunks = new List<ulong>();
        bool consistent = true;
        int limit = -1;
        for (int bin = 0; bin < form.Bins; bin++)
        {
            ulong head = memory.Word(bytes.AsSpan(form.EntriesOffset + (bin * layout.PointerSize)));
            int count = form.CounterSize == 1 ? bytes[bin] : BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(2 * bin));
            int before = chunks.Count;
            ulong size = bin < TcacheLayout.SmallBins ? layout.MinimumSize + (ulong)(layout.Alignment * bin) : 0;
            if (!ReadList(memory, layout, head, size, chunks))
            {
                return null;
            }

            int length = chunks.Count - before;
            if (form.CountsFreeSlots)
            {
                // Slots left and blocks cached add up to the same number in every bin.
                limit = limit < 0 ? count + length : limit;
                consistent &= count + length == limit;
            }
            else
            {
                consistent &= count == length;
            }
        }

        return new Tcache(address, form, bytes, chunks, consistent);
    }

    /// <summary>Whether the structure is still what it was when read.</summary>
    public bool IsUnchanged(MemoryCache memory)
    {
        var now = new byte[_bytes.Length];
        return memory.TryRead(Address, now) && now.AsSpan().SequenceEqual(_bytes);
    }

    private static bool ReadList(MemoryCache memory, GlibcLayout layout, ulong user, ulong size, List<ulong> chunks)
    {
        int start = chunks.Count;
        while (user != 0)
        {
            ulong chunk = user - (ulong)layout.HeaderSize;
            if (user % (ulong)layout.Alignment != 0 || chunks.Count - start > MaxBlocks
                || !memory.TryReadWord(chunk + (ulong)layout.PointerSize, out ulong word)
                || (size != 0 && (word & ~7UL) != size)
                || !memory.TryReadWord(user, out ulong stored))
            {
                return false;
            }

            chunks.Add(chunk);
            user = ListLink.Decode(stored, user, layout);
        }

        return true;
    }
}
