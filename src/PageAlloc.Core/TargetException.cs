namespace PageAlloc;

/// <summary>Why a target could not be opened or read.</summary>
public enum TargetFailure
{
    /// <summary>An operating system error that has no name of its own here.</summary>
    SystemError = 0,

    /// <summary>There is no such process.</summary>
    NoSuchProcess,

    /// <summary>Several processes have the name that was asked for.</summary>
    Ambiguous,

    /// <summary>The kernel does not let this user look at the target.</summary>
    PermissionDenied,

    /// <summary>The process ended, or replaced itself by exec, while it was read.</summary>
    Ended,

    /// <summary>The target has no user memory: a kernel thread or a zombie.</summary>
    NoMemory,

    /// <summary>The kernel, or this version of the program, does not offer what is needed.</summary>
    NotSupported,

    /// <summary>A count read from the target is above its cap in <see cref="Limits"/>.</summary>
    LimitExceeded,

    /// <summary>The file is of no kind that is read, or too damaged to begin with.</summary>
    BadFile,

    /// <summary>Debug information was asked for, and there is none that fits.</summary>
    NoDebugInformation,

    /// <summary>A file is not what was written: cut off, or changed since.</summary>
    Damaged,
}

/// <summary>A target can't be opened or read at all. Whatever goes wrong later, on a part of it, is not an exception.</summary>
public sealed class TargetException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="failure">The reason.</param>
    /// <param name="message">What failed, on which target, and why: one line, no full stop.</param>
    /// <param name="advice">What the user can do next; null when there is nothing.</param>
    public TargetException(TargetFailure failure, string message, string? advice = null) : base(message)
    {
        Failure = failure;
        Advice = advice;
    }

    /// <summary>The reason.</summary>
    public TargetFailure Failure { get; }

    /// <summary>What the user can do next, a sentence without full stop; null when there is nothing.</summary>
    public string? Advice { get; }
}
