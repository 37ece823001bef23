using System.Buffers;
using PageAlloc.Blocks;
using PageAlloc.Cli;
using PageAlloc.Heaps;
using PageAlloc.Insight;
using PageAlloc.Tests.Heaps.Live;
using PageAlloc.Tests.Support;
using PageAlloc.Views;
using Look = PageAlloc.Cli.Look;

namespace PageAlloc.Tests.Snapshots;

/// <summary>Snapshots for tests, and all that can be asked of one.</summary>
internal static class Recording
{
    private static readonly Lazy<byte[]> s_small = new(() => Make("one", [], 1));
    private static readonly Lazy<byte[]> s_series = new(() => Make("arenas", [], 3));
    private static readonly Lazy<byte[]> s_contents = new(() => Make("one", ["--contents"], 1));

    /// <summary>One moment of a small heap.</summary>
    public static byte[] Small => s_small.Value;

    /// <summary>Three moments of several arenas.</summary>
    public static byte[] Series => s_series.Value;

    /// <summary>One moment, with contents.</summary>
    public static byte[] WithContents => s_contents.Value;

    /// <summary>Does all that the commands do, and gives the JSON.</summary>
    /// <exception cref="TargetException">The file is not good.</exception>
    public static byte[] LookAtAll(string path)
    {
        using OpenedTarget opened = OpenedTarget.Open(path, freeze: false);
        using Look look = Look.At(opened, ReadOptions.Default, HeapOptions.Default);
        HeapFigures? heaps = look.Walk();
        var output = new ArrayBufferWriter<byte>();
        JsonView.Write(look.Info, look.Table, look.Table.Mappings, withRuns: true, heaps, output, look.Figures(heaps));
        var rest = new ArrayBufferWriter<byte>();
        SummaryView.Write(look.Figures(heaps), default, rest);
        if (look.Heaps is { } blocks)
        {
            blocks.RunInOrder(new BlocksView(BlockFormat.Csv, new BlockFilter(), rest));
            blocks.Run(new HeapMapView(blocks.Heaps, _ => true, new MapOptions(), rest));
            HeapTableView.Write(blocks.Heaps, heaps!.Arenas, rest, heaps.Pages);
            foreach (ulong address in Interesting(look, blocks.Heaps))
            {
                using OpenedHeaps? own = OpenedHeaps.Open(look.Target, look.Mappings);
                WhatIsView.WriteText(WhatIsLookup.Find(look.Target, look.Mappings, own.Blocks, own.Memory, address), rest);
            }
        }

        PageMapView.Write(look.Table, look.Table.Mappings, new MapOptions(), rest, []);
        return output.WrittenSpan.ToArray();
    }

    private static IEnumerable<ulong> Interesting(Look look, HeapSet heaps) =>
    [
        .. look.Mappings.Take(3).Select(m => m.Range.Start), .. heaps.Arenas.Take(3).SelectMany(a => a.Segments.Take(2)).SelectMany(s => new[] { s.Range.Start + 0x300, s.Range.End - 8 }),
        .. heaps.Threads.Take(2).Select(t => t.Pointer),
    ];

    private static byte[] Make(string situation, string[] options, int moments)
    {
        using HeapProgram program = HeapProgram.Start(TargetProgram.PathOf("heap"), [situation]);
        using var folder = new WorkFolder();
        string path = Path.Combine(folder.Path, "snapshot");
        string[] series = moments == 1 ? [] : ["--every", "10ms", "--count", $"{moments}"];
        CommandResult result = CommandRun.Run(["record", $"{program.Pid}", "-o", path, .. options, .. series], user: null);
        Assert.True(result.ExitCode == 0, result.ToString());
        return File.ReadAllBytes(path);
    }
}
