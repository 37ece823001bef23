namespace PageAlloc.Targets;

/// <summary>A target whose files may be another machine's, gathered below a directory of this one.</summary>
internal interface ISysroot
{
    /// <summary>The directory below which its files are; null for those of this machine.</summary>
    string? Sysroot { get; }
}
