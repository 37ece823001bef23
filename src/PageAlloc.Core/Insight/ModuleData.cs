using PageAlloc.Mappings;
using PageAlloc.Pages;
using PageAlloc.Symbols;
using PageAlloc.Targets;

namespace PageAlloc.Insight;

/// <summary>Where the program and its libraries have variables that are of no file (.bss), as their program headers say.</summary>
internal static class ModuleData
{
    /// <summary>
    /// The ranges. Only files with something present behind their last mapping are opened: anonymous memory there may also be
    /// anybody's, and of a file that can't be had it counts as such.
    /// </summary>
    /// <param name="target">The target.</param>
    /// <param name="table">All its pages.</param>
    public static IReadOnlyList<AddressRange> Find(ITarget target, PageTable table)
    {
        var present = table.Mappings
            .Where(m => m.Mapping.Backing == MappingBacking.Anonymous && IsPresent(m.Runs))
            .Select(m => m.Mapping.Range.Start).ToHashSet();
        var found = new List<AddressRange>();
        var headers = new ModuleHeaderSource(target);
        foreach (Module module in ModuleTable.Of([.. table.Mappings.Select(m => m.Mapping)]))
        {
            if (module.Bss is { } bss && present.Contains(bss.Range.Start))
            {
                found.AddRange(Of(module, bss.Range, headers));
            }
        }

        return found;
    }

    private static IEnumerable<AddressRange> Of(Module module, AddressRange bss, ModuleHeaderSource source)
    {
        try
        {
            return source.Of(module) is { } headers
                ? [.. module.WritableRanges(headers.Segments).Select(range => range.Intersect(bss)).Where(range => !range.IsEmpty)]
                : [];
        }
        catch (InvalidDataException)
        {
            // Headers that are not of what is mapped tell nothing.
            return [];
        }
    }

    private static bool IsPresent(PageRuns runs)
    {
        foreach (PageRun run in runs)
        {
            if (run.State.IsResident || run.State.Kind == PageKind.Swapped)
            {
                return true;
            }
        }

        return false;
    }
}
