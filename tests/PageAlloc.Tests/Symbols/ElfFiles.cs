using PageAlloc.Interop;
using PageAlloc.Symbols;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Symbols;

/// <summary>Real ELF files of this machine, and new ones from the compiler.</summary>
internal static class ElfFiles
{
    public static string Libc { get; } = Loaded("libc.so.6");

    /// <summary>Libraries and programs to compare with readelf: those that are there.</summary>
    public static IEnumerable<string> Real =>
        new[] { Libc, Loaded("ld-linux"), Launch.Find("bash"), "/usr/bin/python3", Launch.Find("gdb"), "/usr/lib/x86_64-linux-gnu/libdw.so.1" }
            .Where(f => File.Exists(f) && File.ReadAllBytes(f).AsSpan().StartsWith("\u007fELF"u8)).Select(f => f!);

    public static ElfImage Open(string path, SymbolLimits? limits = null)
    {
        using LinuxFile file = LinuxFile.Open(null, path, out int error) ?? throw new IOException($"{path}: {error}");
        return ElfFile.Open(file, path, limits ?? SymbolLimits.Default, out string? reason) ?? throw new IOException(reason);
    }

    /// <summary>Compiles C source to <paramref name="name"/> in the folder.</summary>
    public static string Compile(WorkFolder folder, string name, string source, params string[] options) =>
        CompileWith("gcc", folder, name, source, options);

    public static string CompileWith(string compiler, WorkFolder folder, string name, string source, params string[] options)
    {
        string? found = Launch.Find(compiler) ?? (compiler == "clang" ? Launch.Find("clang-14") : null);
        Skips.Unless(found is not null, $"{compiler} is not installed");
        string c = Path.Combine(folder.Path, name + ".c"), path = Path.Combine(folder.Path, name);
        File.WriteAllText(c, source);
        Launch.Run("env", ["-C", folder.Path, found, "-o", path, c, .. options]);
        return path;
    }

    private static string Loaded(string name) =>
        File.ReadAllLines("/proc/self/maps").Select(l => l[(l.IndexOf('/') is var at and >= 0 ? at : l.Length)..])
            .First(p => Path.GetFileName(p).StartsWith(name, StringComparison.Ordinal));
}
