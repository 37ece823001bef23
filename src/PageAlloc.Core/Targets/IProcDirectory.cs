using PageAlloc.Interop;

namespace PageAlloc.Targets;

/// <summary>A target with files of its own below /proc, all of one and the same process.</summary>
internal interface IProcDirectory
{
    /// <summary>Opens a file of the process, such as <c>maps</c>.</summary>
    /// <exception cref="TargetException">The process is gone, or the kernel refuses.</exception>
    LinuxFile Open(string name);

    /// <summary>Opens a file of the process; null when it can't be.</summary>
    LinuxFile? TryOpen(string name);

    /// <summary>Reads a text file of the process whole.</summary>
    /// <exception cref="TargetException">The process is gone, the kernel refuses, or the file is above its cap.</exception>
    byte[] ReadText(string name);

    /// <summary>What stat(2) says of a path below the directory, links followed.</summary>
    bool TryStat(string path, out statx_t stat);
}
