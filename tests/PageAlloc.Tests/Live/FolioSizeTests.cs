using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Live;

/// <summary>The state and folio size of each page against kpageflags, read one page at a time.</summary>
[Collection(SystemStateCollection.Name)]
[Trait("Category", "Live")]
public sealed class FolioSizeTests
{
    // Smaller than a hugetlb page of 1G or the sparse mapping: those are compared as regions.
    private const ulong MaxBytes = 128 << 20;

    [Theory]
    [InlineData("fileLarge")]
    [InlineData("fileMixed")]
    [InlineData("fileHuge")]
    [InlineData("fileCopied")]
    [InlineData("medium16K")]
    [InlineData("medium64K")]
    [InlineData("medium1024K")]
    [InlineData("sharedMedium64K")]
    [InlineData("sharedHuge")]
    [InlineData("huge")]
    [InlineData("hugeSplit")]
    [InlineData("hugeZero")]
    [InlineData("ksm")]
    [InlineData("hugetlb")]
    [InlineData("forked")]
    [InlineData("names")]
    public void Each_page_of_each_mapping_is_what_kpageflags_says(string situation)
    {
        Skips.Unless(Launch.IsRoot, "needs root");
        using StandingSituation standing = Situations.Get(situation).Start();
        AssertEachPage(standing.Pid);
    }

    [Theory]
    [InlineData("python3")]
    [InlineData("bash")]
    public void Each_page_of_a_real_program_is_what_kpageflags_says(string name)
    {
        Skips.Unless(Launch.IsRoot, "needs root");
        using RealProgram program = RealPrograms.Start(name);
        AssertEachPage(program.Pids[0]);
    }

    private static void AssertEachPage(int pid)
    {
        ShownProcess shown = ShownProcess.Of(pid);
        using var kernel = new KpageFlags(pid);
        var differences = new List<string>();
        IEnumerable<ShownMapping> mappings = shown.Mappings
            .Where(m => m.End - m.Start <= MaxBytes && m.Pages("unknown") == 0);
        foreach (ShownMapping mapping in mappings)
        {
            IEnumerable<string> states = mapping.Runs.SelectMany(run => Enumerable.Repeat(run.State, (int)run.Pages));
            ulong address = mapping.Start;
            foreach ((KernelPage page, string state) in kernel.Read(mapping.Start, mapping.End).Zip(states))
            {
                if (!page.States.Contains(state))
                {
                    string right = string.Join(" or ", page.States);
                    differences.Add($"{mapping} at 0x{address:x}: shown {state}, the kernel says {right}");
                }

                address += (ulong)Environment.SystemPageSize;
            }
        }

        Assert.True(differences.Count == 0, string.Join("\n", differences.Take(10)));
    }
}
