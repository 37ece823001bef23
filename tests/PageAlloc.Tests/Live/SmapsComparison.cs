using System.Buffers;
using System.Text;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Live;

/// <summary>Holds what the program shows against the kernel's own counts, number for number.</summary>
internal static class SmapsComparison
{
    private const int Attempts = 20;
    private const int MaxShown = 20;

    /// <summary>A look at a process, and smaps of the same moment: taken before and after, and both equal.</summary>
    public static (Smaps Smaps, ShownProcess Shown) LookAt(int pid, Func<int, ShownProcess> show)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            Smaps before = Smaps.Read(pid);
            ShownProcess shown = show(pid);
            if (before.Equals(Smaps.Read(pid)))
            {
                return (before, shown);
            }
        }

        throw new TimeoutException($"process {pid} did not stand still in {Attempts} looks");
    }

    /// <summary>Equal but for what the program says is not known: at most <paramref name="mayBeNotKnown"/>.</summary>
    public static void AssertEqual(Smaps smaps, ShownProcess shown, params string[] mayBeNotKnown)
    {
        Assert.Subset(mayBeNotKnown.ToHashSet(), shown.NotKnown.ToHashSet());
        var differences = new List<string>();
        for (int i = 0; i < Math.Max(smaps.Mappings.Count, shown.Mappings.Count); i++)
        {
            SmapsMapping? kernel = smaps.Mappings.ElementAtOrDefault(i);
            ShownMapping? ours = shown.Mappings.ElementAtOrDefault(i);
            string kernelLine = kernel is null ? "none" : Identity(kernel);
            string line = ours is null ? "none" : Identity(ours);
            if (kernel is null || ours is null || kernelLine != line)
            {
                differences.Add($"mapping {i}: the kernel has {kernelLine}, shown is {line}");
                break;
            }

            differences.AddRange(Differences(kernel, ours, shown.NotKnown).Select(d => $"{kernel}: {d}"));
        }

        Assert.True(differences.Count == 0, string.Join("\n", differences.Take(MaxShown)));
    }

    private static IEnumerable<string> Differences(
        SmapsMapping kernel, ShownMapping ours, IReadOnlySet<string> notKnown)
    {
        ulong page = (ulong)Environment.SystemPageSize;
        ulong counted = ours.Counts.Values.Aggregate(0UL, (sum, pages) => sum + pages);
        ulong ran = ours.Runs.Aggregate(0UL, (sum, run) => sum + run.Pages);
        ulong anonymous = ours.Pages("anonymous") + ours.Pages("ksm");
        ulong file = ours.Pages("file");
        bool hugetlb = kernel.IsHugetlb;
        bool ksmKnown = !notKnown.Contains("ksm"), hugeKnown = !notKnown.Contains("hugePages");
        ulong kernelHugetlb = kernel.Bytes("Shared_Hugetlb") + kernel.Bytes("Private_Hugetlb");
        ulong kernelHugeAnonymous = hugeKnown ? kernel.Bytes("AnonHugePages") : 0;
        ulong kernelHugeFile = hugeKnown ? kernel.Bytes("ShmemPmdMapped") + kernel.Bytes("FilePmdMapped") : 0;

        (string What, ulong Shown, ulong Kernel)[] pairs =
        [
            ("total", ours.Total * page, kernel.End - kernel.Start),
            ("sum of the states", counted, ours.Total),
            ("sum of the runs", ran, ours.Total),
            ("Rss", hugetlb ? 0 : (anonymous + file) * page, kernel.Bytes("Rss")),
            ("*_Hugetlb", hugetlb ? (anonymous + file) * page : 0, kernelHugetlb),
            ("Anonymous", hugetlb ? 0 : anonymous * page, kernel.Bytes("Anonymous")),
            ("KSM", kernel.Knows("KSM") ? ours.Pages("ksm") * page : 0, ksmKnown ? kernel.Bytes("KSM") : 0),
            ("Swap", (ours.Pages("swapped") * page) + ours.SwappedSharedBytes, kernel.Bytes("Swap")),
            ("AnonHugePages", hugetlb ? 0 : ours.Pages("anonymous2M") * page, kernelHugeAnonymous),
            ("*PmdMapped", hugetlb ? 0 : ours.Pages("file2M") * page, kernelHugeFile),
            ("hugetlb page size", ours.HugetlbPageSize ?? 0, hugetlb ? kernel.Bytes("KernelPageSize") : 0),
        ];
        foreach ((string what, ulong shownValue, ulong kernelValue) in pairs.Where(p => p.Shown != p.Kernel))
        {
            yield return $"{what}: the kernel says {kernelValue}, shown is {shownValue}";
        }

        // The runs say the same as the counts, with shared memory counted as file.
        foreach (IGrouping<string, StateRun> state in ours.Runs.GroupBy(
            run => run.State.Replace("sharedMemory", "file", StringComparison.Ordinal)))
        {
            ulong inRuns = state.Aggregate(0UL, (sum, run) => sum + run.Pages);
            if (inRuns != ours.Counts.GetValueOrDefault(state.Key))
            {
                yield return $"{state.Key}: {inRuns} in the runs, {ours.Counts.GetValueOrDefault(state.Key)} counted";
            }
        }
    }

    private static string Identity(SmapsMapping m) =>
        $"{m.Start:x}-{m.End:x} {m.Permissions} {m.Offset:x} {m.Device} {m.Inode} {Shown(m.Name)}";

    private static string Identity(ShownMapping m) =>
        $"{m.Start:x}-{m.End:x} {m.Permissions} {m.Offset:x} {m.Device} {m.Inode} {m.Name}";

    // The name's bytes as the contract wants them: UTF-8, and \xNN for each byte that is none.
    private static string Shown(string bytes)
    {
        ReadOnlySpan<byte> rest = Encoding.Latin1.GetBytes(bytes);
        var text = new StringBuilder();
        while (!rest.IsEmpty)
        {
            bool valid = Rune.DecodeFromUtf8(rest, out Rune rune, out int length) == OperationStatus.Done;
            text.Append(valid ? rune.ToString() : string.Concat(rest[..length].ToArray().Select(b => $"\\x{b:x2}")));
            rest = rest[length..];
        }

        return text.ToString();
    }
}
