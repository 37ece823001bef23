namespace PageAlloc.Cli;

/// <summary>The exit codes, a contract: 1 is an answer, failures are 2 and above.</summary>
internal enum ExitCode
{
    Done = 0,
    Found = 1,
    Usage = 2,
    CannotOpen = 3,
    Incomplete = 4,
    Bug = 70,
    HungUp = 129,
    Interrupted = 130,
    BrokenPipe = 141,
    Terminated = 143,
}
