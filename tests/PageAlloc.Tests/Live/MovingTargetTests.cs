using System.Text.Json.Nodes;
using PageAlloc.Mappings;
using PageAlloc.Pages;
using PageAlloc.Targets;
using PageAlloc.Tests.Docs;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Live;

/// <summary>Targets that run another program, end, or map and unmap while they are looked at.</summary>
[Trait("Category", "Live")]
public sealed class MovingTargetTests
{
    private const int Done = 0, CannotOpen = 3, Incomplete = 4;
    private const ulong Written = 700, Untouched = 900;

    [Fact]
    public void Mappings_of_one_program_never_have_the_pages_of_another()
    {
        using TargetProgram target = TargetProgram.Pages("replacing");
        JsonObject[] shown = LookAgainAndAgain(target.Pid, 200);
        Assert.NotEmpty(shown);
        AssertValid(shown);
        foreach (JsonObject mapping in shown.SelectMany(Mappings))
        {
            AssertWithinFile(mapping);
            bool own = (string?)mapping["name"] == "" && (string?)mapping["permissions"] == "r--p";
            ulong total = Count(mapping, "total");
            Assert.True(!own || total != Written || Sizes(mapping, "anonymous") == Written, mapping.ToJsonString());
            Assert.True(!own || total != Untouched || Count(mapping, "notPresent") == Untouched, mapping.ToJsonString());
        }
    }

    // PAGEMAP_SCAN finds nothing in memory that is gone and reports no error, as if all of it were absent.
    [Fact]
    public void Pages_of_a_program_that_is_gone_are_not_absent()
    {
        LiveProcess process;
        IReadOnlyList<Mapping> mappings;
        IMemory memory;
        using (TargetProgram target = TargetProgram.Pages("small"))
        {
            process = LiveProcess.Open(target.Pid);
            mappings = MappingTable.Read(process);
            memory = process.OpenMemory();
        }

        using (process)
        using (memory)
        {
            AssertEnded(() => PageTableReader.Read(process, mappings));
            AssertEnded(() => PageTableReader.Read(process, mappings, new ReadOptions { UseIoctls = false }));
            AssertEnded(() => memory.ReadPages(mappings[0].Range.Start, new byte[memory.PageSize], new PageAccess[1]));
        }
    }

    [Fact]
    public void Mappings_that_come_and_go_are_shown_whole()
    {
        using TargetProgram target = TargetProgram.Pages("moving");
        JsonObject[] shown = LookAgainAndAgain(target.Pid, 40);
        Assert.NotEmpty(shown);
        AssertValid(shown);
        Assert.All(shown.SelectMany(Mappings), AssertWithinFile);
    }

    [Fact]
    public void A_target_that_ends_midway_is_told_or_shown()
    {
        var shown = new List<JsonObject>();
        for (int i = 0; i < 20; i++)
        {
            using TargetProgram target = TargetProgram.Pages("ending");
            System.Diagnostics.Process look = CommandRun.Start([$"{target.Pid}", "--format", "json", "--runs"]);
            SpinWait.SpinUntil(() => look.HasExited, 12 * i);
            target.LetEnd();
            AddShown(CommandRun.Finish(look), shown);
        }

        AssertValid([.. shown]);
        Assert.All(shown.SelectMany(Mappings), AssertWithinFile);
    }

    // In turn as JSON and as text, whose walk of heaps and whose messages are others.
    private static JsonObject[] LookAgainAndAgain(int pid, int times)
    {
        var shown = new List<JsonObject>();
        string[][] commands = [[$"{pid}", "--format", "json"], [$"{pid}"], [$"{pid}", "--format", "json", "--runs"], ["blocks", $"{pid}"]];
        for (int i = 0; i < times; i++)
        {
            string[] command = commands[i % commands.Length];
            AddShown(CommandRun.Run(command), command.Contains("json") ? shown : null);
        }

        return [.. shown];
    }

    private static void AddShown(CommandResult result, List<JsonObject>? shown)
    {
        Assert.True(result.ExitCode is Done or CannotOpen or Incomplete, result.ToString());
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.All(
            result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => Assert.StartsWith("pagealloc: ", line, StringComparison.Ordinal));
        if (result.ExitCode == CannotOpen)
        {
            Assert.NotEqual("", result.Error);
        }
        else
        {
            shown?.Add(JsonNode.Parse(result.Output)!.AsObject());
        }
    }

    private static void AssertEnded(Action read) => Assert.Equal(TargetFailure.Ended, Assert.Throws<TargetException>(read).Failure);

    private static void AssertValid(JsonObject[] documents) =>
        Assert.All(SchemaValidator.Check(documents), error => Assert.Equal("", error));

    private static IEnumerable<JsonObject> Mappings(JsonObject document) => document["mappings"]!.AsArray().Select(m => m!.AsObject());

    /// <summary>The states add up, and nothing of a file is in RAM beyond its end.</summary>
    private static void AssertWithinFile(JsonObject mapping)
    {
        ulong page = (ulong)Environment.SystemPageSize, start = Address(mapping, "start"), end = Address(mapping, "end");
        string[] states = ["notPresent", "swapped", "zero", "ksm", "guard", "unknown"];
        ulong counted = states.Aggregate(Sizes(mapping, "anonymous") + Sizes(mapping, "file"), (sum, state) => sum + Count(mapping, state));
        Assert.Equal((end - start) / page, Count(mapping, "total"));
        Assert.Equal(Count(mapping, "total"), counted);
        string name = (string)mapping["name"]!;
        if (File.Exists(name))
        {
            ulong offset = Math.Min(Address(mapping, "offset"), (ulong)new FileInfo(name).Length);
            ulong inFile = ((ulong)new FileInfo(name).Length - offset + page - 1) / page;
            Assert.True(Sizes(mapping, "file") <= inFile, mapping.ToJsonString());
        }
    }

    private static ulong Count(JsonObject mapping, string state) => (ulong)mapping["pages"]![state]!;

    private static ulong Sizes(JsonObject mapping, string state) =>
        mapping["pages"]![state]!.AsObject().Aggregate(0UL, (sum, size) => sum + (ulong)size.Value!);

    private static ulong Address(JsonObject mapping, string name) => Convert.ToUInt64((string)mapping[name]!, 16);
}
