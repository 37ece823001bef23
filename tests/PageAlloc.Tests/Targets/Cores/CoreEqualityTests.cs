using System.Text.Json.Nodes;
using PageAlloc.Tests.Heaps.Live;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Targets.Cores;

/// <summary>
/// A standing process read live, from a core file by gdb, and from one by the kernel: the same in every part that a core file
/// can know. The live reading is held against mallinfo2 and gdb elsewhere.
/// </summary>
[Trait("Category", "Live")]
public sealed class CoreEqualityTests
{
    private const ulong PageSize = 4096;

    // What a core file does not tell, and what is said of the file itself.
    private static readonly string[] s_unknowable =
    [
        "pages", "residentFreeBytes", "trimmableBytes", "keptTopBytes", "pinnedBytes", "pins", "hugePages", "ledger", "cgroup", "findings",
        "fewerArenas", "notKnown", "kind", "file", "incomplete", "device", "inode", "swappedSharedBytes", "dumpedPages", "dumpedZeroPages",
        "residentBytes", "swappedBytes",
    ];

    // Where the machine's own builds matter, and of other releases what differs most.
    private static readonly string[] s_ofReleases = ["tcaches", "forked", "churn 4 threads"];

    public static TheoryData<string> Runs =>
        [.. HeapRuns.Names.Where(name => name.StartsWith("heap ", StringComparison.Ordinal) || s_ofReleases.Any(v => name.EndsWith(" " + v, StringComparison.Ordinal)))];

    [Theory]
    [MemberData(nameof(Runs))]
    public void Core_files_tell_the_same_as_the_process(string name)
    {
        HeapRun run = HeapRuns.Get(name);
        using var folder = new WorkFolder();
        using HeapProgram program = run.Start(folder.Path);
        Reading live = Reading.Of($"{program.Pid}");
        Reading gdb = Reading.Of(CoreProgram.Gcore(program.Pid, folder.Path));
        Assert.Equal(Reading.Of($"{program.Pid}").Blocks, live.Blocks);
        Reading kernel = Reading.Of(CoreProgram.Abort(program.Pid, folder.Path));

        // gdb leaves out the stacks that glibc 2.42 guards by MADV_GUARD_INSTALL, and with them what threads have cached. That is said.
        bool hasStacks = !gdb.Heaps.Contains("threads are not in the core file", StringComparison.Ordinal);
        Assert.True(hasStacks || (run.Release is { } release && Version.Parse(release.Version) >= new Version(2, 42)), gdb.Heaps);
        foreach (Reading core in hasStacks ? (Reading[])[gdb, kernel] : [kernel])
        {
            Assert.Equal(0, core.ExitCode);
            Assert.Equal(live.Blocks, core.Blocks);
            Assert.Equal(live.Heaps, core.Heaps);
            Assert.Equal(live.Target, core.Target);
            Assert.Equal(live.Threads, core.Threads);
        }

        AssertMappings(live, kernel, isOfGdb: false);
        AssertMappings(live, gdb, isOfGdb: true);
    }

    // gdb writes nothing of what it does not dump, and of a file only its name; the kernel lists every mapping.
    private static void AssertMappings(Reading live, Reading core, bool isOfGdb)
    {
        Dictionary<string, JsonObject> known = core.Mappings.ToDictionary(m => (string)m["start"]!);
        foreach (JsonObject mapping in live.Mappings)
        {
            string name = (string)mapping["name"]!, permissions = (string)mapping["permissions"]!;
            if (!known.TryGetValue((string)mapping["start"]!, out JsonObject? told))
            {
                Assert.True(isOfGdb && (permissions[0] == '-' || name.StartsWith("[v", StringComparison.Ordinal)), mapping.ToJsonString());
                continue;
            }

            Assert.Equal((string)mapping["end"]!, (string)told["end"]!);
            Assert.Equal((string)mapping["offset"]!, (string)told["offset"]!);
            string toldName = (string)told["name"]!;
            Assert.True(name == toldName || (toldName.Length == 0 && name.StartsWith('[')), $"{mapping.ToJsonString()} {told.ToJsonString()}");
            Assert.All(permissions.Zip((string)told["permissions"]!), p => Assert.True(p.First == p.Second || p.Second == '?', told.ToJsonString()));
        }
    }

    // What is dumped of private memory is what was in RAM or in swap, but for the page of zeros: the kernel leaves holes for the rest.
    [Fact]
    public void What_the_kernel_dumps_of_private_memory_is_what_was_present()
    {
        using var folder = new WorkFolder();
        using HeapProgram program = HeapRuns.Get("heap churn 16 threads").Start(folder.Path);
        JsonObject[] live = [.. Reading.Of($"{program.Pid}").Mappings.Where(m => (string)m["backing"]! == "anonymous")];
        Dictionary<string, JsonObject> core = Reading.Of(CoreProgram.Abort(program.Pid, folder.Path)).Mappings.ToDictionary(m => (string)m["start"]!);
        ulong all = 0;
        foreach (JsonObject mapping in live.Where(m => ((string)m["permissions"]!)[0] == 'r'))
        {
            JsonNode pages = mapping["pages"]!;
            ulong present = pages["anonymous"]!.AsObject().Aggregate((ulong)pages["swapped"]!, (sum, size) => sum + (ulong)size.Value!);
            JsonObject dumped = core[(string)mapping["start"]!];
            Assert.Equal((mapping["start"]!.ToString(), present), (mapping["start"]!.ToString(), (ulong)dumped["dumpedPages"]!));
            Assert.Equal((ulong)pages["total"]! - present, (ulong)dumped["dumpedZeroPages"]!);
            Assert.Equal((ulong)pages["total"]!, (ulong)dumped["pages"]!["unknown"]!);
            all += present;
        }

        Assert.True(all > 1000, $"{all} pages of {PageSize} bytes");
    }

    private sealed record Reading(int ExitCode, string Blocks, string Heaps, string Target, string Threads, IReadOnlyList<JsonObject> Mappings)
    {
        public static Reading Of(string target)
        {
            CommandResult json = CommandRun.Run(target, "--format", "json"), blocks = CommandRun.Run("blocks", target, "--format", "csv");
            Assert.True(json.ExitCode is 0 or 4 && blocks.ExitCode == json.ExitCode, $"{target}: {json} {blocks}");
            JsonObject document = JsonNode.Parse(json.Output)!.AsObject();
            JsonObject[] mappings = [.. document["mappings"]!.AsArray().Select(m => m!.AsObject())];

            // Names of threads but the first, whose name is that of the process, are in no core file.
            foreach (JsonNode? thread in document["threads"]!.AsArray())
            {
                thread!.AsObject().Remove("name");
            }

            JsonNode heaps = Known(document["heaps"]!.DeepClone()), threads = Known(document["threads"]!.DeepClone()), about = Known(document["target"]!.DeepClone());
            return new Reading(json.ExitCode, blocks.Text, heaps.ToJsonString(), about.ToJsonString(), threads.ToJsonString() + document["arenasWithoutThreads"]!.ToJsonString(), mappings);
        }

        private static JsonNode Known(JsonNode node)
        {
            foreach (JsonNode child in node switch
            {
                JsonObject members => members.Select(m => m.Value).OfType<JsonNode>(),
                JsonArray items => items.OfType<JsonNode>(),
                _ => [],
            })
            {
                Known(child);
            }

            if (node is JsonObject from)
            {
                Array.ForEach(s_unknowable, name => from.Remove(name));
            }

            return node;
        }
    }
}
