using System.Globalization;
using PageAlloc.Interop;
using PageAlloc.Targets;

namespace PageAlloc.Symbols;

/// <summary>The root directories below which debug files may lie: the target's, if it is another one, then ours.</summary>
internal sealed class DebugRoots : IDisposable
{
    private DebugRoots(List<(LinuxFile Root, string Prefix)> items) => Items = items;

    /// <summary>Each root, and what stands before a path in it as this process sees it. Ours is the last.</summary>
    public IReadOnlyList<(LinuxFile Root, string Prefix)> Items { get; }

    public static DebugRoots Own() => new([(OpenOwn(), "")]);

    public static DebugRoots Of(ITarget target)
    {
        LinuxFile own = OpenOwn();
        var items = new List<(LinuxFile, string)>(2);
        if (target is IProcDirectory process && process.TryOpen("root") is { } root)
        {
            if (IsOwn(process, root, own))
            {
                root.Dispose();
            }
            else
            {
                items.Add((root, string.Create(CultureInfo.InvariantCulture, $"/proc/{target.Info.Pid}/root")));
            }
        }

        if (target is ISysroot { Sysroot: { } sysroot } && LinuxFile.Open(null, sysroot, out _, LibC.O_PATH) is { } theirs)
        {
            items.Add((theirs, sysroot));
        }

        items.Add((own, ""));
        return new DebugRoots(items);
    }

    public void Dispose()
    {
        foreach ((LinuxFile root, _) in Items)
        {
            root.Dispose();
        }
    }

    private static LinuxFile OpenOwn() => LinuxFile.Open(null, "/", out int error, LibC.O_PATH)
        ?? throw new TargetException(TargetFailure.SystemError, $"can't open /: {ErrorText.Of(error)}");

    // The same directory may have other things mounted below it in another mount namespace.
    private static bool IsOwn(IProcDirectory process, LinuxFile root, LinuxFile own)
    {
        using LinuxFile? self = LinuxFile.Open(null, "/proc/self", out _, LibC.O_PATH);
        return self is not null
            && self.TryStat("ns/mnt", out statx_t ours) && process.TryStat("ns/mnt", out statx_t theirs)
            && root.TryStat("", out statx_t their) && own.TryStat("", out statx_t our)
            && Key(ours) == Key(theirs) && Key(our) == Key(their);
    }

    private static (ulong, uint, uint) Key(statx_t stat) => (stat.stx_ino, stat.stx_dev_major, stat.stx_dev_minor);
}
