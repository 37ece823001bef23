using System.Text.RegularExpressions;
using PageAlloc.Symbols;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Symbols;

/// <summary>Layouts out of DWARF, against gdb, the C compiler, and what is known of glibc.</summary>
public sealed class DwarfTypesTests
{
    private const string Source = """
        #include <stddef.h>
        #include <stdio.h>
        struct declared; typedef int number; typedef const volatile number several[3][5];
        enum small { A, B } __attribute__((packed));
        struct inner { char c; long l; };
        struct probe { int first; struct declared *pointer; several table; struct inner nested[2]; enum small e;
            union { double d; struct { short s1, s2; }; }; unsigned bit : 3; struct inner flexible[]; };
        union either { int i; char bytes[12]; };
        typedef struct { int x, y; } without_tag;
        struct probe probe_variable; static int hidden = 5; __thread long own_long; static __thread char own_char = 1; static char many[100];
        extern int only_declared; union either either; without_tag tagless;
        int main(void) {
        #define P(s, m) printf(#s "." #m " %zu\n", offsetof(struct s, m));
            P(probe, first) P(probe, pointer) P(probe, table) P(probe, nested) P(probe, e) P(probe, d) P(probe, s1) P(probe, s2) P(probe, flexible)
            printf("size %zu\n", sizeof(struct probe));
            return hidden + own_long + own_char + many[3] + (int)either.i + tagless.x == 0; }
        """;

    private static readonly string[] Structs = ["probe", "either", "without_tag", "declared", "no_such"];
    private static readonly string[] Variables = ["probe_variable", "hidden", "own_long", "own_char", "many", "only_declared", "no_such"];

    private static readonly string[] GlibcVariables = ["main_arena", "mp_", "tcache", "thread_arena"];

    public static TheoryData<string> Options =>
    [
        "gcc -gdwarf-2", "gcc -gdwarf-2 -gstrict-dwarf", "gcc -gdwarf-3 -gstrict-dwarf", "gcc -gdwarf-4", "gcc -gdwarf-5", "gcc -gdwarf-5 -gz=zlib", "gcc -gdwarf-4 -gz=zlib-gnu",
        "gcc -gdwarf-4 -fdebug-types-section", "gcc -gdwarf-5 -fdebug-types-section", "gcc -gdwarf-5 -gdwarf64", "gcc -g3 -O2", "gcc -g -flto",
        "clang -g -gdwarf-5", "clang -g -gdwarf-4 -O2",
    ];

    [Theory]
    [MemberData(nameof(Options))]
    public void Layouts_are_the_compilers_own(string options)
    {
        string[] words = options.Split(' ');
        using var folder = new WorkFolder();
        string path = ElfFiles.CompileWith(words[0], folder, "probe", Source, words[1..]);
        Check(path, DwarfTypes.Read(path, Structs, "probe.c", Variables));
        Check(path, DwarfTypes.Read(path, Structs, null, Variables));
    }

    [Theory]
    [InlineData("-gdwarf-5 -gsplit-dwarf")]
    [InlineData("-gdwarf-4 -gsplit-dwarf")]
    public void Split_debug_information_gives_nothing_and_harms_nothing(string options)
    {
        using var folder = new WorkFolder();
        string path = ElfFiles.Compile(folder, "probe", Source, options.Split(' '));
        DwarfResult result = DwarfTypes.Read(path, Structs, "probe.c", Variables);
        Assert.Equal(DwarfStatus.Read, result.Status);
        Assert.Empty(result.Structs);
    }

    [Fact]
    public void Definitions_of_the_preferred_unit_win()
    {
        using var folder = new WorkFolder();
        File.WriteAllText(Path.Combine(folder.Path, "other.c"), "struct twin { long a, b; } other_twin; static int same = 1; int *other(void) { return &same; }");
        File.WriteAllText(Path.Combine(folder.Path, "more.c"), "struct lone { short a; } lone;");
        string path = ElfFiles.Compile(folder, "main", "struct twin { char z, a; } t; static int same = 2; int main(void) { return same; }", "-g", "other.c", "more.c");
        Assert.Equal(16UL, Read("other.c").Structs["twin"].Size);
        Assert.Equal(2UL, Read("main.c").Structs["twin"].Size);
        Assert.Equal(2UL, Read("main.c").Structs["lone"].Size);
        Assert.NotEqual(Read("main.c").Variables["same"], Read("other.c").Variables["same"]);

        DwarfResult Read(string unit) => DwarfTypes.Read(path, ["twin", "lone"], unit, ["same"]);
    }

    [Fact]
    public void Parts_that_dwz_moved_to_another_file_are_found()
    {
        Skips.Unless(Launch.Find("dwz") is not null, "dwz is not installed");
        using var folder = new WorkFolder();
        string one = ElfFiles.Compile(folder, "one", Source, "-g"), two = ElfFiles.Compile(folder, "two", Source + "int two;", "-g");
        File.Move(two + ".c", Path.Combine(folder.Path, "b.c"));
        Launch.Run("env", "-C", folder.Path, "dwz", "-m", "common", one, two);
        using ElfImage image = ElfFiles.Open(one), common = ElfFiles.Open(Path.Combine(folder.Path, "common"));
        Assert.Equal(image.AltDebugLink!.BuildId.Span, common.BuildId.Span);
        Check(one, DwarfTypes.Read(image, common, Structs, "one.c", Variables));
        Assert.Equal(DwarfStatus.Read, DwarfTypes.Read(image, null, Structs, "one.c", Variables).Status);
        string three = ElfFiles.Compile(folder, "three", Source, "-g");
        Launch.Run("dwz", three);
        Check(three, DwarfTypes.Read(three, Structs, "three.c", Variables));
    }

    [Fact]
    public void The_layouts_of_libc_are_those_that_gdb_says()
    {
        using ElfImage libc = ElfFiles.Open(ElfFiles.Libc);
        string id = Convert.ToHexStringLower(libc.BuildId.Span);
        string path = $"/usr/lib/debug/.build-id/{id[..2]}/{id[2..]}.debug";
        Skips.Unless(File.Exists(path), "libc6-dbg is not installed");
        Skips.Unless(Launch.Find("gdb") is not null, "gdb is not installed");
        string[] names = ["malloc_state", "malloc_par", "_heap_info", "tcache_perthread_struct", "malloc_chunk", "pthread", "link_map"];
        DwarfResult result = DwarfTypes.Read(path, names, "malloc.c", GlibcVariables);
        Assert.Equal(DwarfStatus.Read, result.Status);
        string[] commands = [.. names.SelectMany(n => new[] { "-ex", $"printf \"size {n} %lu\\n\", sizeof(struct {n})" })];
        string gdb = Launch.Run("gdb", ["-nx", "-batch", "-ex", "set language c", .. commands, .. result.Structs.Values.SelectMany(s => s.Members.SelectMany(m =>
            new[] { "-ex", $"printf \"{s.Name}.{m.Name} %lu\\n\", (unsigned long)&((struct {s.Name} *)0)->{m.Name}" })), path]);
        foreach (Match m in Regex.Matches(gdb, @"^size (\S+) (\d+)$", RegexOptions.Multiline))
        {
            Assert.Equal(m.Groups[2].Value, $"{result.Structs[m.Groups[1].Value].Size}");
        }

        // Of a bit field gdb tells the place of the whole word, DWARF of the byte.
        int members = 0;
        foreach (Match m in Regex.Matches(gdb, @"^(\w+)\.(\w+) (\d+)$", RegexOptions.Multiline))
        {
            Assert.True(result.Structs[m.Groups[1].Value].TryGetOffset(m.Groups[2].Value, out ulong offset));
            bool isBitField = m.Groups[1].Value == "link_map" && offset != Convert.ToUInt64(m.Groups[3].Value, 10);
            Assert.True(!isBitField || offset - Convert.ToUInt64(m.Groups[3].Value, 10) < 4);
            members += isBitField ? 0 : 1;
        }

        Assert.True(members > 80, gdb);
        using ElfImage debug = ElfFiles.Open(path);
        foreach (string name in GlibcVariables)
        {
            Assert.True(debug.TryFindSymbol(System.Text.Encoding.ASCII.GetBytes(name), out ElfSymbol symbol));
            Assert.Equal(new DwarfVariable(name, symbol.Type == ElfSymbolType.Tls, symbol.Value, symbol.Size), result.Variables[name]);
        }
    }

    [Fact]
    public void What_is_no_debug_file_is_said()
    {
        using var folder = new WorkFolder();
        string path = ElfFiles.Compile(folder, "probe", Source, "-s");
        Assert.Equal(DwarfStatus.NoDebugInformation, DwarfTypes.Read(path, Structs, null).Status);
        Assert.Contains("can't open", DwarfTypes.Read(folder.Path, Structs, null).Message, StringComparison.Ordinal);
        File.WriteAllText(path, "no ELF");
        Assert.Contains("bad ELF file", DwarfTypes.Read(path, Structs, null).Message, StringComparison.Ordinal);
        string large = ElfFiles.Compile(folder, "large", Source, "-g", "-gz=zlib");
        Assert.Contains("above the cap", DwarfTypes.Read(large, Structs, null, null, new SymbolLimits { MaxDebugBytes = 1000 }).Message, StringComparison.Ordinal);
        Assert.Contains("more than 10 entries", DwarfTypes.Read(large, Structs, null, null, new SymbolLimits { MaxEntries = 10 }).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-gdwarf-5", 1)]
    [InlineData("-gdwarf-3", 2)]
    public void Damaged_debug_information_is_read_or_refused(string version, int seed)
    {
        using var folder = new WorkFolder();
        string path = ElfFiles.Compile(folder, "probe", Source, "-c", version);
        byte[] whole = File.ReadAllBytes(path);
        var random = new Random(seed);
        for (int i = 0; i < 1000; i++)
        {
            byte[] bytes = [.. whole];
            for (int n = random.Next(1, 6); n > 0; n--)
            {
                bytes[random.Next(64, bytes.Length)] = (byte)random.Next(256);
            }

            try
            {
                _ = DwarfTypes.Read(ElfImage.Parse(bytes), null, Structs, "probe.c", Variables);
            }
            catch (InvalidDataException)
            {
                // Of Parse.
            }
        }
    }

    private static void Check(string program, DwarfResult result)
    {
        Assert.Equal(DwarfStatus.Read, result.Status);
        StructLayout probe = result.Structs["probe"];
        foreach (string line in Launch.Run(program).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = line.Split(' ', '.');
            ulong offset = probe.Size;
            Assert.True(words.Length == 2 || probe.TryGetOffset(words[1], out offset), line);
            Assert.Equal(words[^1], $"{offset}");
        }

        Assert.True(probe.TryGetMember("table", out StructMember table));
        Assert.Equal((60UL, 15UL), (table.Size, table.Count));
        Assert.True(probe.TryGetMember("nested", out StructMember nested));
        Assert.Equal((32UL, 2UL), (nested.Size, nested.Count));
        Assert.True(probe.TryGetMember("pointer", out StructMember pointer));
        Assert.Equal((8UL, null), (pointer.Size, pointer.Count));
        Assert.True(probe.TryGetMember("flexible", out StructMember flexible));
        Assert.Equal((0UL, 0UL), (flexible.Size, flexible.Count));
        Assert.True(probe.TryGetMember("e", out StructMember e) && e.Size == 1);
        Assert.Equal(12UL, result.Structs["either"].Size);
        Assert.Equal(8UL, result.Structs["without_tag"].Size);
        Assert.DoesNotContain("declared", result.Structs.Keys);
        Assert.Equal(3, result.Structs.Count);
        using ElfImage image = ElfFiles.Open(program);
        foreach (DwarfVariable variable in result.Variables.Values)
        {
            // A compiler may move and rename a static variable.
            if (image.TryFindSymbol(System.Text.Encoding.ASCII.GetBytes(variable.Name), out ElfSymbol symbol))
            {
                Assert.Equal(new DwarfVariable(variable.Name, symbol.Type == ElfSymbolType.Tls, symbol.Value, symbol.Size), variable);
            }
        }

        Assert.Superset(new HashSet<string> { "probe_variable" }, result.Variables.Keys.ToHashSet());
    }
}
