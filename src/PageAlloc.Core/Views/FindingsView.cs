using System.Buffers;
using PageAlloc.Insight.Findings;

namespace PageAlloc.Views;

/// <summary>Findings for people: what was found, then what to do, in lines that fit the screen.</summary>
public static class FindingsView
{
    /// <summary>Writes the findings that there is room for, and one at least.</summary>
    /// <param name="findings">The findings, those that matter most first.</param>
    /// <param name="width">Characters in a line.</param>
    /// <param name="height">Lines to fill at most.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void Write(IReadOnlyList<Finding> findings, int width, int height, IBufferWriter<byte> output)
    {
        var sink = new TextSink(output);
        int left = height;
        int written = 0;
        foreach (Finding finding in findings)
        {
            List<string> lines = ["", .. Fold(Mark(finding.Severity), finding.Text, width), .. Fold("     → ", finding.Advice, width)];
            int more = written + 1 < findings.Count ? 1 : 0;
            if (written != 0 && lines.Count + more > left)
            {
                break;
            }

            lines.ForEach(line => sink.Write(line).EndLine());
            left -= lines.Count;
            written++;
        }

        if (written < findings.Count)
        {
            sink.Write($"  and {Amounts.Of((ulong)(findings.Count - written), "finding")} more: --format json has all").EndLine();
        }
    }

    private static string Mark(FindingSeverity severity) => severity switch
    {
        FindingSeverity.Warning => "  !! ",
        FindingSeverity.Notice => "  !  ",
        _ => "  .  ",
    };

    // Between words; what follows stands below the first word.
    private static List<string> Fold(string mark, string text, int width)
    {
        List<string> lines = [mark];
        foreach (string word in text.Split(' '))
        {
            bool isFirst = lines[^1].Length == mark.Length;
            if (!isFirst && lines[^1].Length + 1 + word.Length > width)
            {
                lines.Add(new string(' ', mark.Length));
                isFirst = true;
            }

            lines[^1] += isFirst ? word : " " + word;
        }

        return lines;
    }
}
