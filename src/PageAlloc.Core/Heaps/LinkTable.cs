namespace PageAlloc.Heaps;

/// <summary>
/// Words of a heap by their address, added in ascending order: the links of chunks that may be in a list. A list that goes
/// to and fro in gigabytes is followed in this table, where memory would cost a page read for each link. 16 bytes a word.
/// </summary>
internal sealed class LinkTable
{
    private readonly List<ulong> _firsts = [];
    private readonly List<Piece> _pieces = [];

    /// <summary>Adds a word; its address is behind that of the last.</summary>
    public void Add(ulong address, ulong word)
    {
        if (_pieces.Count == 0 || _pieces[^1].IsFull)
        {
            _firsts.Add(address);
            _pieces.Add(new Piece());
        }

        _pieces[^1].Add(address, word);
    }

    /// <summary>Nothing more is added.</summary>
    public void Complete()
    {
        if (_pieces.Count != 0)
        {
            _pieces[^1].Complete();
        }
    }

    /// <summary>Finds the word at an address.</summary>
    public bool TryFind(ulong address, out ulong word)
    {
        int piece = _firsts.BinarySearch(address);
        piece = piece < 0 ? ~piece - 1 : piece;
        word = 0;
        return piece >= 0 && _pieces[piece].TryFind(address, out word);
    }

    /// <summary>Some words in a row. Which of them lie in an equal part of its range is kept, as most parts hold a few only.</summary>
    private sealed class Piece
    {
        private const int Length = 1 << 14;
        private const int Parts = 1 << 12;

        private readonly ulong[] _addresses = GC.AllocateUninitializedArray<ulong>(Length);
        private readonly ulong[] _words = GC.AllocateUninitializedArray<ulong>(Length);
        private readonly ushort[] _partStarts = new ushort[Parts + 1];
        private int _count;
        private int _shift;

        public bool IsFull => _count == Length;

        public void Add(ulong address, ulong word)
        {
            _addresses[_count] = address;
            _words[_count++] = word;
            if (IsFull)
            {
                Complete();
            }
        }

        public void Complete()
        {
            _shift = 0;
            while (PartOf(_addresses[_count - 1]) >= Parts)
            {
                _shift++;
            }

            int part = 0;
            for (int i = 0; i < _count; i++)
            {
                for (; (ulong)part <= PartOf(_addresses[i]); part++)
                {
                    _partStarts[part] = (ushort)i;
                }
            }

            _partStarts.AsSpan(part).Fill((ushort)_count);
        }

        public bool TryFind(ulong address, out ulong word)
        {
            ulong part = PartOf(address);
            word = 0;
            if (part >= Parts)
            {
                return false;
            }

            int start = _partStarts[part];
            int found = _addresses.AsSpan(start, _partStarts[part + 1] - start).BinarySearch(address);
            word = found < 0 ? 0 : _words[start + found];
            return found >= 0;
        }

        private ulong PartOf(ulong address) => (address - _addresses[0]) >> _shift;
    }
}
