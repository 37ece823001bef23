using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using PageAlloc.Targets;

namespace PageAlloc.Heaps;

/// <summary>
/// Reads words and structures anywhere in a target. Pages once read are kept, so that lists that wander through a heap cost
/// one read a page. Absent pages are zeros, which is what private anonymous memory, where heaps are, would give. The pages are
/// kept outside the managed heap, whose collections would copy them.
/// </summary>
internal sealed unsafe class MemoryCache : IDisposable
{
    // 4096 pages: with base pages of 4 KiB, 16 MiB. Each has four places to be in, so that few push each other out again and again.
    private const int Ways = 4;
    private const int SetBits = 10;
    private const int Slots = Ways << SetBits;

    // Most heaps are small: memory is taken for so many pages at a time.
    private const int PagesPerPiece = 32;

    private readonly IMemory _memory;
    private readonly ulong[] _pages = new ulong[Slots];
    private readonly PageAccess[] _access = new PageAccess[Slots];
    private readonly nint[] _bytes = new nint[Slots];
    private readonly bool[] _isHeld = new bool[Slots];
    private readonly byte[] _oldest = new byte[Slots / Ways];
    private readonly List<nint> _pieces = [];
    private readonly int _pageShift;
    private int _pagesLeft;

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

    /// <summary>See <see cref="IMemory.FirstReadable"/>.</summary>
    public ulong FirstReadable(ulong address, ulong end) => _memory.FirstReadable(address, end);

    /// <summary>See <see cref="IMemory.FirstWritten"/>.</summary>
    public ulong FirstWritten(ulong address, ulong end) => _memory.FirstWritten(address, end);

    /// <summary>Forgets what was read: the target may have changed.</summary>
    public void Clear() => Array.Clear(_isHeld);

    /// <summary>Frees the pages.</summary>
    public void Dispose()
    {
        _pieces.ForEach(piece => NativeMemory.Free((void*)piece));
        _pieces.Clear();
        _pagesLeft = 0;
        Array.Clear(_bytes);
        Clear();
    }

    /// <summary>Reads bytes; false when any of them is swapped out or unreadable.</summary>
    public bool TryRead(ulong address, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int offset = (int)(address & (ulong)(PageSize - 1));
            int length = Math.Min(buffer.Length, PageSize - offset);
            if (!TryPage(address >> _pageShift, out ReadOnlySpan<byte> page))
            {
                return false;
            }

            page.Slice(offset, length).CopyTo(buffer);
            buffer = buffer[length..];
            address = unchecked(address + (ulong)length);
        }

        return true;
    }

    /// <summary>Whether these bytes are what stands at an address.</summary>
    public bool Holds(ulong address, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int offset = (int)(address & (ulong)(PageSize - 1));
            int length = Math.Min(bytes.Length, PageSize - offset);
            if (!TryPage(address >> _pageShift, out ReadOnlySpan<byte> page) || !page.Slice(offset, length).SequenceEqual(bytes[..length]))
            {
                return false;
            }

            bytes = bytes[length..];
            address = unchecked(address + (ulong)length);
        }

        return true;
    }

    /// <summary>Whether what stands at an address could not be read because it is swapped out.</summary>
    public bool IsSwapped(ulong address) => AccessOf(address) == PageAccess.Swapped;

    /// <summary>What comes of reading the page of an address.</summary>
    public PageAccess AccessOf(ulong address) => _access[Load(address >> _pageShift)];

    /// <summary>Reads a pointer or size_t.</summary>
    public bool TryReadWord(ulong address, out ulong word)
    {
        int offset = (int)(address & (ulong)(PageSize - 1));
        if (offset <= PageSize - PointerSize)
        {
            bool isRead = TryPage(address >> _pageShift, out ReadOnlySpan<byte> page);
            word = isRead ? Word(page[offset..]) : 0;
            return isRead;
        }

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

    // Arenas of threads lie at multiples of 64 MiB: by the low bits alone all of them would have one place.
    private static int SetOf(ulong page) => (int)(unchecked(page * 0x9E3779B97F4A7C15) >> (64 - SetBits));

    private bool TryPage(ulong page, out ReadOnlySpan<byte> bytes)
    {
        int slot = Load(page);
        bytes = new ReadOnlySpan<byte>((void*)_bytes[slot], PageSize);
        return _access[slot] is PageAccess.Data or PageAccess.Absent;
    }

    // The slot that holds the page, which is read when none does.
    private int Load(ulong page)
    {
        int set = SetOf(page);
        int first = set * Ways;
        for (int slot = first; slot < first + Ways; slot++)
        {
            if (_pages[slot] == page && _isHeld[slot])
            {
                return slot;
            }
        }

        int taken = first + _oldest[set];
        _oldest[set] = (byte)((_oldest[set] + 1) % Ways);
        if (_bytes[taken] == 0)
        {
            _bytes[taken] = NewPage();
        }

        Misses++;
        _isHeld[taken] = false;
        _memory.ReadPages(page << _pageShift, new Span<byte>((void*)_bytes[taken], PageSize), _access.AsSpan(taken, 1));
        _pages[taken] = page;
        _isHeld[taken] = true;
        return taken;
    }

    private nint NewPage()
    {
        if (_pagesLeft == 0)
        {
            _pieces.Add((nint)NativeMemory.Alloc((nuint)PageSize, PagesPerPiece));
            _pagesLeft = PagesPerPiece;
        }

        return _pieces[^1] + (--_pagesLeft * PageSize);
    }
}
