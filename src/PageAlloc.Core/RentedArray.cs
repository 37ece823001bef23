using System.Buffers;

namespace PageAlloc;

/// <summary>
/// A large array for a while: another process that is read afterwards gets the same one. New ones of that size would each bring a
/// collection of the managed heap nearer.
/// </summary>
/// <param name="length">How many elements; what they hold is anybody's.</param>
internal sealed class RentedArray<T>(int length) : IDisposable
{
    private T[]? _array = ArrayPool<T>.Shared.Rent(length);

    /// <summary>The elements, exactly as many as were asked for.</summary>
    public Span<T> Span => _array.AsSpan(0, length);

    /// <summary>Gives it back: nobody may use its elements any more.</summary>
    public void Dispose()
    {
        if (_array is not null)
        {
            ArrayPool<T>.Shared.Return(_array);
            _array = null;
        }
    }
}
