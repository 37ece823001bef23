using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Heaps.Live;

/// <summary>Another release of glibc, as tests/glibc/fetch unpacked it.</summary>
internal sealed record GlibcRelease(string Name, string Folder)
{
    public string Version => Name.Split('-')[0];

    public string Architecture => Name.Split('-')[1];

    public string Loader => Path.Combine(Folder, "loader");

    public string Libraries => Path.Combine(Folder, "libraries");

    public static IReadOnlyList<GlibcRelease> Unpacked { get; } = Find();

    private static List<GlibcRelease> Find()
    {
        string folder = Path.Combine(Repository.Root, "artifacts", "glibc");
        return Directory.Exists(folder)
            ? [.. Directory.EnumerateDirectories(folder)
                .Where(f => File.Exists(Path.Combine(f, "origin")))
                .Select(f => new GlibcRelease(Path.GetFileName(f), f))
                .OrderBy(r => System.Version.Parse(r.Version)).ThenBy(r => r.Architecture, StringComparer.Ordinal)]
            : [];
    }
}
