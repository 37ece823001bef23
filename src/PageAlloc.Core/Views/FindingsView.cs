using System.Buffers;
using PageAlloc.Insight.Findings;

namespace PageAlloc.Views;

/// <summary>Findings for people: what was found, then what to do, in lines that fit the screen.</summary>
public static class FindingsView
{
    private const int Most = 5;

    /// <summary>Writes the findings, the first few of them.</summary>
    /// <param name="findings">The findings, those that matter most first.</param>
    /// <param name="width">Characters in a line.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void Write(IReadOnlyList<Finding> findings, int width, IBufferWriter<byte> output)
    {
        var sink = new TextSink(output);
        foreach (Finding finding in findings.Take(Most))
        {
            sink.EndLine();
            Fold(sink, Mark(finding.Severity), finding.Text, width);
            Fold(sink, "    → ", finding.Advice, width);
        }

        if (findings.Count > Most)
        {
            sink.EndLine().Write($"  and {Amounts.Of((ulong)(findings.Count - Most), "smaller finding")}: --format json has all").EndLine();
        }
    }

    private static string Mark(FindingSeverity severity) => severity switch
    {
        FindingSeverity.Warning => "  !! ",
        FindingSeverity.Notice => "  !  ",
        _ => "  .  ",
    };

    // Between words; what follows stands below the first word.
    private static void Fold(TextSink sink, string mark, string text, int width)
    {
        sink.Write(mark);
        int at = mark.Length;
        bool isFirst = true;
        foreach (string word in text.Split(' '))
        {
            if (!isFirst && at + 1 + word.Length > width)
            {
                sink.EndLine().Repeat(' ', mark.Length);
                at = mark.Length;
                isFirst = true;
            }

            sink.Write(isFirst ? word : " " + word);
            at += word.Length + (isFirst ? 0 : 1);
            isFirst = false;
        }

        sink.EndLine();
    }
}
