using PageAlloc.Blocks;
using PageAlloc.Cli.Terminal;
using PageAlloc.Heaps;
using PageAlloc.Mappings;
using PageAlloc.Targets;

namespace PageAlloc.Cli.Commands;

/// <summary>Opens the heaps of a target, where the kernel lets this user.</summary>
internal static class HeapOpener
{
    /// <summary>Opens the heaps; null when the memory can't be read, though pages can: then <paramref name="failure"/> says why.</summary>
    public static OpenedHeaps? TryOpen(ITarget target, IReadOnlyList<Mapping> mappings, HeapOptions options, out TargetException? failure)
    {
        try
        {
            failure = null;
            return OpenedHeaps.Open(target, mappings, options);
        }
        catch (TargetException e) when (e.Failure is TargetFailure.PermissionDenied or TargetFailure.NotSupported or TargetFailure.SystemError)
        {
            failure = e;
            return null;
        }
    }

    /// <summary>Says in one line that heaps are not shown, and why.</summary>
    public static void Say(TargetException failure) =>
        StdErr.Write($"the heaps are not shown: {failure.Message}{(failure.Advice is { } advice ? $"; {advice}" : "")}");
}
