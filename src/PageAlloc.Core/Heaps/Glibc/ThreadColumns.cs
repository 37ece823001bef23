namespace PageAlloc.Heaps.Glibc;

/// <summary>
/// Finds the place of a variable that every thread has: a distance below the thread pointer at which all threads have a word
/// that it may hold. A single word proves nothing, as below the storage of a thread are the remains of its calls.
/// </summary>
/// <param name="wordSize">The size of a word.</param>
/// <param name="bytes">How far below the thread pointer to look.</param>
/// <param name="test">Says of a word whether it is a value of the variable; null when it tells nothing. 0 never does.</param>
internal sealed class ThreadColumns(int wordSize, int bytes, Func<ulong, bool?> test)
{
    /// <summary>How far below the thread pointer libc's variables are, unless a program has large ones of its own.</summary>
    public const int NearBytes = 4096;

    /// <summary>How far they are looked for.</summary>
    public const int FarBytes = 64 << 10;

    // Values found; -1 once a word was found that the variable can't hold. Index: words below the pointer, less one.
    private readonly int[] _values = new int[bytes / wordSize];

    /// <summary>Takes in the storage of a thread, which ends at its pointer.</summary>
    public void Add(MemoryCache memory, ReadOnlySpan<byte> storage)
    {
        for (int index = 0; (index + 1) * wordSize <= storage.Length; index++)
        {
            // Most words are 0, the value of every variable that was not used yet.
            ulong word = _values[index] < 0 ? 0 : memory.Word(storage[^((index + 1) * wordSize)..]);
            if (word != 0 && test(word) is { } isValue)
            {
                _values[index] = isValue ? _values[index] + 1 : -1;
            }
        }
    }

    /// <summary>The distances below the pointer with the most values, nearest first; none when there is no value at all.</summary>
    public List<int> Best()
    {
        int most = Math.Max(1, _values.Max());
        return [.. Enumerable.Range(0, _values.Length).Where(i => _values[i] == most).Select(i => (i + 1) * wordSize)];
    }

    /// <summary>All distances with a value, nearest first.</summary>
    public List<int> All() =>
        [.. Enumerable.Range(0, _values.Length).Where(i => _values[i] > 0).Select(i => (i + 1) * wordSize)];

    /// <summary>Whether no thread has anything else there.</summary>
    public bool MayBe(int distance) =>
        distance > 0 && distance % wordSize == 0 && distance <= bytes && _values[(distance / wordSize) - 1] >= 0;
}
