using System.Buffers.Binary;
using PageAlloc.Targets;

namespace PageAlloc.Heaps.Glibc;

/// <summary>A thread's cache of free blocks.</summary>
internal sealed class Tcache
{
    /// <summary>The bytes that one takes in a snapshot at least.</summary>
    public const int LeastRecord = 3;

    private readonly byte[] _bytes;

    private Tcache(ulong address, TcacheLayout form, byte[] bytes)
    {
        Address = address;
        Form = form;
        _bytes = bytes;
    }

    /// <summary>The address of the structure: a user pointer.</summary>
    public ulong Address { get; }

    /// <summary>The number of its thread; 0 when it was not found.</summary>
    public int Tid { get; init; }

    /// <summary>Its form.</summary>
    public TcacheLayout Form { get; }

    /// <summary>The chunks cached.</summary>
    public List<ulong> Chunks { get; } = [];

    /// <summary>The bytes of these chunks, as far as their sizes can be read.</summary>
    public ulong Bytes(MemoryCache memory) => Chunks.Aggregate(
        0UL, (sum, chunk) => sum + (memory.TryReadWord(chunk + (ulong)memory.PointerSize, out ulong size) ? size & ChunkBits.SizeMask : 0));

    /// <summary>How many of them are in lists that come to an end.</summary>
    public int WholeChunks { get; private set; }

    /// <summary>Whether the counters agree with the lists. When not: a thread is at work on it, it is damaged, or it is no tcache.</summary>
    public bool IsConsistent { get; private set; } = true;

    /// <summary>Lists that do not come to an end.</summary>
    public List<Problem> Problems { get; } = [];

    /// <summary>
    /// Reads the structure at <paramref name="address"/>, with every list. Null when it is none: too many of its lists lead
    /// elsewhere than to chunks of the right size.
    /// </summary>
    public static Tcache? Read(MemoryCache memory, ulong address, TcacheLayout form, GlibcLayout layout, int tid = 0)
    {
        var bytes = new byte[form.Size(layout.PointerSize)];
        if (!memory.TryRead(address, bytes))
        {
            return null;
        }

        var cache = new Tcache(address, form, bytes) { Tid = tid };
        int whole = 0;
        int limit = -1;
        for (int bin = 0; bin < form.Bins; bin++)
        {
            ulong head = memory.Word(bytes.AsSpan(form.EntriesOffset + (bin * layout.PointerSize)));
            int count = form.CounterSize == 1 ? bytes[bin] : BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(2 * bin));
            int before = cache.Chunks.Count;
            int known = cache.Problems.Count;
            if (!cache.ReadList(memory, layout, bin, head))
            {
                cache.IsConsistent = false;
                continue;
            }

            int length = cache.Chunks.Count - before;
            cache.WholeChunks += length;
            whole += length != 0 ? 1 : 0;

            // Since 2.42, slots left and blocks cached add up to the same number in every bin.
            limit = limit < 0 && form.CountsFreeSlots && cache.Problems.Count == known ? count + length : limit;
            bool isCut = cache.Problems.Count != 0 && cache.Problems[^1].Kind == ProblemKind.Swapped && cache.Problems.Count > known;
            bool agrees = isCut || (form.CountsFreeSlots ? count + length == limit : count == length);
            cache.IsConsistent &= agrees;
            if (head == 0 && !agrees && cache.Problems.Exists(p => p.Kind != ProblemKind.Swapped))
            {
                return null;
            }
        }

        return cache.Problems.Count(p => p.Kind != ProblemKind.Swapped) <= 1 + whole ? cache : null;
    }

    /// <summary>Writes where it is and what it holds.</summary>
    public void Write(SectionWriter w)
    {
        w.Number(Address);
        w.Number(Tid);
        ulong before = 0;
        ulong[] chunks = [.. Chunks.Order()];
        w.List(chunks, chunk =>
        {
            w.Number(chunk - before);
            before = chunk;
        });
    }

    /// <summary>Reads what <see cref="Write"/> wrote: the chunks are in address order, and the structure itself is empty.</summary>
    public static Tcache Read(SectionReader r)
    {
        var cache = new Tcache(r.Number(), new TcacheLayout(0, 1, false), []) { Tid = r.Number(int.MaxValue) };
        ulong before = 0;
        cache.Chunks.AddRange(r.List(1, () => before += r.Number()));
        return cache;
    }

    /// <summary>Whether the structure is still what it was when read.</summary>
    public bool IsUnchanged(MemoryCache memory) => memory.Holds(Address, _bytes);

    private bool ReadList(MemoryCache memory, GlibcLayout layout, int bin, ulong head)
    {
        ulong size = bin < TcacheLayout.SmallBins ? layout.MinimumSize + (ulong)(layout.Alignment * bin) : 0;
        // No counter holds more.
        int most = Form.CounterSize == 1 ? byte.MaxValue : ushort.MaxValue;
        int start = Chunks.Count;
        int checkpoint = start;
        for (ulong user = head; user != 0;)
        {
            ulong chunk = user - (ulong)layout.HeaderSize;
            if (user % (ulong)layout.Alignment == 0 && (memory.IsSwapped(user) || memory.IsSwapped(chunk + (ulong)layout.PointerSize)))
            {
                Problems.Add(new Problem(
                    ProblemKind.Swapped, 0, user, $"bin {bin} of the tcache at 0x{Address:x} leads to 0x{user:x}, which is swapped out: what follows counts as used"));
                return true;
            }

            if (user % (ulong)layout.Alignment != 0 || Chunks.Count - start > most
                || !memory.TryReadWord(chunk + (ulong)layout.PointerSize, out ulong word)
                || (size != 0 && (word & ChunkBits.SizeMask) != size)
                || !memory.TryReadWord(user, out ulong stored))
            {
                // The wrong link stands in the chunk before.
                ulong place = Chunks.Count > start ? Chunks[^1] : Address;
                Problems.Add(new Problem(
                    ProblemKind.BrokenLink, 0, place, $"bin {bin} of the tcache at 0x{Address:x} leads from 0x{place:x} to 0x{user:x}, where no block of its size is"));
                return false;
            }

            // Lists are short; the checkpoint moves on by powers of two, so that any cycle comes back to it.
            if (Chunks.Count > start && chunk == Chunks[checkpoint])
            {
                List<ulong> once = [.. Chunks.Skip(start).Distinct()];
                Chunks.RemoveRange(start, Chunks.Count - start);
                Chunks.AddRange(once);
                Problems.Add(new Problem(
                    ProblemKind.ListCycle, 0, chunk, $"bin {bin} of the tcache at 0x{Address:x} comes back to 0x{chunk:x} and never ends: a double free?"));
                return false;
            }

            Chunks.Add(chunk);
            int length = Chunks.Count - start;
            checkpoint = (length & (length - 1)) == 0 ? Chunks.Count - 1 : checkpoint;
            user = ListLink.Decode(stored, user, layout);
        }

        return true;
    }
}
