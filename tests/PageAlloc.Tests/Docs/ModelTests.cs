using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PageAlloc.Views;

namespace PageAlloc.Tests.Docs;

/// <summary>The states in the documents are those of the program.</summary>
public sealed class ModelTests
{
    private static readonly Look[] s_looks =
        [.. Enum.GetValues<CellState>().Where(state => state != CellState.None).Select(Palette.Of)];

    private static readonly IReadOnlyList<string[]> s_states =
        MarkdownTable.Read("docs/model.md", "| state | letter | 256 |");

    [Fact]
    public void The_table_of_states_equals_the_palette() =>
        Assert.Equal(
            s_looks.Select(Row),
            s_states.Select(row => string.Join(' ', row[..5].Select(MarkdownTable.Plain))));

    [Fact]
    public void The_words_of_the_table_of_states_are_those_of_the_schema()
    {
        JsonNode definitions = JsonNode.Parse(File.ReadAllText(SchemaValidator.Schema))!["$defs"]!;
        JsonObject counts = definitions["pages"]!["properties"]!.AsObject();
        var word = new Regex((string)definitions["runs"]!["items"]!["prefixItems"]![0]!["pattern"]!);
        Assert.All(s_states, row => Assert.True(counts.ContainsKey(MarkdownTable.Plain(row[5])), row[5]));
        Assert.All(s_states, row => Assert.Matches(word, MarkdownTable.Plain(row[6])));
        Assert.Equal(
            counts.Select(c => c.Key).Where(key => key != "total").Order(),
            s_states.Select(row => MarkdownTable.Plain(row[5])).Distinct().Order());
    }

    [Fact]
    public void The_letters_of_the_readme_are_those_of_the_palette() =>
        Assert.Equal(
            s_looks.Select(look => look.Letter).Order(),
            MarkdownTable.Read("README.md", "| letter | state |").SelectMany(row => Letters(row[0])).Order());

    [Fact]
    public void The_letters_of_the_man_page_are_those_of_the_palette() =>
        Assert.Equal(
            s_looks.Select(look => look.Letter).Order(),
            new ManPage().Tags("OUTPUT").SelectMany(Letters).Order());

    private static IEnumerable<char> Letters(string cell) =>
        cell.Split(' ').Select(letter => letter.Trim('`').Single());

    private static string Row(Look look) =>
        string.Join(' ', Label(look), look.Letter, Index(look.Index256), Index(look.Index16), Color(look));

    // As the legend has it where a page is 4 KiB and a huge one 2 MiB.
    private static string Label(Look look) => look.SizeClass switch
    {
        0 => $"4K {look.Name}",
        1 => $"8K-1M {look.Name}",
        2 => $"2M {look.Name}",
        3 => $"1G {look.Name}",
        _ => look.Name,
    };

    private static string Index(int index) => index < 0 ? "-" : index.ToString(CultureInfo.InvariantCulture);

    private static string Color(Look look) => look.Index256 < 0 ? "-" : $"#{look.Rgb:x6}";
}
