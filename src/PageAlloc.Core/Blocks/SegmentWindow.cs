using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using PageAlloc.Targets;

namespace PageAlloc.Blocks;

/// <summary>
/// A window that goes over a segment. It is small after a jump over a large block, and grows while chunks follow each other
/// closely, so that the insides of large blocks are not read.
/// </summary>
internal sealed class SegmentWindow
{
    private const int SmallPages = 4;
    private const int LargePages = 256;

    private readonly IMemory _memory;
    private readonly int _pointerSize;
    private readonly int _pageShift;
    private readonly IMemory? _again;
    private byte[] _bytes = [];
    private PageAccess[] _access = new PageAccess[LargePages];

    // Reads the window behind this one meanwhile: only where memory can be had twice, and threads.
    private ReadAhead? _ahead;
    private bool _canReadAhead;
    private ulong _start;
    private int _length;

    // What can be read without a gap, as far as that was looked for.
    private int _readableStart;
    private int _readableEnd;
    private int _pages = SmallPages;

    public SegmentWindow(IMemory memory, int pointerSize)
    {
        _memory = memory;
        _again = memory.IsReadAhead ? memory.Again() : null;
        _canReadAhead = _again is not null;
        _pointerSize = pointerSize;
        _pageShift = BitOperations.Log2((uint)memory.PageSize);
    }

    /// <summary>Does something with the window, which is empty before and after: nothing is being read when the memory is closed.</summary>
    public void Use(Action walk)
    {
        _length = 0;
        try
        {
            walk();
        }
        finally
        {
            _length = 0;
            _ahead?.Dispose();
            _ahead = null;
            Return(ref _bytes);
        }
    }

    /// <summary>The bytes from <paramref name="address"/>, <paramref name="count"/> of them; empty when a page of them can't be read.</summary>
    /// <param name="address">Where.</param>
    /// <param name="count">How many; at most a page.</param>
    /// <param name="limit">The end of the segment: nothing behind its page is read.</param>
    /// <param name="access">Why, when empty.</param>
    public ReadOnlySpan<byte> At(ulong address, int count, ulong limit, out PageAccess access)
    {
        ulong offset = address - _start;
        if (address < _start || offset + (ulong)count > (ulong)_length)
        {
            Load(address, limit);
            offset = address - _start;
        }

        if (offset + (ulong)count > (ulong)_length)
        {
            access = PageAccess.Unreadable;
            return default;
        }

        int first = (int)offset >> _pageShift;
        int last = ((int)offset + count - 1) >> _pageShift;
        access = IsReadable(_access[first]) ? _access[last] : _access[first];
        return IsReadable(access) ? _bytes.AsSpan((int)offset, count) : default;
    }

    /// <summary>What the window has from <paramref name="address"/> on, up to the first page that can't be read. A byte there was given by <see cref="At"/>.</summary>
    public ReadOnlySpan<byte> Readable(ulong address)
    {
        int offset = (int)(address - _start);
        if (offset < _readableStart || offset >= _readableEnd)
        {
            int page = offset >> _pageShift;
            _readableStart = page << _pageShift;
            int pages = _length >> _pageShift;
            while (page < pages && IsReadable(_access[page]))
            {
                page++;
            }

            _readableEnd = page << _pageShift;
        }

        return _bytes.AsSpan(offset, Math.Max(0, _readableEnd - offset));
    }

    /// <summary>The word at the start of <paramref name="bytes"/>.</summary>
    public ulong Word(ReadOnlySpan<byte> bytes) => _pointerSize == 8
        ? BinaryPrimitives.ReadUInt64LittleEndian(bytes)
        : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    // An absent page of anonymous memory is zeros.
    private static bool IsReadable(PageAccess access) => access is PageAccess.Data or PageAccess.Absent;

    private static void Return(ref byte[] bytes)
    {
        if (bytes.Length != 0)
        {
            ArrayPool<byte>.Shared.Return(bytes);
            bytes = [];
        }
    }

    private void Load(ulong address, ulong limit)
    {
        ulong mask = (ulong)_memory.PageSize - 1;
        ulong start = address & ~mask;
        ulong windowEnd = _start + (ulong)_length;
        bool follows = address >= _start && address < windowEnd + (ulong)(_memory.PageSize * SmallPages);
        _pages = follows && _length != 0 ? Math.Min(_pages * 4, LargePages) : SmallPages;
        ulong end = Math.Max((limit + mask) & ~mask, start + mask + 1);
        int pages = (int)Math.Min((ulong)_pages, (end - start) / (mask + 1));
        _start = start;
        _length = pages * _memory.PageSize;
        _readableStart = _readableEnd = 0;
        if (_ahead?.TryTake(_start, _length, ref _bytes, ref _access) != true)
        {
            // Most heaps are small, and many are walked one after another.
            if (_bytes.Length < _length)
            {
                Return(ref _bytes);
                _bytes = ArrayPool<byte>.Shared.Rent(_length);
            }

            _memory.ReadPages(start, _bytes.AsSpan(0, _length), _access.AsSpan(0, pages));
        }

        if (_canReadAhead && pages == LargePages && start + (ulong)_length < end)
        {
            _ahead ??= ReadAhead.TryStart(_again!, LargePages);
            _canReadAhead = _ahead is not null;
            _ahead?.Ask(start + (ulong)_length, (int)Math.Min((ulong)_length, end - start - (ulong)_length));
        }
    }
}
