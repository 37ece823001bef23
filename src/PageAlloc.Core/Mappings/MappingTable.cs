using PageAlloc.Targets;
using PageAlloc.Targets.Cores;

namespace PageAlloc.Mappings;

/// <summary>All mappings of a target, in address order, with what stands behind each.</summary>
public static class MappingTable
{
    /// <summary>Reads the mappings of <paramref name="target"/>.</summary>
    /// <param name="target">The target.</param>
    /// <param name="options">What may be used, and caps on what is read; null for the usual ones.</param>
    /// <exception cref="TargetException">They can't be read.</exception>
    public static IReadOnlyList<Mapping> Read(ITarget target, ReadOptions? options = null)
    {
        options ??= ReadOptions.Default;
        if (target is CoreFile core)
        {
            return CoreMappings.Of(core, options.Limits);
        }

        if (target is ISections sections)
        {
            return MappingSections.Read(sections, options.Limits.MaxMappings, target.Info.PageSize);
        }

        if (target is not IProcDirectory process)
        {
            throw new TargetException(TargetFailure.NotSupported, $"{target.Info.Name} tells no mappings");
        }

        List<Mapping> mappings = MapsReader.Read(process, target.Info.Name, options.Limits);
        if (mappings.Count == 0)
        {
            throw new TargetException(TargetFailure.Ended, $"{target.Info.Name} ended while it was being read");
        }

        BackingClassifier classifier = BackingClassifier.Of(process);
        using var hugetlb = new HugetlbPageSizes(process, options);
        for (int i = 0; i < mappings.Count; i++)
        {
            Mapping mapping = mappings[i];
            mapping.Backing = classifier.Classify(mapping);
            mapping.HugetlbPageSize = hugetlb.Of(mapping);
        }

        return mappings;
    }
}
