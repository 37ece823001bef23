using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Docs;

/// <summary>The schema accepts what the program writes, and not much else.</summary>
[Collection(SystemStateCollection.Name)]
[Trait("Category", "Live")]
public sealed class SchemaTests
{
    private static readonly Dictionary<string, string> s_oldKernel = new() { ["PAGEALLOC_PAGE_SOURCE"] = "pagemap" };

    private static readonly Lazy<JsonObject> s_document = new(() =>
    {
        using TargetProgram target = TargetProgram.Pages("small");
        return Show(target.Pid, ["--runs"]);
    });

    [Theory]
    [InlineData("small")]
    [InlineData("huge")]
    [InlineData("guard")]
    [InlineData("names")]
    [InlineData("memfd")]
    [InlineData("fileMixed")]
    [InlineData("writeProtected")]
    [InlineData("hugetlb")]
    [InlineData("swappedShared")]
    [InlineData("ksm")]
    [InlineData("pages32")]
    public void Real_output_is_valid(string situation)
    {
        using StandingSituation standing = Situations.Get(situation).Start();
        AssertValid(
            Show(standing.Pid, []), Show(standing.Pid, ["--runs"]), Show(standing.Pid, ["--no-page-flags"]), Show(standing.Pid, ["--zero-scan"]),
            Show(standing.Pid, ["--runs"], environment: s_oldKernel));
    }

    [Theory]
    [InlineData("small")]
    [InlineData("huge")]
    [InlineData("ksm")]
    public void Real_output_is_valid_without_any_capability(string situation)
    {
        using StandingSituation standing = Situations.Get(situation).Start(Launch.Nobody);
        JsonObject document = Show(standing.Pid, ["--runs"], Launch.Nobody);
        Assert.NotEmpty(document["notKnown"]!.AsArray());
        JsonObject onOldKernel = Show(standing.Pid, ["--runs"], Launch.Nobody, s_oldKernel);
        AssertValid(document, Show(standing.Pid, [], Launch.Nobody), onOldKernel);
    }

    [Fact]
    public void A_summary_is_valid_and_has_what_the_map_has_too()
    {
        using TargetProgram target = TargetProgram.Pages("threads");
        JsonObject map = Show(target.Pid, []);
        CommandResult result = CommandRun.Run("summary", $"{target.Pid}", "--format", "json");
        Assert.True(result.ExitCode == 0, result.ToString());
        JsonObject summary = JsonNode.Parse(result.Output)!.AsObject();
        AssertValid(summary);
        string[] members = ["ledger", "threads", "arenasWithoutThreads", "fewerArenas", "cgroup"];
        Assert.All(members, member => Assert.True(map.ContainsKey(member) && summary.ContainsKey(member), member));
        Assert.Equal(map["ledger"]!.ToJsonString(), summary["ledger"]!.ToJsonString());
    }

    [Fact]
    public void A_hugetlb_mapping_has_the_size_of_its_pages()
    {
        using StandingSituation standing = Situations.Get("hugetlb").Start();
        Assert.Contains(Mappings(Show(standing.Pid, [])), m => m.ContainsKey("hugetlbPageSize"));
    }

    [Fact]
    public void The_example_in_the_description_is_valid()
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "json.md"));
        AssertValid(JsonNode.Parse(Regex.Match(text, "```json\n(.*?)```", RegexOptions.Singleline).Groups[1].Value)!);
    }

    [Fact]
    public void Every_member_that_the_contract_has_is_required()
    {
        (Func<JsonObject, JsonObject> Part, string Names)[] contract =
        [
            (d => d, "schema target notKnown mappings"),
            (d => d["target"]!.AsObject(), "kind pid command arguments executable pageSize pointerSize"),
            (Mapping, "start end permissions offset device inode name backing pages swappedSharedBytes"),
            (Pages, "total notPresent swapped anonymous file zero ksm guard unknown"),
            (d => Pages(d)["anonymous"]!.AsObject(), "4K 64K 2M 1G"),
            (d => Pages(d)["file"]!.AsObject(), "4K 2M"),
        ];
        (string Name, JsonObject Document)[] mutilated =
        [
            .. contract.SelectMany(
                c => c.Names.Split(' ').Select(name => (name, Changed(d => Assert.True(c.Part(d).Remove(name)))))),
        ];
        string[] errors = SchemaValidator.Check(mutilated.Select(m => m.Document));
        Assert.All(
            mutilated.Zip(errors),
            pair => Assert.Contains($"'{pair.First.Name}' is a required", pair.Second, StringComparison.Ordinal));
    }

    [Fact]
    public void A_mutilated_document_is_rejected()
    {
        (string Name, Action<JsonObject> Change)[] changes =
        [
            ("schema", d => d["schema"] = "pagealloc/2"),
            ("target", d => d["target"] = null),
            ("pid", d => d["target"]!["pid"] = "12"),
            ("pid 0", d => d["target"]!["pid"] = 0),
            ("arguments", d => d["target"]!["arguments"] = "sleep 600"),
            ("executable", d => d["target"]!["executable"] = false),
            ("pageSize", d => d["target"]!["pageSize"] = 4095),
            ("pointerSize", d => d["target"]!["pointerSize"] = 5),
            ("unknown word", d => d["notKnown"]!.AsArray().Add("colour")),
            ("word twice", d => d["notKnown"] = new JsonArray("ksm", "ksm")),
            ("no mappings", d => d["mappings"] = new JsonArray()),
            ("address as a number", d => Mapping(d)["start"] = 4096),
            ("address without 0x", d => Mapping(d)["start"] = "7f0000000000"),
            ("address in capitals", d => Mapping(d)["end"] = "0x7F0000000000"),
            ("address with zeros in front", d => Mapping(d)["end"] = "0x007f0000000000"),
            ("address of 17 digits", d => Mapping(d)["end"] = "0x10000000000000000"),
            ("permissions", d => Mapping(d)["permissions"] = "rw-"),
            ("permissions in disorder", d => Mapping(d)["permissions"] = "wr-p"),
            ("device", d => Mapping(d)["device"] = "8:1"),
            ("inode", d => Mapping(d)["inode"] = -1),
            ("name", d => Mapping(d)["name"] = null),
            ("backing", d => Mapping(d)["backing"] = "swap"),
            ("hugetlbPageSize", d => Mapping(d)["hugetlbPageSize"] = 4096),
            ("swappedSharedBytes", d => Mapping(d)["swappedSharedBytes"] = -1),
            ("a negative count", d => Pages(d)["swapped"] = -1),
            ("half a page", d => Pages(d)["zero"] = 0.5),
            ("a count as a string", d => Pages(d)["ksm"] = "0"),
            ("no pages at all", d => Pages(d)["total"] = 0),
            ("anonymous as a number", d => Pages(d)["anonymous"] = 0),
            ("a size that is none", d => Pages(d)["anonymous"]!["4k"] = 0),
            ("a size in bytes", d => Pages(d)["file"]!["4096"] = 0),
            ("a sum among sizes", d => Pages(d)["file"]!["total"] = 0),
            ("a size that is negative", d => Pages(d)["file"]!["4K"] = -1),
            ("no runs", d => Mapping(d)["runs"] = new JsonArray()),
            ("a run of nothing", d => Run(d)[1] = 0),
            ("a run without a number", d => Run(d).RemoveAt(1)),
            ("a run of three", d => Run(d).Add(1)),
            ("a run of an unknown state", d => Run(d)[0] = "resident"),
            ("a run without a size", d => Run(d)[0] = "anonymous"),
            ("a run with a size too many", d => Run(d)[0] = "swapped 4K"),
        ];
        string[] errors = SchemaValidator.Check(changes.Select(c => Changed(c.Change)));
        Assert.All(changes.Zip(errors), pair => Assert.True(pair.Second.Length != 0, $"accepted: {pair.First.Name}"));
    }

    [Fact]
    public void Members_may_be_added() =>
        AssertValid(
            Changed(d => d["more"] = 1), Changed(d => d["target"]!["more"] = 1), Changed(d => Mapping(d)["more"] = 1),
            Changed(d => Pages(d)["more"] = 1), Changed(d => Pages(d)["anonymous"]!["16K"] = 4));

    private static void AssertValid(params JsonNode[] documents) =>
        Assert.All(SchemaValidator.Check(documents), error => Assert.Equal("", error));

    private static JsonObject Show(
        int pid, string[] options, int? user = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        CommandResult result = CommandRun.Run([$"{pid}", "--format", "json", .. options], user, environment);
        Assert.True(result.ExitCode == 0, result.ToString());
        return JsonNode.Parse(result.Output)!.AsObject();
    }

    private static JsonObject Changed(Action<JsonObject> change)
    {
        JsonObject document = s_document.Value.DeepClone().AsObject();
        change(document);
        return document;
    }

    private static IEnumerable<JsonObject> Mappings(JsonObject document) =>
        document["mappings"]!.AsArray().Select(m => m!.AsObject());

    private static JsonObject Mapping(JsonObject document) => Mappings(document).Skip(1).First();

    private static JsonObject Pages(JsonObject document) => Mapping(document)["pages"]!.AsObject();

    private static JsonArray Run(JsonObject document) => Mapping(document)["runs"]!.AsArray()[0]!.AsArray();
}
