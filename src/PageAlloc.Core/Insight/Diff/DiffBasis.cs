using PageAlloc.Mappings;
using PageAlloc.Targets;

namespace PageAlloc.Insight.Diff;

/// <summary>What two moments have in common, which decides what of them can be compared.</summary>
public enum DiffBasis
{
    /// <summary>They are of one address space, or a copy that fork made: addresses mean the same on both sides.</summary>
    Addresses = 0,

    /// <summary>One program, run twice: its addresses differ, names and sizes are the same.</summary>
    OtherRun,

    /// <summary>Different programs.</summary>
    OtherProgram,

    /// <summary>Different machines: pages or pointers are not of one size.</summary>
    OtherMachine,
}

/// <summary>Finds out what two moments have in common.</summary>
internal static class DiffBases
{
    /// <summary>What they have in common.</summary>
    public static DiffBasis Of(Moment old, Moment now)
    {
        TargetInfo was = old.Target;
        TargetInfo here = now.Target;
        return was.PageSize != here.PageSize || (was.PointerSize != here.PointerSize && was.PointerSize != 0 && here.PointerSize != 0) ? DiffBasis.OtherMachine
            : was.Executable is { } before && here.Executable is { } after && !Path(before).SequenceEqual(Path(after)) ? DiffBasis.OtherProgram
            : HaveOneLayout(old, now) ? DiffBasis.Addresses
            : DiffBasis.OtherRun;
    }

    // The link says so when the file was replaced meanwhile.
    private static ReadOnlySpan<byte> Path(ReadOnlyMemory<byte> executable)
    {
        ReadOnlySpan<byte> path = executable.Span;
        return path.EndsWith(" (deleted)"u8) ? path[..^" (deleted)"u8.Length] : path;
    }

    // Code does not move in an address space. Another run has it elsewhere, all but a program that is not position independent
    // and [vsyscall]. Where code has no names, as in some cores, arenas decide.
    private static bool HaveOneLayout(Moment old, Moment now)
    {
        Dictionary<string, ulong> before = Code(old);
        Dictionary<string, ulong> after = Code(now);
        int both = 0;
        int same = 0;
        foreach ((string name, ulong start) in before)
        {
            if (after.TryGetValue(name, out ulong other))
            {
                both++;
                same += start == other ? 1 : 0;
            }
        }

        return both != 0 ? same * 2 > both : Arenas(old).Overlaps(Arenas(now));
    }

    // The lowest executable piece of each file.
    private static Dictionary<string, ulong> Code(Moment moment)
    {
        var code = new Dictionary<string, ulong>(StringComparer.Ordinal);
        foreach (Mapping mapping in moment.Table.Mappings.Select(m => m.Mapping))
        {
            if (mapping.Permissions.HasFlag(MappingPermissions.Execute) && !mapping.Name.IsEmpty && !mapping.Name.Span.SequenceEqual("[vsyscall]"u8))
            {
                code.TryAdd(ByteText.ToText(mapping.Name.Span), mapping.Range.Start);
            }
        }

        return code;
    }

    private static HashSet<ulong> Arenas(Moment moment) => [.. (moment.Heaps?.Heaps.Arenas ?? []).Select(a => a.Address)];
}
