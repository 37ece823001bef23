using PageAlloc.Mappings;
using PageAlloc.Pages;

namespace PageAlloc.Insight.Diff;

/// <summary>Finds which mappings of two moments are the same.</summary>
internal static class MappingJoin
{
    /// <summary>
    /// Joins by address and name: mappings that overlap, and are of one name and of one place in one file, are the same, however
    /// they grew, shrank or were cut. What may not be accessed at all is apart from what may, so that memory which is reserved
    /// and taken piece by piece, as by the arenas of threads, grows.
    /// </summary>
    /// <param name="old">The pages before.</param>
    /// <param name="now">The pages now.</param>
    /// <param name="changes">How pages are compared; null when they are not.</param>
    /// <returns>The mappings of both sides together, in address order.</returns>
    public static IReadOnlyList<MappingChange> ByAddress(PageTable old, PageTable now, PageChanges? changes)
    {
        // The old ones have the first numbers, the new ones those behind.
        int[] group = [.. Enumerable.Range(0, old.Mappings.Count + now.Mappings.Count)];
        int i = 0;
        int j = 0;
        bool isOneOfCore = !old.IsResidencyKnown || !now.IsResidencyKnown;
        while (i < old.Mappings.Count && j < now.Mappings.Count)
        {
            Mapping was = old.Mappings[i].Mapping;
            Mapping here = now.Mappings[j].Mapping;
            if (was.Range.Overlaps(here.Range) && AreOne(was, here, isOneOfCore))
            {
                Join(group, i, old.Mappings.Count + j);
            }

            (i, j) = was.Range.End <= here.Range.End ? (i + 1, was.Range.End == here.Range.End ? j + 1 : j) : (i, j + 1);
        }

        var groups = new Dictionary<int, (List<MappingPages> Old, List<MappingPages> New)>();
        for (int number = 0; number < group.Length; number++)
        {
            int root = Root(group, number);
            if (!groups.TryGetValue(root, out (List<MappingPages> Old, List<MappingPages> New) pieces))
            {
                groups.Add(root, pieces = ([], []));
            }

            if (number < old.Mappings.Count)
            {
                pieces.Old.Add(old.Mappings[number]);
            }
            else
            {
                pieces.New.Add(now.Mappings[number - old.Mappings.Count]);
            }
        }

        // gdb writes neither what may not be accessed nor the kernel's windows: that they are missing in a core file means nothing.
        return [.. groups.Values.Where(g => !isOneOfCore || g is { Old.Count: > 0, New.Count: > 0 } || !MayBeLeftOut(g.Old.Concat(g.New).First().Mapping)).Select(g => new MappingChange(g.Old, g.New, changes, now.PageSize, !isOneOfCore)).OrderBy(m => m.Range.Start)];
    }

    /// <summary>Gathers all mappings of a name, for processes in which addresses have nothing to do with each other.</summary>
    public static IReadOnlyList<MappingChange> ByName(PageTable old, PageTable now)
    {
        ILookup<string, MappingPages> before = old.Mappings.ToLookup(NameOf, StringComparer.Ordinal);
        ILookup<string, MappingPages> after = now.Mappings.ToLookup(NameOf, StringComparer.Ordinal);
        IEnumerable<string> names = after.Select(g => g.Key).Concat(before.Select(g => g.Key)).Distinct(StringComparer.Ordinal);
        return [.. names.Select(name => new MappingChange([.. before[name]], [.. after[name]], null, now.PageSize, old.IsResidencyKnown && now.IsResidencyKnown))];
    }

    private static string NameOf(MappingPages pages) => ByteText.ToText(pages.Mapping.Name.Span);

    private static bool AreOne(Mapping one, Mapping other, bool isOneOfCore) =>
        (one.Name.Span.SequenceEqual(other.Name.Span) || (isOneOfCore && (IsUnnamed(one, other) || IsUnnamed(other, one))))
        && (IsAccessible(one) is not { } first || IsAccessible(other) is not { } second || first == second)
        && one.IsOfFile == other.IsOfFile
        && (one.IsUnnumberedFile || other.IsUnnumberedFile || (one.Inode, one.DeviceMajor, one.DeviceMinor) == (other.Inode, other.DeviceMajor, other.DeviceMinor))
        && (!one.IsOfFile || unchecked(one.Offset - one.Range.Start == other.Offset - other.Range.Start));

    private static bool MayBeLeftOut(Mapping mapping) => mapping.Backing == MappingBacking.Device || IsAccessible(mapping) == false;

    // A core file has no names of memory that is of no file, such as [heap].
    private static bool IsUnnamed(Mapping one, Mapping other) => one.Name.IsEmpty && other.Name.Span.StartsWith("["u8);

    // Null when a core file does not tell.
    private static bool? IsAccessible(Mapping mapping) =>
        (mapping.Permissions & (MappingPermissions.AccessUnknown | MappingPermissions.ReadUnknown)) != 0 ? null
        : (mapping.Permissions & (MappingPermissions.Read | MappingPermissions.Write | MappingPermissions.Execute)) != 0;

    private static void Join(int[] group, int one, int other)
    {
        int first = Root(group, one);
        int second = Root(group, other);
        group[Math.Max(first, second)] = Math.Min(first, second);
    }

    private static int Root(int[] group, int number)
    {
        while (group[number] != number)
        {
            number = group[number] = group[group[number]];
        }

        return number;
    }
}
