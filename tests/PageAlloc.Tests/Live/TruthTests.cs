using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Live;

/// <summary>The oracles against each other, not the program under test: targets print what the kernel says.</summary>
[Collection(SystemStateCollection.Name)]
[Trait("Category", "Live")]
public sealed class TruthTests
{
    // Reading every page of 16 TiB, one at a time, takes hours.
    private const ulong MaxPages = 1 << 20;

    [Theory]
    [MemberData(nameof(SystemStateCollection.Situations), MemberType = typeof(SystemStateCollection))]
    public void Printed_regions_equal_pagemap_and_kpageflags(string situation)
    {
        Skips.Unless(Launch.IsRoot, "needs root");
        using StandingSituation standing = Situations.Get(situation).Start();
        Assert.NotEmpty(standing.Target.Regions);
        using var kernel = new KpageFlags(standing.Pid);
        foreach (TruthRegion region in standing.Target.Regions)
        {
            IEnumerable<string> printed = region.Runs
                .SelectMany(run => Enumerable.Repeat(run.State, (int)Math.Min(run.Pages, MaxPages)));
            ulong end = Math.Min(region.End, region.Start + (MaxPages * (ulong)Environment.SystemPageSize));
            ulong address = region.Start;
            foreach ((KernelPage page, string state) in kernel.Read(region.Start, end).Zip(printed))
            {
                bool equal = state.EndsWith('*')
                    ? page.States.Any(s => s.StartsWith(state[..^1], StringComparison.Ordinal))
                    : page.States.Contains(state);
                string right = string.Join(" or ", page.States);
                Assert.True(equal, $"{region} at 0x{address:x}: printed {state}, the kernel says {right}");
                address += (ulong)Environment.SystemPageSize;
            }

            Assert.Equal(end, address);
        }
    }

    [Fact]
    public void Every_situation_that_the_target_knows_is_tested()
    {
        string[] known = Launch.Run(TargetProgram.PathOf("pages"), "list")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        // Their processes are what they are for, not their pages.
        string[] processes = ["zombie", "closed", "arguments", "replacing", "moving", "leaderless"];
        IEnumerable<string> tested = Situations.Names
            .Select(Situations.Get)
            .Where(s => s.Program == "pages")
            .Select(s => s.Arguments[0]);
        Assert.Equal(known.Except(processes).Order(), tested.Distinct().Order());
    }

    [Fact]
    public void A_reason_that_is_not_in_the_list_is_no_skip()
    {
        Assert.Throws<InvalidOperationException>(() => Skips.Because("because"));
    }

    [Fact]
    public void Every_reason_in_the_list_is_used()
    {
        string[] patterns = ["*.c", "*.cs"];
        string sources = string.Concat(patterns
            .SelectMany(pattern => Directory.EnumerateFiles(Repository.Tests, pattern, SearchOption.AllDirectories))
            .Select(File.ReadAllText));
        Assert.DoesNotContain(Skips.Allowed, reason => !sources.Contains($"\"{reason}\"", StringComparison.Ordinal));
    }
}
