namespace PageAlloc.Tests.Support;

/// <summary>A folder for one test, on a disk and not in memory, removed with all that is in it.</summary>
internal sealed class WorkFolder : IDisposable
{
    private const UnixFileMode Everyone =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    public WorkFolder()
    {
        Path = System.IO.Path.Combine("/var/tmp", "pagealloc-" + System.IO.Path.GetRandomFileName());
        Directory.CreateDirectory(Path);
        File.SetUnixFileMode(Path, Everyone);
    }

    public string Path { get; }

    // Names that are not UTF-8 and paths longer than PATH_MAX are beyond .NET's own Delete.
    public void Dispose() => Launch.Run("rm", "-rf", "--", Path);
}
