using System.Buffers;
using PageAlloc.Targets;

namespace PageAlloc.Views;

/// <summary>The first line: which process it is, and from which file.</summary>
public static class HeaderView
{
    /// <summary>Writes the process's number, its name and its command line, cut to the width of a row.</summary>
    /// <param name="target">The target.</param>
    /// <param name="options">How the map is drawn.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void Write(TargetInfo target, MapOptions options, IBufferWriter<byte> output)
    {
        const int addressWidth = 20;
        int width = Math.Max(options.Width + addressWidth, 80);
        string process = target.Pid == 0 ? "a process that it does not name" : $"process {target.Pid} ({ByteText.ToPrintable(target.Command.Span)})";
        string line = target.File is null ? process : $"{target.Name} of {process}";
        if (target.Arguments is { Count: > 0 } arguments)
        {
            line += ": " + string.Join(' ', arguments.Take(width).Select(a => ByteText.ToPrintable(a.Span[..Math.Min(a.Length, width)])));
        }

        new TextSink(output).Write(line.Length <= width ? line : string.Concat(line.AsSpan(0, width - 1), options.Style.Unicode ? "…" : "~")).EndLine();
    }
}
