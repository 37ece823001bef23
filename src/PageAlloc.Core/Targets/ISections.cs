namespace PageAlloc.Targets;

/// <summary>
/// A target that was recorded: what each stage has to say of it stands in a section, which that stage wrote and reads. Where
/// a target has sections, no stage looks anywhere else.
/// </summary>
internal interface ISections
{
    /// <summary>Opens a section for reading; null when the snapshot has none of that number.</summary>
    SectionReader? TryOpen(SectionId id);
}

/// <summary>What stages do with sections.</summary>
internal static class Sections
{
    /// <summary>Opens a section that every snapshot has.</summary>
    /// <exception cref="TargetException">It has none.</exception>
    public static SectionReader Open(this ISections sections, SectionId id) =>
        sections.TryOpen(id) ?? throw SnapshotDamage.At($"the snapshot has no section {id}", null);
}
