namespace PageAlloc.Tests.Support;

/// <summary>A situation that a target can build, and what the system has to be for it.</summary>
internal sealed record Situation(string Name, string Program, string[] Arguments, Func<IDisposable?> Prepare)
{
    public override string ToString() => Name;

    /// <summary>Sets the system up and starts the target; disposing of the result undoes both.</summary>
    public StandingSituation Start(int? user = null)
    {
        IDisposable? state = Prepare();
        try
        {
            return new StandingSituation(TargetProgram.StartTarget(Program, Arguments, user), state);
        }
        catch
        {
            state?.Dispose();
            throw;
        }
    }
}

/// <summary>A situation that is there now.</summary>
internal sealed record StandingSituation(TargetProgram Target, IDisposable? State) : IDisposable
{
    public int Pid => Target.Pid;

    public void Dispose()
    {
        try
        {
            Target.Dispose();
        }
        finally
        {
            State?.Dispose();
        }
    }
}

/// <summary>All situations that have a truth of their own, by name.</summary>
internal static class Situations
{
    private const int Kibi = 1024;

    private static readonly Dictionary<string, Situation> ByName = new Situation[]
    {
        Plain("small"), Plain("locked"), Plain("lazilyFreed"), Plain("inaccessible"), Plain("guard"),
        Plain("huge"), Plain("hugeSplit"), Plain("hugeZero"), Plain("hugeBlank"), Plain("hugeAdvised"),
        Plain("sharedAnonymous"), Plain("memfd"), Plain("systemV"), Plain("tmpfs"),
        Plain("fileSmall"), Plain("fileCopied"), Plain("fileLarge"), Plain("fileMixed"), Plain("fileHuge"), Plain("fileSparse"),
        Plain("names"),
        Plain("sparse"), Plain("everyOther"), Plain("manyMappings"), Plain("stack"),
        Plain("secret"), Plain("ioRing"), Plain("zeroDevice"), Plain("writeProtected"),
        Plain("forked"), Plain("threads"), Plain("ending"),
        new("pages32", "pages32", [], () => null),
        new("dense", "pages", ["dense", "67108864"], () => null),
        new("denseHuge", "pages", ["dense", "67108864", "thp"], () => null),
        Prepared("swapped", SystemState.Swap), Prepared("hugeSwapped", SystemState.Swap),
        Prepared("swappedShared", SystemState.Swap),
        Prepared("ksm", SystemState.Ksm),
        Prepared("hugetlb", () => SystemState.Hugetlb(10)), Prepared("giant", SystemState.GiantHugetlb),
        Prepared("sharedHuge", SystemState.SharedHuge),
        Medium("medium", 16), Medium("medium", 64), Medium("medium", 1024), Medium("mediumMoved", 64),
        Medium("sharedMedium", 16), Medium("sharedMedium", 64), Medium("sharedMedium", 1024),
    }.ToDictionary(s => s.Name);

    public static IReadOnlyCollection<string> Names => ByName.Keys;

    public static Situation Get(string name) => ByName[name];

    private static Situation Plain(string name) => new(name, "pages", [name], () => null);

    private static Situation Prepared(string name, Func<IDisposable> prepare) => new(name, "pages", [name], prepare);

    private static Situation Medium(string name, int kibibytes) => new(
        $"{name}{kibibytes}K",
        "pages",
        [name, $"{kibibytes * Kibi}"],
        () => SystemState.MediumFolios(kibibytes, shared: name == "sharedMedium"));
}
