namespace PageAlloc.Targets;

/// <summary>Words for what is wrong with a snapshot.</summary>
internal static class SnapshotDamage
{
    private const string Advice = "the file is not what was written: copy it again, or record anew";

    /// <summary>The exception.</summary>
    /// <param name="what">What is wrong, and where.</param>
    /// <param name="path">The file; null when the one who catches it knows.</param>
    public static TargetException At(string what, string? path) =>
        new(TargetFailure.Damaged, path is null ? what : $"{path} is damaged: {what}", Advice);
}
