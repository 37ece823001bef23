using System.Collections;
using System.Runtime.CompilerServices;

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
    // Where there are more runs than states, what they add up to is kept once it was asked for.
    private const int CountedBytes = 8 << 10;

    private readonly byte[] _encoded;
    private PageCounts? _counts;

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

    /// <summary>The pages in RAM; hugetlb pages are among them.</summary>
    public ulong Resident
    {
        get
        {
            ulong sum = 0;
            foreach (PageRun run in this)
            {
                sum += run.State.IsResident ? run.Count : 0;
            }

            return sum;
        }
    }

    /// <summary>The pages by state, counted once; null of runs that are as quickly gone through.</summary>
    internal PageCounts? Counts => _encoded.Length < CountedBytes ? null : _counts ??= PageCounts.Of(this);

    /// <summary>Goes through the runs in address order. Neighbouring runs differ in state.</summary>
    public Enumerator GetEnumerator() => new(_encoded);

    IEnumerator<PageRun> IEnumerable<PageRun>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Goes through the runs of a mapping.</summary>
    public struct Enumerator : IEnumerator<PageRun>
    {
        private readonly byte[] _encoded;
        private int _at;
        private byte _code;
        private ulong _first;
        private ulong _count;

        internal Enumerator(byte[] encoded) => _encoded = encoded;

        /// <summary>The run arrived at.</summary>
        public readonly PageRun Current => new(_first, _count, PageState.FromCode(_code));

        readonly object IEnumerator.Current => Current;

        /// <summary>Goes to the next run; false at the end.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool MoveNext()
        {
            byte[] encoded = _encoded;
            int at = _at;
            if (at >= encoded.Length)
            {
                return false;
            }

            _code = encoded[at];
            _first += _count;
            _count = encoded[at + 1];
            _at = at + 2;
            if (_count >= 0x80)
            {
                ReadLongCount();
            }

            return true;
        }

        /// <summary>Goes back to the start.</summary>
        public void Reset() => this = new Enumerator(_encoded);

        /// <summary>Does nothing; there is nothing to free.</summary>
        public readonly void Dispose()
        {
        }

        private void ReadLongCount()
        {
            _count &= 0x7f;
            for (int shift = 7; ; shift += 7)
            {
                byte b = _encoded[_at++];
                _count |= (ulong)(b & 0x7f) << shift;
                if (b < 0x80)
                {
                    break;
                }
            }
        }
    }

    /// <summary>Collects the runs of one mapping after another; equal neighbours become one run.</summary>
    internal sealed class Builder
    {
        private byte[] _buffer = new byte[256];
        private readonly PageRuns?[] _short = new PageRuns?[PageState.CodeCount];
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
            Reserve(2 * codes.Length);
            for (int at = 0; at < codes.Length;)
            {
                byte code = codes[at];
                int end = at + 1;

                // Where states alternate, runs are too short for a search to be worth its start.
                if (end < codes.Length && codes[end] == code)
                {
                    int rest = codes[end..].IndexOfAnyExcept(code);
                    end = rest < 0 ? codes.Length : end + rest;
                }

                if (code != _state.Code)
                {
                    Append();
                    _state = PageState.FromCode(code);
                }

                _count += (ulong)(end - at);
                at = end;
            }

            Pages += (ulong)codes.Length;
        }

        /// <summary>Gives the runs added and begins anew.</summary>
        public PageRuns Take()
        {
            Flush();
            PageRuns runs = Shared() ?? new PageRuns(_buffer.AsSpan(0, _length).ToArray());
            _length = 0;
            _count = 0;
            Pages = 0;
            return runs;
        }

        // Tens of thousands of mappings may have one page each, or one state: the bytes of those are kept once.
        private PageRuns? Shared()
        {
            if (_length != 2)
            {
                return null;
            }

            ref PageRuns? last = ref _short[_buffer[0]];
            if (last is null || last._encoded[1] != _buffer[1])
            {
                last = new PageRuns(_buffer.AsSpan(0, _length).ToArray());
            }

            return last;
        }

        private void Flush()
        {
            Reserve(0);
            Append();
        }

        // Room for so many bytes, and the longest run.
        private void Reserve(int bytes)
        {
            const int longestRun = 11;
            if (_buffer.Length - _length < bytes + longestRun)
            {
                Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + bytes + longestRun));
            }
        }

        // A run of fewer than 128 pages is two bytes, one of all that 64 bits can count eleven.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Append()
        {
            if (_count == 0)
            {
                return;
            }

            byte[] buffer = _buffer;
            int length = _length;
            ulong count = _count;
            buffer[length++] = _state.Code;
            for (; count >= 0x80; count >>= 7)
            {
                buffer[length++] = (byte)(count | 0x80);
            }

            buffer[length++] = (byte)count;
            _length = length;
            _count = 0;
        }
    }
}
