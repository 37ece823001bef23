using System.Text;
using PageAlloc.Heaps.Glibc;
using PageAlloc.Symbols;
using PageAlloc.Tests.Heaps.Live;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Heaps.Glibc;

/// <summary>The release of a libc, against what getconf and its package say.</summary>
public sealed class GlibcVersionTests
{
    public static TheoryData<string> Releases => [.. GlibcRelease.Unpacked.Select(r => r.Name).DefaultIfEmpty(HeapRuns.NoRelease)];

    [Fact]
    public void The_machines_own_is_that_of_getconf()
    {
        string library = File.ReadLines("/proc/self/maps").Select(line => line.Split(' ')[^1]).First(name => name.EndsWith("/libc.so.6", StringComparison.Ordinal));
        Assert.Equal(Launch.Run("getconf", "GNU_LIBC_VERSION").Split(' ')[1].Trim(), VersionOf(library));
    }

    [Theory]
    [MemberData(nameof(Releases))]
    public void Anothers_is_that_of_its_package(string name)
    {
        Skips.Unless(name != HeapRuns.NoRelease, "no other glibc is unpacked: tests/glibc/fetch does it");
        GlibcRelease release = GlibcRelease.Unpacked.First(r => r.Name == name);
        Assert.Equal(release.Version, VersionOf(Path.Combine(release.Libraries, "libc.so.6")));
    }

    [Theory]
    [InlineData("GNU C Library (Debian GLIBC 2.31-13+deb11u11) stable release version 2.31.\nCopyright", "2.31")]
    [InlineData("xGNU C Library (GNU libc) development release version 2.43.9000.\n", "2.43.9000")]
    [InlineData("GNU C Library (GNU libc) stable release version 2.36", null)]
    [InlineData("GNU C Library (GNU libc) stable release version .2.36.\n", null)]
    [InlineData("GNU C Library (GNU libc) stable release version 236\n", null)]
    [InlineData("GNU C Library (GNU libc) stable release version ", null)]
    [InlineData("GNU C Library (", null)]
    [InlineData("release version 2.36.\n", null)]
    [InlineData("", null)]
    public void The_banner_tells_it_or_nothing_does(string text, string? version) =>
        Assert.Equal(version, GlibcVersion.InBanner(Encoding.ASCII.GetBytes(text)));

    private static string? VersionOf(string library)
    {
        using ElfImage image = ElfImage.Parse(File.ReadAllBytes(library));
        return GlibcVersion.Of(image);
    }
}
