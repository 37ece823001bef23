using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Live;

/// <summary>What the tests do to the machine: it is as it was afterwards, and nobody else notices.</summary>
[Collection(SystemStateCollection.Name)]
[Trait("Category", "Live")]
public sealed class SystemStateTests
{
    private static readonly Dictionary<string, Func<SystemState>> Changes = new()
    {
        ["swap"] = SystemState.Swap,
        ["ksm"] = SystemState.Ksm,
        ["hugetlb"] = () => SystemState.Hugetlb(4),
        ["giant"] = SystemState.GiantHugetlb,
        ["sharedHuge"] = SystemState.SharedHuge,
        ["medium"] = () => SystemState.MediumFolios(64, shared: false),
        ["sharedMedium"] = () => SystemState.MediumFolios(64, shared: true),
    };

    public static TheoryData<string> Names => new(Changes.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_change_is_undone_and_a_bystander_is_not_harmed(string change)
    {
        using TargetProgram bystander = TargetProgram.Pages("small");
        string before = Settings();
        Vitals vitals = SituationLook.Settle(bystander.Pid);
        using (Changes[change]())
        {
            Assert.NotEqual(before, Settings());
        }

        Assert.Equal(before, Settings());
        Assert.Equal(vitals.ToString(), Vitals.Of(bystander.Pid).ToString());
    }

    private static string Settings()
    {
        string[] folders = ["/sys/kernel/mm/transparent_hugepage", "/sys/kernel/mm/hugepages"];
        IEnumerable<string> files = folders
            .SelectMany(folder => Directory.EnumerateDirectories(folder).Append(folder))
            .SelectMany(folder => Directory.EnumerateFiles(folder))
            .Where(file => Path.GetFileName(file) is "enabled" or "shmem_enabled" or "nr_hugepages")
            .Concat(["/sys/kernel/mm/ksm/run", "/sys/kernel/mm/ksm/pages_to_scan", "/proc/swaps"]);
        return string.Concat(files.Order(StringComparer.Ordinal).Select(file => $"{file} {File.ReadAllText(file)}"));
    }
}
