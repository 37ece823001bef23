using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Live;

/// <summary>What targets print of their own memory, against what the program shows of it.</summary>
[Collection(SystemStateCollection.Name)]
[Trait("Category", "Live")]
public sealed class RegionTests
{
    [Theory]
    [MemberData(nameof(SystemStateCollection.Situations), MemberType = typeof(SystemStateCollection))]
    public void Printed_regions_equal_the_shown_runs(string situation)
    {
        SituationLook look = SituationLook.At(situation);
        Assert.NotEmpty(look.Regions);
        Assert.All(look.Regions, region =>
        {
            // file* is a page of a file in a folio of any size.
            string? anySize = region.Runs.Select(r => r.State).FirstOrDefault(s => s.EndsWith('*'));
            string Rename(string state) =>
                anySize is not null && state.StartsWith(anySize[..^1], StringComparison.Ordinal) ? anySize : state;
            Assert.Equal(region.Runs, look.Shown.RunsOf(region.Start, region.End, Rename));
        });
    }

    [Fact]
    public void A_32_bit_process_has_pointers_of_4_bytes()
    {
        using TargetProgram target = TargetProgram.StartTarget("pages32", []);
        CommandResult result = CommandRun.Run($"{target.Pid}", "--format", "json");
        using var document = System.Text.Json.JsonDocument.Parse(result.Output);
        Assert.Equal(4, document.RootElement.GetProperty("target").GetProperty("pointerSize").GetInt32());
    }
}
