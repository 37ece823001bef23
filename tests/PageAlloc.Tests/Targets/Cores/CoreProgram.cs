using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Targets.Cores;

/// <summary>Makes core files of a process that stands still: by gdb, which leaves it as it is, and by the kernel, which ends it.</summary>
internal static class CoreProgram
{
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(60);

    /// <summary>A core file by gdb's gcore; the process goes on.</summary>
    public static string Gcore(int pid, string folder)
    {
        Skips.Unless(Launch.Find("gcore") is not null, "gdb is not installed");
        string path = Path.Combine(folder, "gcore");
        Launch.Run("gcore", "-o", path, $"{pid}");
        return $"{path}.{pid}";
    }

    /// <summary>A core file by the kernel: the process, which stands in its folder, is ended by SIGABRT.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="folder">Its working directory; the file is written there.</param>
    /// <param name="filter">What is dumped, as in core(5); null for the usual.</param>
    public static string Abort(int pid, string folder, int? filter = null)
    {
        string pattern = File.ReadAllText("/proc/sys/kernel/core_pattern").Trim();
        Skips.Unless(!pattern.Contains('/') && !pattern.Contains('|') && pattern.StartsWith("core", StringComparison.Ordinal), "the kernel writes no core files into the working directory here");
        Launch.Run("prlimit", "--core=unlimited:unlimited", "--pid", $"{pid}");
        if (filter is { } bits)
        {
            File.WriteAllText($"/proc/{pid}/coredump_filter", $"0x{bits:x}");
        }

        Signals.Send(pid, Signals.Abort);
        var watch = System.Diagnostics.Stopwatch.StartNew();

        // A child of the program stays a zombie until that collects it; the file is whole before.
        while (!HasEnded(pid))
        {
            Assert.True(watch.Elapsed < EndLimit, $"process {pid} does not end");
            Thread.Yield();
        }

        return Assert.Single(Directory.GetFiles(folder, "core*"));
    }

    private static bool HasEnded(int pid)
    {
        try
        {
            return Vitals.State(pid) is 'Z' or 'X';
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }
}
