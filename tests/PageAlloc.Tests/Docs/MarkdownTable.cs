using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Docs;

/// <summary>A table of a document, rows of cells without the marks of code.</summary>
internal static class MarkdownTable
{
    /// <summary>The rows below the header that begins with <paramref name="header"/>.</summary>
    public static IReadOnlyList<string[]> Read(string document, string header)
    {
        string[] lines = File.ReadAllLines(Path.Combine(Repository.Root, document));
        int at = Array.FindIndex(lines, line => line.StartsWith(header, StringComparison.Ordinal));
        Assert.True(at >= 0, $"{document} has no table {header}");
        return [.. lines.Skip(at + 2).TakeWhile(line => line.StartsWith('|')).Select(line => line.Split('|')[1..^1])
            .Select(cells => cells.Select(cell => cell.Trim()).ToArray())];
    }

    /// <summary>A cell without the marks of code.</summary>
    public static string Plain(string cell) => cell.Trim('`');
}
