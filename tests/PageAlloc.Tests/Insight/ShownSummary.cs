using System.Globalization;
using System.Text.Json;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Insight;

/// <summary>What <c>pagealloc summary PID --format json</c> says, and the kernel's own figures of the same moment.</summary>
internal sealed class ShownSummary
{
    private const int Attempts = 20;
    private readonly JsonElement _root;

    private ShownSummary(JsonElement root, Smaps smaps, IReadOnlyDictionary<string, ulong> status)
    {
        _root = root;
        Smaps = smaps;
        Status = status;
    }

    public Smaps Smaps { get; }

    /// <summary>The fields of /proc/PID/status that are in kB, in bytes.</summary>
    public IReadOnlyDictionary<string, ulong> Status { get; }

    public JsonElement Root => _root;

    public JsonElement Ledger => _root.GetProperty("ledger");

    public JsonElement[] Threads => [.. _root.GetProperty("threads").EnumerateArray()];

    public JsonElement[] Arenas => [.. _root.GetProperty("heaps").GetProperty("arenas").EnumerateArray()];

    /// <summary>A look at a process; the kernel's figures were equal before and after it.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="exitCode">What the command is to end with; null for 0 or 4.</param>
    public static ShownSummary Of(int pid, int? exitCode = 0)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            Smaps before = Smaps.Read(pid);
            Dictionary<string, ulong> status = ReadStatus(pid);
            CommandResult result = CommandRun.Run("summary", $"{pid}", "--format", "json");
            Assert.True(result.ExitCode == exitCode || (exitCode is null && result.ExitCode is 0 or 4), result.ToString());
            if (before.Equals(Smaps.Read(pid)) && status.SequenceEqual(ReadStatus(pid)))
            {
                return new ShownSummary(JsonDocument.Parse(result.Output).RootElement, before, status);
            }
        }

        throw new TimeoutException($"process {pid} did not stand still in {Attempts} looks");
    }

    public ulong Resident(string id) => Line(id).GetProperty("residentBytes").GetUInt64();

    public ulong Swapped(string id) => Line(id).GetProperty("swappedBytes").GetUInt64();

    public ulong Sum(string member) =>
        Ledger.GetProperty("lines").EnumerateArray().Aggregate(0UL, (sum, line) => sum + line.GetProperty(member).GetUInt64());

    public ulong OverArenas(Func<JsonElement, ulong> of) => Arenas.Aggregate(0UL, (sum, arena) => sum + of(arena));

    /// <summary>The lines add up to what the kernel counts, page for page.</summary>
    public void AssertAddsUp()
    {
        Assert.Equal(Smaps.Sum("Rss"), Sum("residentBytes"));
        Assert.Equal(Smaps.Sum("Rss"), Member("residentBytes"));
        Assert.Equal(Smaps.Sum("Swap"), Sum("swappedBytes"));
        Assert.Equal(Smaps.Sum("Swap"), Member("swappedBytes"));
        Assert.Equal(Smaps.Sum("Anonymous"), Member("privateBytes"));
        Assert.Equal(Smaps.Sum("Shared_Hugetlb") + Smaps.Sum("Private_Hugetlb"), Member("hugetlbBytes"));
        Assert.Equal(Status["VmRSS"], Member("vmRssBytes"));
        Assert.Equal(Status["VmSwap"], Member("vmSwapBytes"));
        Assert.Equal(Status["VmPTE"], Member("pageTableBytes"));
    }

    public ulong Member(string name) => Ledger.GetProperty(name).GetUInt64();

    public static Dictionary<string, ulong> ReadStatus(int pid) => File.ReadLines($"/proc/{pid}/status")
        .Where(line => line.EndsWith(" kB", StringComparison.Ordinal))
        .ToDictionary(
            line => line[..line.IndexOf(':', StringComparison.Ordinal)],
            line => ulong.Parse(line.Split(':')[1].AsSpan().Trim()[..^3], CultureInfo.InvariantCulture) * 1024);

    private JsonElement Line(string id) =>
        Ledger.GetProperty("lines").EnumerateArray().Single(line => line.GetProperty("id").GetString() == id);
}
