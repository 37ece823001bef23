using System.Text;
using PageAlloc.Symbols;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Symbols;

/// <summary>The cache of layouts: true or absent, and never in the way.</summary>
public sealed class LayoutCacheTests : IDisposable
{
    private static readonly byte[] Id = [0xab, 0xcd, 0x01];
    private static readonly string[] Structs = ["s", "absent"];
    private static readonly string[] Variables = ["v", "t"];

    private static readonly DwarfResult Result = new()
    {
        Status = DwarfStatus.Read,
        Structs = new Dictionary<string, StructLayout>
        {
            ["s"] = new("s", 24, [new StructMember("a", 0, 8, null), new StructMember("b", 8, 16, 4)]),
        },
        Variables = new Dictionary<string, DwarfVariable>
        {
            ["v"] = new("v", false, ulong.MaxValue, 24),
            ["t"] = new("t", true, 0x48, 8),
        },
    };

    private readonly WorkFolder _folder = new();
    private readonly string _place;
    private readonly LayoutCache _cache;

    public LayoutCacheTests()
    {
        _place = Path.Combine(_folder.Path, "new", "pagealloc");
        _cache = new LayoutCache(_place);
    }

    private string FilePath => Path.Combine(_place, "abcd01.json");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_written_is_read()
    {
        Assert.Null(_cache.TryRead(Id, Structs, Variables));
        _cache.Write(Id, Result, Structs, Variables);
        DwarfResult read = _cache.TryRead(Id, Structs, Variables)!;
        Assert.Equal(DwarfStatus.Read, read.Status);
        Assert.Equal(Result.Structs["s"].Members, read.Structs["s"].Members);
        Assert.Equal(24UL, read.Structs["s"].Size);
        Assert.Equal(Result.Variables, read.Variables);
        Assert.Equal([FilePath], Directory.GetFiles(_place));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_place));
    }

    [Fact]
    public void It_answers_only_for_names_that_were_asked_for()
    {
        _cache.Write(Id, Result, Structs, Variables);
        Assert.NotNull(_cache.TryRead(Id, ["absent"]));
        Assert.Null(_cache.TryRead(Id, ["s", "another"]));
        Assert.Null(_cache.TryRead(Id, ["s"], ["another"]));
        Assert.Null(_cache.TryRead([0xab, 0xcd, 0x02], Structs));
        File.Copy(FilePath, Path.Combine(_place, "ff.json"));
        Assert.Null(_cache.TryRead([0xff], Structs));
    }

    [Fact]
    public void Failures_are_not_kept()
    {
        _cache.Write(Id, new DwarfResult { Status = DwarfStatus.LibraryMissing }, Structs);
        Assert.False(Directory.Exists(_place));
    }

    [Fact]
    public void Broken_files_are_ignored_and_written_over()
    {
        _cache.Write(Id, Result, Structs, Variables);
        byte[] whole = File.ReadAllBytes(FilePath);
        var random = new Random(1);
        for (int i = 0; i < 3000; i++)
        {
            byte[] bytes = [.. whole];
            for (int n = random.Next(1, 4); n > 0; n--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(FilePath, i < whole.Length ? whole[..i] : bytes);
            _ = _cache.TryRead(Id, Structs, Variables);
        }

        foreach (string text in new[] { "", "null", "[]", "{}", "{\"schema\":3}", new string('[', 100_000), new string(' ', 2 << 20) })
        {
            File.WriteAllText(FilePath, text);
            Assert.Null(_cache.TryRead(Id, Structs, Variables));
        }

        File.WriteAllText(FilePath, Encoding.UTF8.GetString(whole).Replace("\"offset\":8", "\"offset\":9", StringComparison.Ordinal));
        Assert.Null(_cache.TryRead(Id, Structs, Variables));
        _cache.Write(Id, Result, Structs, Variables);
        Assert.NotNull(_cache.TryRead(Id, Structs, Variables));
    }

    [Fact]
    public void What_is_no_regular_file_is_ignored()
    {
        Directory.CreateDirectory(FilePath);
        Assert.Null(_cache.TryRead(Id, Structs));
        _cache.Write(Id, Result, Structs);
        Directory.Delete(FilePath);
        Launch.Run("mkfifo", FilePath);
        Assert.Null(_cache.TryRead(Id, Structs));
        Assert.Single(Directory.GetFiles(_place));
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_no_error()
    {
        foreach (string? place in new[] { null, "/proc/self/status/no", "/proc/no", "/dev/null/x", "/sys/no" })
        {
            var cache = new LayoutCache(place);
            cache.Write(Id, Result, Structs);
            Assert.Null(cache.TryRead(Id, Structs));
        }
    }

    [Fact]
    public void Root_writes_nothing_into_folders_of_others()
    {
        Skips.Unless(Launch.IsRoot, "needs root");
        Launch.Run("chown", $"{Launch.Nobody}", _folder.Path);
        _cache.Write(Id, Result, Structs);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
        Launch.Run("ln", "-s", "/etc", Path.Combine(_folder.Path, "link"));
        Launch.Run("chown", "-h", $"{Launch.Nobody}", Path.Combine(_folder.Path, "link"));
        new LayoutCache(Path.Combine(_folder.Path, "link")).Write(Id, Result, Structs);
        Assert.False(File.Exists("/etc/abcd01.json"));
    }
}
