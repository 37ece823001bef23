using System.Globalization;

namespace PageAlloc.Tests.Terminal;

/// <summary>
/// A character on a screen with its colours: <c>16:2</c>, <c>256:236</c>, <c>rgb:859900</c>, or empty for the
/// terminal's own.
/// </summary>
internal readonly record struct Cell(char Character, string Foreground, string Background)
{
    /// <summary>The colour of the upper half: what a full or upper block is drawn in, else what is behind.</summary>
    public string Upper => Character is '▀' or '█' ? Foreground : Background;

    /// <summary>The colour of the lower half.</summary>
    public string Lower => Character is '▄' or '█' ? Foreground : Background;

    /// <summary>Reads lines with escape sequences for colours, which stay on from one line to the next.</summary>
    public static IReadOnlyList<Cell[]> ParseLines(string text)
    {
        string foreground = "", background = "";
        return [.. text.Split('\n').Select(line => ParseLine(line, ref foreground, ref background))];
    }

    private static Cell[] ParseLine(string line, ref string foreground, ref string background)
    {
        var cells = new List<Cell>();
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] != '\u001b')
            {
                cells.Add(new Cell(line[i], foreground, background));
                continue;
            }

            int end = line.IndexOf('m', i);
            Assert.True(end > 0 && line[i + 1] == '[', $"not a colour: {line[i..]}");
            Select(line[(i + 2)..end].Split(';', ':'), ref foreground, ref background);
            i = end;
        }

        return [.. cells];
    }

    /// <summary>The characters of cells.</summary>
    public static string Text(IEnumerable<Cell> cells) => string.Concat(cells.Select(c => c.Character));

    private static void Select(string[] parameters, ref string foreground, ref string background)
    {
        int[] p = [.. parameters.Select(s => s.Length == 0 ? 0 : int.Parse(s, CultureInfo.InvariantCulture))];
        for (int i = 0; i < p.Length; i++)
        {
            switch (p[i])
            {
                case 0:
                    foreground = background = "";
                    break;
                case 39:
                    foreground = "";
                    break;
                case 49:
                    background = "";
                    break;
                case 38:
                    foreground = Extended(p, ref i);
                    break;
                case 48:
                    background = Extended(p, ref i);
                    break;
                case (>= 30 and <= 37) or (>= 90 and <= 97):
                    foreground = $"16:{(p[i] < 90 ? p[i] - 30 : p[i] - 82)}";
                    break;
                case (>= 40 and <= 47) or (>= 100 and <= 107):
                    background = $"16:{(p[i] < 100 ? p[i] - 40 : p[i] - 92)}";
                    break;
                default:
                    throw new FormatException($"an attribute that nothing here has: {string.Join(';', parameters)}");
            }
        }
    }

    private static string Extended(int[] p, ref int i)
    {
        string color = p[i + 1] == 5 ? $"256:{p[i + 2]}" : $"rgb:{(p[i + 2] << 16) | (p[i + 3] << 8) | p[i + 4]:x6}";
        i += p[i + 1] == 5 ? 2 : 4;
        return color;
    }
}
