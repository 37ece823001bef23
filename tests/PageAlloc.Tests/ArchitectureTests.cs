using System.Text.RegularExpressions;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests;

/// <summary>The shape of the code, checked on its text: DESIGN.md section 3.</summary>
public sealed partial class ArchitectureTests
{
    private const int LongestFile = 300;

    // Each stage, and the stages before it. Interop and the root's plain types are for all.
    private static readonly Dictionary<string, string[]> Before = new()
    {
        [""] = [],
        ["Interop"] = [],
        ["Targets"] = [],
        ["Mappings"] = ["Targets"],
        ["Pages"] = ["Targets", "Mappings"],
        ["Symbols"] = ["Targets", "Mappings"],
        ["Heaps"] = ["Targets", "Mappings", "Symbols"],
        ["Blocks"] = ["Targets", "Mappings", "Symbols", "Heaps"],
        ["Insight"] = ["Targets", "Mappings", "Pages", "Symbols", "Heaps", "Blocks"],
        ["Views"] = ["Targets", "Mappings", "Pages", "Symbols", "Heaps", "Blocks", "Insight"],
    };

    private static readonly string Source = Path.Combine(Repository.Root, "src");

    private static readonly SourceText[] Core = Read("PageAlloc.Core");

    private static readonly SourceText[] All = [.. Core, .. Read("PageAlloc.Cli")];

    public static TheoryData<string> Stages => [.. Before.Keys];

    [Fact]
    public void Every_folder_of_the_library_is_a_known_stage() =>
        Assert.Subset(Before.Keys.ToHashSet(), Core.Select(f => f.Folder).ToHashSet());

    [Theory]
    [MemberData(nameof(Stages))]
    public void A_stage_knows_only_those_before_it(string stage)
    {
        string[] unknown = [.. Before.Keys.Except([stage, "", "Interop", .. Before[stage]]), "Cli"];
        if (stage == "")
        {
            unknown = [.. unknown, "Interop"];
        }

        string[] faults =
        [
            .. from file in Core
               where file.Folder == stage
               from fault in file.Namespaces.Intersect(unknown)
               select $"{file.Name}: {fault}",
        ];
        Assert.True(faults.Length == 0, string.Join('\n', faults));
    }

    // So a type of another stage is named with its namespace, or by way of a using.
    [Fact]
    public void A_namespace_is_its_folder() =>
        Assert.Empty(Core.Where(f => f.Namespace != f.ExpectedNamespace).Select(f => f.Name));

    [Fact]
    public void No_using_holds_for_all_files()
    {
        Assert.Empty(All.Where(f => Regex.IsMatch(f.Code, @"\bglobal\s+using\b")).Select(f => f.Name));
        Assert.DoesNotContain("<Using ", File.ReadAllText(Path.Combine(Source, "PageAlloc.Core", "PageAlloc.Core.csproj")), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_goes_through_the_console() =>
        Assert.Empty(All.Where(f => f.Words.Contains("Console")).Select(f => f.Name));

    [Theory]
    [InlineData("Exit")]
    [InlineData("FailFast")]
    public void The_library_ends_no_process(string call) =>
        Assert.Empty(Core.Where(f => Regex.IsMatch(f.Code, $@"\bEnvironment\s*\.\s*{call}\b")).Select(f => f.Name));

    [Fact]
    public void Native_functions_are_declared_in_Interop_only() =>
        Assert.Empty(All.Where(f => f.Folder != "Interop" && f.Words.Any(w => w is "LibraryImport" or "DllImport")).Select(f => f.Name));

    [Fact]
    public void Parsers_take_bytes_and_open_nothing()
    {
        string[] openers = ["LinuxFile", "IProcDirectory", "ITarget", "File", "FileStream", "Directory"];
        SourceText[] parsers = [.. Core.Where(f => f.Name.EndsWith("Parser.cs", StringComparison.Ordinal))];
        Assert.NotEmpty(parsers);
        Assert.Empty(parsers.Where(f => f.Words.Intersect(openers).Any()).Select(f => f.Name));
    }

    [Fact]
    public void Views_see_the_model_and_no_system()
    {
        string[] system = ["LinuxFile", "IProcDirectory", "LibC", "FileStream", "Environment"];
        Assert.Empty(Core.Where(f => f.Folder == "Views" && f.Words.Intersect(system).Any()).Select(f => f.Name));
    }

    [Fact]
    public void No_file_is_too_long_to_be_read() =>
        Assert.Empty(All.Where(f => f.Lines > LongestFile).Select(f => $"{f.Name}: {f.Lines} lines"));

    [Theory]
    [InlineData("a; // Console\nb", "a; \nb")]
    [InlineData("a /* Console */ b", "a  b")]
    [InlineData("f(\"Console\", 'C')", "f(, )")]
    [InlineData("f(\"\\\"Console\")", "f()")]
    [InlineData("f($\"{x} Console\")", "f($)")]
    [InlineData("f(\"\"\"\n Console \" \n\"\"\")", "f()")]
    public void Comments_and_texts_are_no_code(string text, string code) => Assert.Equal(code, SourceText.Strip(text));

    private static SourceText[] Read(string project) =>
    [
        .. from path in Directory.EnumerateFiles(Path.Combine(Source, project), "*.cs", SearchOption.AllDirectories)
           let name = Path.GetRelativePath(Path.Combine(Source, project), path)
           where !name.StartsWith("obj/", StringComparison.Ordinal) && !name.StartsWith("bin/", StringComparison.Ordinal)
           select new SourceText(project, name, File.ReadAllText(path)),
    ];

    /// <summary>A file of source, without its comments and string literals.</summary>
    private sealed partial class SourceText(string project, string name, string text)
    {
        public string Name => $"{project}/{name}";

        /// <summary>The stage: the first folder within the project.</summary>
        public string Folder => name.Contains('/', StringComparison.Ordinal) ? name[..name.IndexOf('/', StringComparison.Ordinal)] : "";

        public string ExpectedNamespace =>
            name.Contains('/', StringComparison.Ordinal) ? "PageAlloc." + Path.GetDirectoryName(name)!.Replace('/', '.') : "PageAlloc";

        public int Lines => text.Count(c => c == '\n');

        public string Code { get; } = Strip(text);

        public string Namespace => NamespaceLine().Match(Code).Groups[1].Value;

        public HashSet<string> Words => [.. Word().Matches(Code).Select(m => m.Value)];

        /// <summary>The stages named by usings and by qualified names.</summary>
        public HashSet<string> Namespaces =>
            [.. StageName().Matches(Code).Select(m => m.Groups[1].Value)];

        public static string Strip(string text) => NoCode().Replace(text, "");

        [GeneratedRegex("""(?s)//[^\n]*|/\*.*?\*/|\"{3}.*?\"{3}|@"(?:[^"]|"")*"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'""")]
        private static partial Regex NoCode();

        [GeneratedRegex(@"(?m)^namespace ([\w.]+);")]
        private static partial Regex NamespaceLine();

        [GeneratedRegex(@"[A-Za-z_]\w*")]
        private static partial Regex Word();

        // "using PageAlloc.Pages;" in any form, "PageAlloc.Pages.PageRun", and "Pages.PageRun" from within PageAlloc.
        [GeneratedRegex(@"(?<![\w.])(?:PageAlloc\.)?(Cli|Interop|Targets|Mappings|Pages|Symbols|Heaps|Blocks|Insight|Views)(?=\s*;|\.[A-Z])")]
        private static partial Regex StageName();
    }
}
