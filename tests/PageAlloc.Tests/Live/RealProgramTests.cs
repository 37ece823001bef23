using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Live;

/// <summary>Programs that nobody here wrote, against smaps.</summary>
[Trait("Category", "Live")]
public sealed class RealProgramTests
{
    public static TheoryData<string> Names => new(RealPrograms.Names);

    [Theory]
    [MemberData(nameof(Names))]
    public void Shown_pages_equal_smaps(string name)
    {
        using RealProgram program = RealPrograms.Start(name);
        Assert.All(program.Pids, process =>
        {
            (Smaps smaps, ShownProcess shown) = SmapsComparison.LookAt(process, pid => ShownProcess.Of(pid));
            SmapsComparison.AssertEqual(smaps, shown);
        });
    }
}
