using System.Buffers.Binary;
using PageAlloc.Targets;

namespace PageAlloc.Tests.Heaps.Synthetic;

/// <summary>Memory made of the pages that were written to. It counts what is read, and may be changed and changed back.</summary>
internal sealed class SyntheticMemory(int pointerSize) : IMemory
{
    private const ulong PageMask = 4095;

    private readonly Dictionary<ulong, byte[]> _pages = [];
    private readonly Stack<(ulong Address, byte Value)> _changes = [];
    private readonly HashSet<ulong> _swapped = [];
    private bool _isKept;

    public int PageSize => 4096;

    // Nothing is written while several threads read; what they count may be too low then.
    public IMemory Again() => this;

    /// <summary>What reading a page tells that was never written to. pagemap says of unmapped pages what it says of absent ones.</summary>
    public PageAccess Elsewhere { get; set; } = PageAccess.Absent;

    /// <summary>Pages read so far.</summary>
    public long PagesRead { get; private set; }

    /// <summary>Calls so far, of any number of pages.</summary>
    public long Calls { get; private set; }

    public IEnumerable<ulong> Pages => _pages.Keys;

    public void ReadPages(ulong address, Span<byte> buffer, Span<PageAccess> access)
    {
        Calls++;
        PagesRead += access.Length;
        for (int i = 0; i < access.Length; i++)
        {
            Span<byte> to = buffer.Slice(i * PageSize, PageSize);
            ulong place = unchecked(address + ((ulong)i * (PageMask + 1)));
            if (_swapped.Contains(place))
            {
                to.Clear();
                access[i] = PageAccess.Swapped;
            }
            else if (_pages.TryGetValue(place, out byte[]? page))
            {
                page.CopyTo(to);
                access[i] = PageAccess.Data;
            }
            else
            {
                to.Clear();
                access[i] = Elsewhere;
            }
        }
    }

    /// <summary>Has a page swapped out.</summary>
    public void PageOut(ulong address) => _swapped.Add(address & ~PageMask);

    /// <summary>Has what is there, zeros at first, in memory.</summary>
    public void Touch(ulong address)
    {
        if (!_pages.ContainsKey(address & ~PageMask))
        {
            _pages.Add(address & ~PageMask, new byte[PageSize]);
        }
    }

    public byte this[ulong address]
    {
        get => _pages.TryGetValue(address & ~PageMask, out byte[]? page) ? page[address & PageMask] : (byte)0;
        set
        {
            Touch(address);
            byte[] page = _pages[address & ~PageMask];
            if (_isKept)
            {
                _changes.Push((address, page[address & PageMask]));
            }

            page[address & PageMask] = value;
        }
    }

    public void Put(ulong address, ulong word) => PutBytes(address, word, pointerSize);

    public void PutInt(ulong address, uint value) => PutBytes(address, value, sizeof(uint));

    public void PutShort(ulong address, int value) => PutBytes(address, (ulong)value, sizeof(ushort));

    public ulong Get(ulong address)
    {
        ulong word = 0;
        for (int i = pointerSize - 1; i >= 0; i--)
        {
            word = (word << 8) | this[address + (ulong)i];
        }

        return word;
    }

    /// <summary>From here on changes are kept, for <see cref="Restore"/>.</summary>
    public void Keep() => _isKept = true;

    /// <summary>Takes back all changes since <see cref="Keep"/>; nothing has been read.</summary>
    public void Restore()
    {
        _isKept = false;
        while (_changes.TryPop(out (ulong Address, byte Value) change))
        {
            this[change.Address] = change.Value;
        }

        _isKept = true;
        PagesRead = Calls = 0;
    }

    public void Dispose()
    {
    }

    private void PutBytes(ulong address, ulong value, int count)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        for (int i = 0; i < count; i++)
        {
            this[address + (ulong)i] = bytes[i];
        }
    }
}
