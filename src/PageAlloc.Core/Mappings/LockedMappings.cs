using PageAlloc.Targets;

namespace PageAlloc.Mappings;

/// <summary>Finds memory that the process has locked: madvise does not give it back.</summary>
public static class LockedMappings
{
    /// <summary>The ranges of locked mappings, from smaps: to be asked for when <see cref="MemoryStatus.Locked"/> says that there are any.</summary>
    /// <param name="target">The target; of one that is no process nothing is known to be locked.</param>
    /// <param name="mappings">Its mappings.</param>
    /// <exception cref="TargetException">The process can't be read.</exception>
    public static IReadOnlyList<AddressRange> Find(ITarget target, IReadOnlyList<Mapping> mappings)
    {
        if (target is ISections sections)
        {
            return MappingSections.ReadLocked(sections);
        }

        if (target is not IProcDirectory process)
        {
            return [];
        }

        Dictionary<ulong, SmapsEntry> smaps = SmapsReader.Read(process);
        return [.. mappings.Where(m => smaps.TryGetValue(m.Range.Start, out SmapsEntry entry) && entry.IsLocked).Select(m => m.Range)];
    }
}
