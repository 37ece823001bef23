using System.Text.RegularExpressions;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Docs;

/// <summary>docs/pagealloc.1, as its source has it.</summary>
internal sealed partial class ManPage
{
    private readonly Dictionary<string, List<string>> _sections = [];

    public ManPage()
    {
        List<string> section = [];
        foreach (string line in File.ReadLines(Path))
        {
            if (line.StartsWith(".SH ", StringComparison.Ordinal))
            {
                _sections.Add(Plain(line), section = []);
            }
            else
            {
                section.Add(line);
            }
        }
    }

    public static string Path { get; } = System.IO.Path.Combine(Repository.Root, "docs", "pagealloc.1");

    /// <summary>The options of the section OPTIONS.</summary>
    public IReadOnlyList<DocumentedOption> Options => [.. Tags("OPTIONS").Select(tag =>
    {
        string[] words = tag.Split(' ');
        int names = words.Length - (words[^1].StartsWith('-') ? 0 : 1);
        return new DocumentedOption(string.Join(' ', words[..names]), string.Join(' ', words[names..]));
    })];

    /// <summary>The words that a section explains: what stands behind each .TP.</summary>
    public IEnumerable<string> Tags(string section)
    {
        List<string> lines = _sections[section];
        return lines.Zip(lines.Skip(1))
            .Where(pair => pair.First.StartsWith(".TP", StringComparison.Ordinal))
            .Select(pair => Plain(pair.Second));
    }

    /// <summary>The text of a section without its fonts.</summary>
    public string TextOf(string section) => string.Join(' ', _sections[section].Select(Plain));

    // A macro such as .BR sets its words in turn in two fonts, with nothing between; .B and .I keep the blanks.
    private static string Plain(string line)
    {
        string text = line;
        Match macro = Macro().Match(line);
        if (macro.Success)
        {
            IEnumerable<string> words = Word().Matches(line[macro.Length..]).Select(m => m.Value.Trim('"'));
            text = string.Join(macro.Value is ".SH " or ".B " or ".I " ? " " : "", words);
        }

        return text.Replace("\\-", "-", StringComparison.Ordinal).Replace("\\&", "", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^\.(SH|B|I|BR|RB|BI|IB|IR|RI) ")]
    private static partial Regex Macro();

    [GeneratedRegex("\"[^\"]*\"|\\S+")]
    private static partial Regex Word();
}
