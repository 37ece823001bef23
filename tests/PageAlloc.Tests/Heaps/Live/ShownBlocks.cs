using System.Globalization;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Heaps.Live;

/// <summary>A row of <c>pagealloc blocks PID --format csv</c>.</summary>
internal readonly record struct ShownBlock(ulong Address, ulong Size, ulong Usable, string State, ulong? Arena);

/// <summary>All rows, in the order they came.</summary>
internal static class ShownBlocks
{
    public static IReadOnlyList<ShownBlock> Of(int pid, params string[] options) =>
        Parse(CommandRun.Run(["blocks", $"{pid}", "--format", "csv", .. options]));

    public static IReadOnlyList<ShownBlock> Parse(CommandResult result)
    {
        Assert.True(result.ExitCode is 0 or 4, result.ToString());
        string[] lines = result.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("address,size,usable,state,arena", lines[0]);
        return lines.Skip(1).Select(Row).ToList();
    }

    private static ShownBlock Row(string line)
    {
        string[] cells = line.Split(',');
        Assert.True(cells.Length == 5, line);
        return new ShownBlock(
            Address(cells[0]), Number(cells[1]), Number(cells[2]), string.Intern(cells[3]), cells[4].Length == 0 ? null : Address(cells[4]));
    }

    private static ulong Address(string cell)
    {
        Assert.StartsWith("0x", cell, StringComparison.Ordinal);
        return ulong.Parse(cell.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    private static ulong Number(string cell) => ulong.Parse(cell, CultureInfo.InvariantCulture);
}
