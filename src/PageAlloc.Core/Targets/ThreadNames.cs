using System.Globalization;
using PageAlloc.Interop;

namespace PageAlloc.Targets;

/// <summary>The kernel's short names of threads (comm).</summary>
internal static class ThreadNames
{
    private const int MaxBytes = 256;

    /// <summary>The name of a thread, 15 bytes at most; null when it has ended.</summary>
    public static ReadOnlyMemory<byte>? Of(int pid, int tid)
    {
        using LinuxFile? file = LinuxFile.Open(null, string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/task/{tid}/comm"), out _);
        byte[]? name = file?.ReadToEnd(MaxBytes, out _);
        return name?.AsMemory(0, name.AsSpan().TrimEnd((byte)'\n').Length);
    }
}
