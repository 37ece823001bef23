using System.Diagnostics.CodeAnalysis;

namespace PageAlloc.Tests.Support;

/// <summary>The only way to skip a test: for a reason of the closed list in tests/allowed-skips.txt.</summary>
internal static class Skips
{
    public static IReadOnlySet<string> Allowed { get; } =
        File.ReadAllLines(Path.Combine(Repository.Tests, "allowed-skips.txt")).ToHashSet();

    [DoesNotReturn]
    public static void Because(string reason)
    {
        if (!Allowed.Contains(reason))
        {
            throw new InvalidOperationException($"not a reason of tests/allowed-skips.txt: {reason}");
        }

        Assert.Skip(reason);
        throw new InvalidOperationException("Assert.Skip returned");
    }

    public static void Unless([DoesNotReturnIf(false)] bool condition, string reason)
    {
        if (!condition)
        {
            Because(reason);
        }
    }
}
