using System.Text.Json;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Live;

/// <summary>
/// The kernel reads a command line from the memory of the process. One whose page is gone is not shown, rather than
/// brought back.
/// </summary>
[Collection(SystemStateCollection.Name)]
[Trait("Category", "Live")]
public sealed class HarmlessArgumentsTests
{
    // A text of several pages: one of them holds nothing else, and can be given away.
    private static readonly string s_text = new('x', 16 * Environment.SystemPageSize / 4);

    [Theory]
    [InlineData("dropped", "--format json --runs")]
    [InlineData("dropped", "")]
    [InlineData("swapped", "--format json --runs")]
    [InlineData("swapped", "")]
    public void A_page_of_the_command_line_that_is_gone_stays_gone(string way, string options)
    {
        using SystemState? state = way == "swapped" ? SystemState.Swap() : null;
        using TargetProgram target = TargetProgram.Pages("arguments", way, s_text);
        Vitals before = SituationLook.Settle(target.Pid);
        CommandResult result = CommandRun.Run([$"{target.Pid}", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(before.ToString(), Vitals.Of(target.Pid).ToString());
        Assert.False(IsPresent(target));
        if (options.Length != 0)
        {
            Assert.Equal(JsonValueKind.Null, Arguments(result).ValueKind);
            TruthRegion region = target.Regions.Single();
            Assert.Equal(region.Runs, ShownProcess.Parse(result).RunsOf(region.Start, region.End, state => state));
        }

        // What a tool that asks for the command line does.
        Assert.NotEmpty(File.ReadAllBytes($"/proc/{target.Pid}/cmdline"));
        Assert.True(IsPresent(target));
    }

    [Fact]
    public void A_long_command_line_in_RAM_is_shown()
    {
        using TargetProgram target = TargetProgram.Pages("arguments", "present", s_text);
        JsonElement arguments = Arguments(CommandRun.Run($"{target.Pid}", "--format", "json"));
        Assert.Equal(["arguments", "present", s_text], arguments.EnumerateArray().Skip(1).Select(a => a.GetString()!));
    }

    private static JsonElement Arguments(CommandResult result) =>
        JsonDocument.Parse(result.Output).RootElement.GetProperty("target").GetProperty("arguments");

    private static bool IsPresent(TargetProgram target)
    {
        using FileStream pagemap = File.OpenRead($"/proc/{target.Pid}/pagemap");
        pagemap.Position = (long)(target.Regions.Single().Start / (ulong)Environment.SystemPageSize * sizeof(ulong));
        using var reader = new BinaryReader(pagemap);
        return reader.ReadUInt64() >> 63 == 1;
    }
}
