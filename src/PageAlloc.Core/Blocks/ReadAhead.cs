using System.Buffers;
using System.Runtime.ExceptionServices;
using PageAlloc.Targets;

namespace PageAlloc.Blocks;

/// <summary>
/// Reads what is wanted next on a thread of its own. Not on one of the runtime's pool: that ends the program where no more threads
/// may be made.
/// </summary>
internal sealed class ReadAhead : IDisposable
{
    private const int StackBytes = 256 << 10;

    private readonly IMemory _memory;
    private readonly Thread _thread;
    private readonly SemaphoreSlim _asked = new(0);
    private readonly SemaphoreSlim _answered = new(0);
    private byte[] _bytes = [];
    private PageAccess[] _access;
    private ulong _start;
    private int _length;
    private bool _isAsked;
    private bool _isEnding;
    private ExceptionDispatchInfo? _failure;

    private ReadAhead(IMemory memory, int pages)
    {
        _memory = memory;
        _access = new PageAccess[pages];
        _thread = new Thread(Run, StackBytes) { IsBackground = true };
    }

    /// <summary>Begins; null where no thread may be made.</summary>
    /// <param name="memory">The memory, which nobody else reads by this object; the caller goes on owning it.</param>
    /// <param name="pages">How many pages are read at once at most.</param>
    public static ReadAhead? TryStart(IMemory memory, int pages)
    {
        var reader = new ReadAhead(memory, pages);
        try
        {
            reader._thread.Start();
            return reader;
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            reader.Free();
            return null;
        }
    }

    /// <summary>Asks for pages; what was asked for before is dropped when nobody took it.</summary>
    /// <param name="start">Address of the first.</param>
    /// <param name="length">Their bytes.</param>
    public void Ask(ulong start, int length)
    {
        Await();
        _start = start;
        _length = length;
        _isAsked = true;
        _asked.Release();
    }

    /// <summary>Gives what was asked for; false when that is something else.</summary>
    /// <param name="start">Address of the first page that is wanted.</param>
    /// <param name="length">The bytes that are wanted.</param>
    /// <param name="bytes">Gets a rented array with them; the one that it was belongs to this object then.</param>
    /// <param name="access">Gets what came of each page; the same holds.</param>
    /// <exception cref="TargetException">They could not be read.</exception>
    public bool TryTake(ulong start, int length, ref byte[] bytes, ref PageAccess[] access)
    {
        if (!Await() || _start != start || _length != length)
        {
            return false;
        }

        _failure?.Throw();
        (bytes, _bytes) = (_bytes, bytes);
        (access, _access) = (_access, access);
        return true;
    }

    /// <summary>Ends the thread: nothing is being read any more.</summary>
    public void Dispose()
    {
        Await();
        _isEnding = true;
        _asked.Release();
        _thread.Join();
        Free();
    }

    // Whether something had been asked for, which is there now.
    private bool Await()
    {
        if (!_isAsked)
        {
            return false;
        }

        _answered.Wait();
        _isAsked = false;
        return true;
    }

    private void Run()
    {
        for (_asked.Wait(); !_isEnding; _asked.Wait())
        {
            try
            {
                _failure = null;
                if (_bytes.Length < _length)
                {
                    // The walk began with small windows.
                    Return();
                    _bytes = ArrayPool<byte>.Shared.Rent(_length);
                }

                _memory.ReadPages(_start, _bytes.AsSpan(0, _length), _access.AsSpan(0, _length / _memory.PageSize));
            }
            catch (Exception e)
            {
                // Thrown where the bytes are wanted.
                _failure = ExceptionDispatchInfo.Capture(e);
            }

            _answered.Release();
        }
    }

    private void Free()
    {
        Return();
        _asked.Dispose();
        _answered.Dispose();
    }

    private void Return()
    {
        if (_bytes.Length != 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }
    }
}
