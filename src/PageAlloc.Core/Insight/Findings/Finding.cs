namespace PageAlloc.Insight.Findings;

/// <summary>How much a finding matters.</summary>
public enum FindingSeverity
{
    /// <summary>Good to know; nothing needs to be done.</summary>
    Info = 0,

    /// <summary>Something can be gained.</summary>
    Notice,

    /// <summary>It is a large part of the process's memory, or something is broken.</summary>
    Warning,
}

/// <summary>Something that can be said of a process's memory, with what to do about it.</summary>
/// <param name="Id">What kind of finding it is; a word that stays.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Bytes">The memory that it is about.</param>
/// <param name="Text">What was found, and why it is believed, in a sentence or two.</param>
/// <param name="Advice">The one thing to do or to set.</param>
public sealed record Finding(string Id, FindingSeverity Severity, ulong Bytes, string Text, string Advice);
