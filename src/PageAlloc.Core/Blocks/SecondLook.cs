using PageAlloc.Heaps;

namespace PageAlloc.Blocks;

/// <summary>
/// Tells damage from what a running process was just changing: damage is still there at a second look. A process of one
/// thread takes no lock, and may leave its arenas as they were, so that nothing else shows that it was at work.
/// </summary>
internal static class SecondLook
{
    /// <summary>
    /// What is wrong, but for what was seen in an arena that changed meanwhile: a process that does the same again and again may
    /// look the same at a second look too.
    /// </summary>
    /// <param name="heaps">The heaps.</param>
    /// <param name="problems">What looked wrong, of no arena.</param>
    /// <param name="changed">The arenas that changed.</param>
    public static IReadOnlyList<Problem> WithoutChanged(HeapSet heaps, IReadOnlyList<Problem> problems, IReadOnlySet<ulong> changed)
    {
        var moving = new ArenaIndex([.. heaps.Arenas.Where(a => changed.Contains(a.Address))]);
        return [.. problems.Where(p => p.Kind == ProblemKind.Swapped || moving.Of(p.Address) is null)];
    }

    /// <summary>Looks for the heaps anew, and gives the problems that are there again.</summary>
    /// <param name="reader">The heaps.</param>
    /// <param name="problems">What looked wrong at first.</param>
    /// <returns>The texts of the problems that are there again, word for word; null when all of them are, or when the target stands still.</returns>
    public static IReadOnlySet<string>? Confirm(HeapReader reader, IReadOnlyList<Problem> problems)
    {
        if (reader.IsStopped || problems.All(p => p.Kind is ProblemKind.Changing or ProblemKind.LayoutMismatch or ProblemKind.Swapped))
        {
            return null;
        }

        HeapSet walked = reader.Heaps;
        reader.LookAgain();
        HeapWalk.Prepare(reader);
        IReadOnlyList<ArenaTotals> again = HeapWalk.WalkInOneRow(reader, NoSink.Instance);
        foreach (ArenaTotals arena in again)
        {
            BrokenLinks.Name(reader, arena);
        }

        // On a busy machine a thread may wait for a processor in the middle of its work, so that both looks see the same half of it.
        IReadOnlySet<ulong> changed = reader.FindChanged();
        IEnumerable<Problem> ofArenas = again.Where(t => HeapWalk.FindChange(t, changed) is null).SelectMany(t => t.Problems);
        HashSet<string> now = [.. WithoutChanged(reader.Heaps, reader.Heaps.Problems, changed).Concat(ofArenas).Select(p => p.Text)];
        reader.Restore(walked);
        HashSet<string> confirmed =
            [.. problems.Where(p => p.Kind is ProblemKind.Changing or ProblemKind.LayoutMismatch or ProblemKind.Swapped || now.Contains(p.Text)).Select(p => p.Text)];
        return problems.All(p => confirmed.Contains(p.Text)) ? null : confirmed;
    }

    /// <summary>The problems that were confirmed; in the place of the others, one that says that the heap was changing.</summary>
    /// <param name="problems">What looked wrong at first.</param>
    /// <param name="confirmed">What <see cref="Confirm"/> gave.</param>
    /// <param name="arena">The arena's address; 0 when they are of none.</param>
    public static IReadOnlyList<Problem> Keep(
        IReadOnlyList<Problem> problems, IReadOnlySet<string> confirmed, ulong arena)
    {
        Problem[] kept = [.. problems.Where(p => confirmed.Contains(p.Text))];
        return kept.Length == problems.Count ? problems
            : [.. kept, new Problem(ProblemKind.Changing, arena, arena, "it changed while it was read: these numbers are of more than one moment; try again, or with --freeze")];
    }
}
