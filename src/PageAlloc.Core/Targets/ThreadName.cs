using System.Globalization;
using PageAlloc.Interop;

namespace PageAlloc.Targets;

/// <summary>A thread, and the kernel's short name of it.</summary>
/// <param name="Tid">The number that we know it by.</param>
/// <param name="Name">Its name, 15 bytes at most; null when it has ended, or no file tells it.</param>
public readonly record struct ThreadName(int Tid, ReadOnlyMemory<byte>? Name)
{
    private const int MaxBytes = 256;

    /// <summary>All threads of a target that runs or stands still; null when it has ended.</summary>
    /// <param name="target">The target.</param>
    public static IReadOnlyList<ThreadName>? ReadAll(ITarget target)
    {
        if (target is IThreadSource source)
        {
            return [.. source.Threads.Select(t => new ThreadName(t.Tid, t.Name))];
        }

        if (target is ISections sections)
        {
            return ProcessSections.ReadThreads(sections);
        }

        int pid = target.Info.Pid;
        try
        {
            return [.. ThreadNumbers.Of(target).Values.Select(tid => new ThreadName(tid, NameOf(pid, tid)))];
        }
        catch (TargetException e) when (e.Failure == TargetFailure.Ended)
        {
            return null;
        }
    }

    private static ReadOnlyMemory<byte>? NameOf(int pid, int tid)
    {
        using LinuxFile? file = LinuxFile.Open(null, string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/task/{tid}/comm"), out _);
        byte[]? name = file?.ReadToEnd(MaxBytes, out _);
        return name?.AsMemory(0, name.AsSpan().TrimEnd((byte)'\n').Length);
    }
}
