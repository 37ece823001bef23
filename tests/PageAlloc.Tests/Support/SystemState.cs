using System.Diagnostics;
using System.Globalization;

namespace PageAlloc.Tests.Support;

/// <summary>
/// A change of the whole system, undone when disposed of. A shell that waits for the end of its standard input undoes
/// it, so it is undone as well when the tests are killed; that shell holds a lock, so two runs never mix their changes.
/// </summary>
internal sealed class SystemState : IDisposable
{
    private const string Lock = "/var/tmp/pagealloc-tests.lock";
    private const string TransparentHugepage = "/sys/kernel/mm/transparent_hugepage";
    private const string KsmFolder = "/sys/kernel/mm/ksm";
    private const string HugetlbFolder = "/sys/kernel/mm/hugepages";
    private const long SwapMebibytes = 64;
    private const long LeastKilobytesForGiant = 4 << 20;

    // It asks for a change and its undoing in one line each. ^C reaches the whole process group and must not stop it.
    private const string Keeper = """
        trap '' INT TERM HUP QUIT
        echo locked
        IFS= read -r change && IFS= read -r undo || exit 0
        sh -ec "$change" && echo changed || echo failed
        read -r _
        sh -ec "$undo"
        """;

    private readonly Process _keeper;

    // What is to be restored is only read once nobody else can be in the middle of a change.
    private SystemState(Func<(string Change, string Undo)> plan)
    {
        _keeper = Launch.Start("flock", ["--wait", "300", Lock, "sh", "-c", Keeper]);
        if (_keeper.StandardOutput.ReadLine() != "locked")
        {
            throw new TimeoutException($"another run of the tests holds {Lock}: {End()}");
        }

        (string change, string undo) = plan();
        _keeper.StandardInput.WriteLine(change);
        _keeper.StandardInput.WriteLine(undo);
        _keeper.StandardInput.Flush();
        if (_keeper.StandardOutput.ReadLine() != "changed")
        {
            throw new InvalidOperationException($"the system could not be changed: {change}: {End()}");
        }
    }

    /// <summary>A temporary swap file.</summary>
    public static SystemState Swap()
    {
        Skips.Unless(Launch.IsRoot, "needs root");
        string file = $"/var/tmp/pagealloc-{Guid.NewGuid():N}.swap";
        return Change("needs swap that the machine cannot have", () => (
            $"umask 077; dd if=/dev/zero of={file} bs=1M count={SwapMebibytes} status=none; "
                + $"mkswap -q {file}; swapon {file}",
            $"! grep -q {file} /proc/swaps || swapoff {file}; rm -f {file}"));
    }

    /// <summary>KSM at work. What it merged is split again only if nothing was merged before.</summary>
    public static SystemState Ksm()
    {
        Skips.Unless(Launch.IsRoot, "needs root");
        Skips.Unless(Directory.Exists(KsmFolder), "needs a kernel with KSM");
        return Change("needs a kernel with KSM", () =>
        {
            string run = Read($"{KsmFolder}/run"), scan = Read($"{KsmFolder}/pages_to_scan");
            bool idle = run == "0" && Read($"{KsmFolder}/pages_shared") == "0";
            string unmerge = idle ? Write($"{KsmFolder}/run", "2") : "true";
            return (
                $"{Write($"{KsmFolder}/pages_to_scan", "1000")}; {Write($"{KsmFolder}/run", "1")}",
                $"{unmerge}; {Write($"{KsmFolder}/run", run)}; {Write($"{KsmFolder}/pages_to_scan", scan)}");
        });
    }

    /// <summary>More 2M hugetlb pages in the pool.</summary>
    public static SystemState Hugetlb(int count) =>
        Pool("hugepages-2048kB", count, "needs 2M hugetlb pages that the machine cannot give now");

    /// <summary>One more 1G hugetlb page, on a machine that does not miss it.</summary>
    public static SystemState GiantHugetlb()
    {
        const string reason = "needs 1G hugetlb pages that the machine cannot give now";
        string available = File.ReadLines("/proc/meminfo")
            .First(line => line.StartsWith("MemAvailable:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        Skips.Unless(long.Parse(available, CultureInfo.InvariantCulture) > LeastKilobytesForGiant, reason);
        return Pool("hugepages-1048576kB", 1, reason);
    }

    /// <summary>Shared memory becomes 2M where it asks for it.</summary>
    public static SystemState SharedHuge()
    {
        Skips.Unless(Directory.Exists(TransparentHugepage), "needs a kernel with transparent huge pages");
        return Settings(
            "needs a kernel with transparent huge pages",
            ($"{TransparentHugepage}/shmem_enabled", "advise"));
    }

    /// <summary>Which private memory becomes huge: always, madvise or never.</summary>
    public static SystemState HugePageMode(string mode)
    {
        const string reason = "needs a kernel with transparent huge pages";
        string ofSize = $"{TransparentHugepage}/hugepages-2048kB/enabled";
        Skips.Unless(Directory.Exists(TransparentHugepage), reason);
        (string, string)[] settings = File.Exists(ofSize) ? [(ofSize, "inherit")] : [];
        return Settings(reason, [.. settings, ($"{TransparentHugepage}/enabled", mode)]);
    }

    /// <summary>Memory that asks for large folios gets them of this size alone.</summary>
    public static SystemState MediumFolios(int kibibytes, bool shared)
    {
        const string reason = "needs a kernel with folios of middle sizes";
        string file = shared ? "shmem_enabled" : "enabled";
        Skips.Unless(File.Exists($"{TransparentHugepage}/hugepages-{kibibytes}kB/{file}"), reason);
        return Settings(
            reason,
            ($"{TransparentHugepage}/hugepages-2048kB/{file}", "never"),
            ($"{TransparentHugepage}/hugepages-{kibibytes}kB/{file}", shared ? "advise" : "madvise"));
    }

    public void Dispose()
    {
        string error = End();
        if (error.Length > 0)
        {
            throw new InvalidOperationException($"the system could not be put back: {error}");
        }
    }

    private static SystemState Pool(string size, int more, string reason)
    {
        string file = $"{HugetlbFolder}/{size}/nr_hugepages";
        Skips.Unless(Launch.IsRoot, "needs root");
        Skips.Unless(File.Exists(file), reason);
        return Change(reason, () =>
        {
            int before = int.Parse(Read(file), CultureInfo.InvariantCulture);
            // The kernel takes any number and gives what it has.
            return (
                $"{Write(file, $"{before + more}")}; test $(cat {file}) -eq {before + more}",
                Write(file, $"{before}"));
        });
    }

    private static SystemState Settings(string reason, params (string File, string Value)[] settings)
    {
        Skips.Unless(Launch.IsRoot, "needs root");
        return Change(reason, () => (
            string.Join("; ", settings.Select(s => Write(s.File, s.Value))),
            string.Join("; ", settings.Reverse().Select(s => Write(s.File, Read(s.File))))));
    }

    private static SystemState Change(string reason, Func<(string Change, string Undo)> plan)
    {
        try
        {
            return new SystemState(plan);
        }
        catch (InvalidOperationException)
        {
            Skips.Because(reason);
            throw;
        }
    }

    private static string Write(string file, string value) => $"echo {value} > {file}";

    // A list of choices marks the one that holds: always [madvise] never.
    private static string Read(string file)
    {
        string text = File.ReadAllText(file).Trim();
        int open = text.IndexOf('[', StringComparison.Ordinal);
        return open < 0 ? text : text[(open + 1)..text.IndexOf(']', StringComparison.Ordinal)];
    }

    private string End()
    {
        _keeper.StandardInput.Close();
        string error = _keeper.StandardError.ReadToEnd();
        _keeper.WaitForExit();
        int code = _keeper.ExitCode;
        _keeper.Dispose();
        return code == 0 ? error : $"{error} (exit {code})";
    }
}
