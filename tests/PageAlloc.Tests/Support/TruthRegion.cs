using System.Globalization;

namespace PageAlloc.Tests.Support;

/// <summary>A number of pages of one state; a state is a word such as <c>swapped</c> or <c>anonymous64K</c>.</summary>
internal readonly record struct StateRun(string State, ulong Pages);

/// <summary>What a target says of a range of its own memory.</summary>
internal sealed record TruthRegion(string Name, ulong Start, ulong End, IReadOnlyList<StateRun> Runs)
{
    /// <summary>Reads a line <c>region NAME 0xSTART 0xEND STATE:PAGES …</c>.</summary>
    public static TruthRegion Parse(string line)
    {
        string[] words = line.Split(' ');
        var runs = words.Skip(4).Select(word =>
        {
            int colon = word.IndexOf(':', StringComparison.Ordinal);
            return new StateRun(word[..colon], ulong.Parse(word.AsSpan(colon + 1), CultureInfo.InvariantCulture));
        }).ToList();
        return new TruthRegion(words[1], Address(words[2]), Address(words[3]), runs);
    }

    public override string ToString() => $"{Name} 0x{Start:x}-0x{End:x}";

    private static ulong Address(string word) =>
        ulong.Parse(word.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
