using PageAlloc.Mappings;
using PageAlloc.Symbols;
using PageAlloc.Targets;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Symbols;

/// <summary>Where debug files are found, and which are refused.</summary>
[Trait("Category", "Live")]
public sealed class DebugFilesTests : IDisposable
{
    private const string Waiting = """
        #include <stdio.h>
        #include <unistd.h>
        struct mark { int a, b; } mark;
        int main(int n, char **a) { if (n > 1 && (chroot(a[1]) || chdir("/"))) return 1; printf("READY\n"); fflush(stdout); getchar(); return mark.a; }
        """;

    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Debug_information_in_the_file_itself_is_taken()
    {
        Find(ElfFiles.Compile(_folder, "plain", Waiting, "-g"), null, found =>
        {
            Assert.Equal(DebugFileSource.Module, found.Source);
            Assert.Equal(8UL, DwarfTypes.Read(found.Image!, found.Alternate, ["mark"], null).Structs["mark"].Size);
        });
        Find(ElfFiles.Compile(_folder, "symbols", Waiting), null, found => Assert.True(found.Image!.HasSymbolTable && found.Source == DebugFileSource.Module));
    }

    [Fact]
    public void Libc_is_found_by_its_build_id()
    {
        using TargetProgram program = TargetProgram.Start(ElfFiles.Compile(_folder, "plain", Waiting), []);
        using LiveProcess process = LiveProcess.Open(program.Pid);
        Module libc = ModuleTable.Of(MappingTable.Read(process)).Single(m => m.ToString().EndsWith("/libc.so.6", StringComparison.Ordinal));
        using ElfImage image = libc.OpenImage(process);
        using DebugFile found = DebugFiles.Find(process, libc, image);
        Skips.Unless(found.Source != DebugFileSource.None, "libc6-dbg is not installed");
        Assert.Equal(DebugFileSource.BuildId, found.Source);
        Assert.StartsWith("/usr/lib/debug/.build-id/", found.Path, StringComparison.Ordinal);
        Assert.Null(found.Reason);
    }

    [Theory]
    [InlineData("", "--build-id=none")]
    [InlineData(".debug/", "--build-id=none")]
    [InlineData("", "--build-id")]
    public void A_debug_link_is_followed_and_its_checksum_checked(string place, string buildId)
    {
        string path = Strip("linked", place, $"-Wl,{buildId}", out string debug);
        Find(path, null, found =>
        {
            Assert.Equal((DebugFileSource.DebugLink, debug), (found.Source, found.Path));
            Assert.Contains("mark", DwarfTypes.Read(found.Image!, null, ["mark"], null).Structs.Keys);
        });
        File.AppendAllText(debug, "x");
        bool isProved = buildId == "--build-id"; // by the build-id, whatever was appended
        Find(path, null, found => Assert.Equal(isProved ? DebugFileSource.DebugLink : DebugFileSource.None, found.Source));
        File.WriteAllText(debug, "no ELF");
        Find(path, null, found => Assert.Contains("bad ELF file", found.Reason, StringComparison.Ordinal));
        File.Delete(debug);
        Launch.Run("mkfifo", debug);
        Find(path, null, found => Assert.Contains("no debug information", found.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public void A_given_path_is_taken_unless_it_is_of_another_build()
    {
        string path = Strip("given", "", "-Wl,--build-id", out string debug);
        string other = ElfFiles.Compile(_folder, "other", Waiting + "int more;", "-g", "-Wl,--build-id");
        File.Move(debug, debug = Path.Combine(_folder.Path, "elsewhere"));
        Find(path, new DebugFileOptions { Path = debug }, found => Assert.Equal((DebugFileSource.Path, debug), (found.Source, found.Path)));
        Find(path, new DebugFileOptions { Path = other }, found => Assert.Contains("is of another build", found.Reason, StringComparison.Ordinal));
        Find(path, new DebugFileOptions { Path = "/no/such" }, found => Assert.Contains("/no/such", found.Reason, StringComparison.Ordinal));
        Find(path, new DebugFileOptions { Path = path }, found => Assert.Contains("neither DWARF", found.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public void The_targets_own_root_comes_first_and_its_links_stay_in_it()
    {
        Skips.Unless(Launch.IsRoot, "needs root");
        string path = Strip("jailed", "", "-Wl,--build-id", out string debug);
        string root = Path.Combine(_folder.Path, "root");
        using ElfImage image = ElfFiles.Open(path);
        string id = Convert.ToHexStringLower(image.BuildId.Span);
        Directory.CreateDirectory($"{root}/usr/lib/debug/.build-id");
        Directory.CreateDirectory($"{root}/real");
        File.Move(debug, $"{root}/real/{id[2..]}.debug");
        File.CreateSymbolicLink($"{root}/usr/lib/debug/.build-id/{id[..2]}", "/real");
        Find(path, null, found =>
        {
            Assert.Equal(DebugFileSource.BuildId, found.Source);
            Assert.Matches(@"^/proc/\d+/root/usr/lib/debug/\.build-id/", found.Path);
        }, root);
        Directory.Move($"{root}/real", Path.Combine(_folder.Path, "real")); // "/real" of ours is another
        Find(path, null, found => Assert.Equal(DebugFileSource.None, found.Source), root);
    }

    [Fact]
    public void A_server_is_asked_only_when_one_is_named()
    {
        string path = Strip("remote", "", "-Wl,--build-id", out string debug);
        File.Delete(debug);
        Assert.Null(Environment.GetEnvironmentVariable("DEBUGINFOD_URLS"));
        Find(path, new DebugFileOptions { UseDebuginfod = true }, found => Assert.Contains("DEBUGINFOD_URLS", found.Reason, StringComparison.Ordinal));
    }

    // A program without its debug information, which goes to another file.
    private string Strip(string name, string place, string option, out string debug)
    {
        string path = ElfFiles.Compile(_folder, name, Waiting, "-g", option);
        debug = Path.Combine(_folder.Path, place, name + ".debug");
        Directory.CreateDirectory(Path.GetDirectoryName(debug)!);
        Launch.Run("objcopy", "--only-keep-debug", path, debug);
        Launch.Run("objcopy", "-S", $"--add-gnu-debuglink={debug}", path);
        return path;
    }

    private static void Find(string path, DebugFileOptions? options, Action<DebugFile> check, string? root = null)
    {
        using TargetProgram program = TargetProgram.Start(path, root is null ? [] : [root]);
        using LiveProcess process = LiveProcess.Open(program.Pid);
        Module module = ModuleTable.Of(MappingTable.Read(process))[0];
        using ElfImage image = module.OpenImage(process);
        using DebugFile found = DebugFiles.Find(process, module, image, options);
        check(found);
    }
}
