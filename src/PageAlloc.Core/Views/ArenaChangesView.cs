using System.Buffers;
using PageAlloc.Blocks;
using PageAlloc.Insight.Diff;

namespace PageAlloc.Views;

/// <summary>Which arenas changed, those first whose used bytes changed most.</summary>
public static class ArenaChangesView
{
    private const int MostArenas = 6;
    private const int NameWidth = 16;
    private const int SizeWidth = 9;

    /// <summary>Writes the table; nothing when no arena changed.</summary>
    /// <param name="diff">What changed.</param>
    /// <param name="all">Whether every arena is listed, not only the first.</param>
    /// <param name="output">Gets UTF-8.</param>
    public static void Write(ProcessDiff diff, bool all, IBufferWriter<byte> output)
    {
        var sink = new TextSink(output);
        ArenaChange[] changed = [.. diff.Arenas.Where(a => a.IsChanged).OrderByDescending(Weight)];
        if (diff.Old.KnownHeaps is not { } before || diff.New.KnownHeaps is not { } after || changed.Length == 0)
        {
            return;
        }

        sink.EndLine().Write("  "u8).Column("arenas", NameWidth).Column("system", -SizeWidth).Column("change", -SizeWidth)
            .Column("used", -SizeWidth).Column("blocks", -SizeWidth).Column("tcache", -SizeWidth).Column("free", -SizeWidth).Column("top", -SizeWidth).EndLine();
        int most = all ? int.MaxValue : MostArenas;
        int shown = changed.Length <= most || changed.Length == most + 1 ? changed.Length : most;
        foreach (ArenaChange arena in changed[..shown])
        {
            string what = arena.Old.Count == 0 ? "new, " : arena.New.Count == 0 ? "gone, " : "";
            Row(NameOf(arena, diff), arena, diff.IsJoined ? what + HeapOwner.Of(arena.Last.Arena, (arena.New.Count != 0 ? after : before).Heaps) : "");
        }

        if (shown < changed.Length)
        {
            ArenaChange[] others = changed[shown..];
            Row($"{others.Length} others", new ArenaChange([.. others.SelectMany(a => a.Old)], [.. others.SelectMany(a => a.New)]), "");
        }

        void Row(string name, ArenaChange arena, string owner)
        {
            // With more or less unknown than before, blocks came to be known, or are not any more: that is no change.
            bool isKnown = arena.Old.Count == 0 || arena.New.Count == 0 || arena.Before(a => a.Bytes(BlockState.Unknown)) == arena.Now(a => a.Bytes(BlockState.Unknown));
            sink.Write("  "u8).Column(name, NameWidth).Column(HeapTableView.Size(arena.Now(a => a.Arena.State.SystemBytes)), -SizeWidth);
            Change(a => a.Arena.State.SystemBytes, true);
            Change(a => a.Bytes(BlockState.Used), isKnown);
            sink.Column(!isKnown ? Difference.Unknown : Difference.OfCounts(arena.Before(a => a.Blocks(BlockState.Used)), arena.Now(a => a.Blocks(BlockState.Used))), -SizeWidth);
            Change(a => a.Bytes(BlockState.Tcache), isKnown);
            Change(a => a.FreeBytes, isKnown);
            Change(a => a.Bytes(BlockState.Top), isKnown);
            sink.EndLine();
            if (owner.Length != 0)
            {
                sink.Write("      "u8).Write(owner).EndLine();
            }

            void Change(Func<ArenaTotals, ulong> of, bool known) => sink.Column(!known ? Difference.Unknown : Difference.OfShortSizes(arena.Before(of), arena.Now(of)), -SizeWidth);
        }
    }

    private static string NameOf(ArenaChange arena, ProcessDiff diff) =>
        diff.IsJoined ? $"0x{arena.Last.Arena.Address:x}"
        : arena.Last.Arena.IsMain ? "main"
        : $"{TextSink.Count((ulong)arena.Old.Count)} to {TextSink.Count((ulong)arena.New.Count)} others";

    private static (ulong Used, ulong System) Weight(ArenaChange arena) => (
        Apart(arena.Before(a => a.Bytes(BlockState.Used)), arena.Now(a => a.Bytes(BlockState.Used))),
        Apart(arena.Before(a => a.Arena.State.SystemBytes), arena.Now(a => a.Arena.State.SystemBytes)));

    private static ulong Apart(ulong one, ulong other) => one > other ? one - other : other - one;
}
