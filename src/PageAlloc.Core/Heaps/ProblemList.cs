using PageAlloc.Targets;

namespace PageAlloc.Heaps;

/// <summary>Problems in a snapshot.</summary>
internal static class ProblemList
{
    private const int LeastProblem = 4;
    private const int MaxProblems = 1 << 20;

    public static void Write(SectionWriter w, IReadOnlyList<Problem> problems) => w.List(problems, problem =>
    {
        w.Number((int)problem.Kind);
        w.Number(problem.Arena);
        w.Number(problem.Address);
        w.Text(problem.Text);
    });

    public static IReadOnlyList<Problem> Read(SectionReader r) =>
        r.List(LeastProblem, () => new Problem((ProblemKind)r.Choice((int)ProblemKind.Swapped + 1), r.Number(), r.Number(), r.Text()), MaxProblems);
}
