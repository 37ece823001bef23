using System.Collections;

namespace PageAlloc.Pages;

/// <summary>Neighbouring pages of one state.</summary>
/// <param name="FirstPage">The number of the first page within its mapping.</param>
/// <param name="Count">The number of base pages; never 0.</param>
/// <param name="State">Their state.</param>
public readonly record struct PageRun(ulong FirstPage, ulong Count, PageState State)
{
    /// <summary>The number of the first page behind.</summary>
    public ulong EndPage => FirstPage + Count;
}

/// <summary>
/// The states of all pages of a mapping, run-length encoded: a byte of state, then the count in groups of 7 bits.
/// Two bytes a run is the rule, so that the worst target costs two bytes a resident page.
/// </summary>
public sealed class PageRuns : IEnumerable<PageRun>
{
    private readonly byte[] _encoded;

    internal PageRuns(byte[] encoded) => _encoded = encoded;

    /// <summary>The bytes, as a snapshot keeps them.</summary>
    internal ReadOnlySpan<byte> Encoded => _encoded;

    /// <summary>Takes bytes that come from elsewhere; null when they are no runs of that many pages.</summary>
    internal static PageRuns? Checked(byte[] encoded, ulong pages)
    {
        ulong left = pages;
        for (int at = 0; at < encoded.Length;)
        {
            if (!PageState.IsCode(encoded[at++]) || !TryCount(encoded, ref at, out ulong count) || count == 0 || count > left)
            {
                return null;
            }

            left -= count;
        }

        return left == 0 ? new PageRuns(encoded) : null;
    }

    private static bool TryCount(byte[] encoded, ref int at, out ulong count)
    {
        count = 0;
        for (int shift = 0; shift < 63 && at < encoded.Length; shift += 7)
        {
            byte b = encoded[at++];
            count |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Goes through the runs in address order. Neighbouring runs differ in state.</summary>
    public Enumerator GetEnumerator() => new(_encoded);

    IEnumerator<PageRun> IEnumerable<PageRun>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Goes through the runs of a mapping.</summary>
    public struct Enumerator : IEnumerator<PageRun>
    {
        private readonly byte[] _encoded;
        private int _at;

        internal Enumerator(byte[] encoded) => _encoded = encoded;

        /// <summary>The run arrived at.</summary>
        public PageRun Current { get; private set; }

        readonly object IEnumerator.Current => Current;

        /// <summary>Goes to the next run; false at the end.</summary>
        public bool MoveNext()
        {
            if (_at == _encoded.Length)
            {
                return false;
            }

            PageState state = PageState.FromCode(_encoded[_at++]);
            ulong count = 0;
            for (int shift = 0; ; shift += 7)
            {
                byte b = _encoded[_at++];
                count |= (ulong)(b & 0x7f) << shift;
                if (b < 0x80)
                {
                    break;
                }
            }

            Current = new PageRun(Current.EndPage, count, state);
            return true;
        }

        /// <summary>Goes back to the start.</summary>
        public void Reset()
        {
            _at = 0;
            Current = default;
        }

        /// <summary>Does nothing; there is nothing to free.</summary>
        public readonly void Dispose()
        {
        }
    }

    /// <summary>Collects the runs of one mapping after another; equal neighbours become one run.</summary>
    internal sealed class Builder
    {
        private byte[] _buffer = new byte[256];
        private int _length;
        private PageState _state;
        private ulong _count;

        /// <summary>The number of pages added so far.</summary>
        public ulong Pages { get; private set; }

        /// <summary>Adds <paramref name="count"/> pages.</summary>
        public void Add(PageState state, ulong count)
        {
            Pages += count;
            if (state == _state)
            {
                _count += count;
            }
            else if (count != 0)
            {
                Flush();
                _state = state;
                _count = count;
            }
        }

        /// <summary>Adds one page for each code of <paramref name="codes"/>.</summary>
        public void Add(ReadOnlySpan<byte> codes)
        {
            while (!codes.IsEmpty)
            {
                int run = codes.IndexOfAnyExcept(codes[0]);
                run = run < 0 ? codes.Length : run;
                Add(PageState.FromCode(codes[0]), (ulong)run);
                codes = codes[run..];
            }
        }

        /// <summary>Gives the runs added and begins anew.</summary>
        public PageRuns Take()
        {
            Flush();
            var runs = new PageRuns(_buffer.AsSpan(0, _length).ToArray());
            _length = 0;
            _count = 0;
            Pages = 0;
            return runs;
        }

        private void Flush()
        {
            if (_count == 0)
            {
                return;
            }

            if (_buffer.Length - _length < 12)
            {
                Array.Resize(ref _buffer, _buffer.Length * 2);
            }

            _buffer[_length++] = _state.Code;
            for (; _count >= 0x80; _count >>= 7)
            {
                _buffer[_length++] = (byte)(_count | 0x80);
            }

            _buffer[_length++] = (byte)_count;
            _count = 0;
        }
    }
}
