using System.Globalization;
using PageAlloc.Interop;

namespace PageAlloc.Targets;

/// <summary>
/// A process whose main thread has left, by pthread_exit, while others run on: its own directory is that of a zombie, and
/// shows no memory. Those of its threads do.
/// </summary>
internal static class LiveThread
{
    /// <summary>The directory of a thread that is alive when <paramref name="directory"/> is that of such a process; else itself.</summary>
    public static LinuxFile Of(LinuxFile directory, int pid)
    {
        if (!IsZombie(directory))
        {
            return directory;
        }

        string tasks = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/task");
        foreach (string path in Directory.Exists(tasks) ? Directory.EnumerateDirectories(tasks) : [])
        {
            LinuxFile? thread = LinuxFile.Open(null, path, out _, LibC.O_PATH);
            if (thread is not null && !IsZombie(thread))
            {
                directory.Dispose();
                return thread;
            }

            thread?.Dispose();
        }

        return directory;
    }

    private static bool IsZombie(LinuxFile directory)
    {
        using LinuxFile? status = LinuxFile.Open(directory, "status", out _);
        return ProcStatus.Field(status?.ReadToEnd(64 << 10, out _), "State:"u8).StartsWith("Z"u8);
    }
}
