namespace PageAlloc.Tests.Support;

/// <summary>Where the sources lie, found from where the tests run.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Tests => Path.Combine(Root, "tests");

    public static string Targets => Path.Combine(Tests, "targets");

    private static string FindRoot()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "PageAlloc.slnx")))
            {
                return folder;
            }
        }

        throw new DirectoryNotFoundException($"no PageAlloc.slnx above {AppContext.BaseDirectory}");
    }
}
