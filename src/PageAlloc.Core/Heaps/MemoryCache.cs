using System.Buffers.Binary;
using System.Numerics;
using PageAlloc.Targets;

namespace PageAlloc.Heaps;

/// <summary>
/// Reads words and structures anywhere in a target. Pages once read are kept, so that lists that wander through a heap cost
/// one read a page. Absent pages are zeros, which is what private anonymous memory, where heaps are, would give.
/// </summary>
internal sealed class MemoryCache
{
    // 4096 pages: with base pages of 4 KiB, 16 MiB.
    private const int Slots = 4096;

    private readonly IMemory _memory;
    private readonly ulong[] _pages = new ulong[Slots];
    private readonly PageAccess[] _access = new PageAccess[Slots];
    private readonly byte[]?[] _bytes = new byte[Slots][];
    private readonly int _pageShift;

    public MemoryCache(IMemory memory, int pointerSize)
    {
        _memory = memory;
        PointerSize = pointerSize;
        _pageShift = BitOperations.Log2((uint)memory.PageSize);
    }

    /// <summary>The size of a pointer in bytes, 4 or 8.</summary>
    public int PointerSize { get; }

    /// <summary>The size of a page in bytes.</summary>
    public int PageSize => _memory.PageSize;

    /// <summary>The pages that were read so far: those asked for and not held.</summary>
    public ulong Misses { get; private set; }

    /// <summary>See <see cref="IMemory.FirstPresent"/>.</summary>
    public ulong FirstPresent(ulong address, ulong end) => _memory.FirstPresent(address, end);

    /// <summary>See <see cref="IMemory.FirstWritten"/>.</summary>
    public ulong FirstWritten(ulong address, ulong end) => _memory.FirstWritten(address, end);

    /// <summary>Forgets what was read: the target may have changed.</summary>
    public void Clear() => Array.Clear(_bytes);

    /// <summary>Reads bytes; false when any of them is swapped out or unreadable.</summary>
    public bool TryRead(ulong address, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int offset = (int)(address & (ulong)(PageSize - 1));
            int length = Math.Min(buffer.Length, PageSize - offset);
            if (!TryPage(address >> _pageShift, out byte[] page))
            {
                return false;
            }

            page.AsSpan(offset, length).CopyTo(buffer);
            buffer = buffer[length..];
            address = unchecked(address + (ulong)length);
        }

        return true;
    }

    /// <summary>Whether what stands at an address could not be read because it is swapped out.</summary>
    public bool IsSwapped(ulong address) => AccessOf(address) == PageAccess.Swapped;

    /// <summary>What comes of reading the page of an address.</summary>
    public PageAccess AccessOf(ulong address)
    {
        ulong page = address >> _pageShift;
        _ = TryPage(page, out _);
        return _access[SlotOf(page)];
    }

    /// <summary>Reads a pointer or size_t.</summary>
    public bool TryReadWord(ulong address, out ulong word)
    {
        Span<byte> bytes = stackalloc byte[8];
        bytes = bytes[..PointerSize];
        bool read = TryRead(address, bytes);
        word = read ? Word(bytes) : 0;
        return read;
    }

    /// <summary>Reads an unsigned int.</summary>
    public bool TryReadInt(ulong address, out uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        bool read = TryRead(address, bytes);
        value = read ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : 0;
        return read;
    }

    /// <summary>The word at the start of <paramref name="bytes"/>, as wide as a pointer of the target.</summary>
    public ulong Word(ReadOnlySpan<byte> bytes) => PointerSize == 8
        ? BinaryPrimitives.ReadUInt64LittleEndian(bytes)
        : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    // Arenas of threads lie at multiples of 64 MiB: by the low bits alone all of them would have one slot.
    private static int SlotOf(ulong page) => (int)(unchecked(page * 0x9E3779B97F4A7C15) >> 52);

    private bool TryPage(ulong page, out byte[] bytes)
    {
        int slot = SlotOf(page);
        if (_bytes[slot] is not { } held || _pages[slot] != page)
        {
            held = _bytes[slot] ?? GC.AllocateUninitializedArray<byte>(PageSize);
            Misses++;
            _memory.ReadPages(page << _pageShift, held, _access.AsSpan(slot, 1));
            _bytes[slot] = held;
            _pages[slot] = page;
        }

        bytes = held;
        return _access[slot] is PageAccess.Data or PageAccess.Absent;
    }
}
