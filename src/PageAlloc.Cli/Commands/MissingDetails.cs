using PageAlloc.Cli.Terminal;
using PageAlloc.Interop;
using PageAlloc.Pages;
using PageAlloc.Targets;

namespace PageAlloc.Cli.Commands;

/// <summary>Says what of the pages was not known for want of a privilege.</summary>
internal static class MissingDetails
{
    /// <summary>Says it in a line on standard error; nothing when all is known. What was not wanted is not missing.</summary>
    /// <param name="read">What was to be read.</param>
    /// <param name="unknown">What was not known.</param>
    /// <param name="target">The target.</param>
    public static void Say(ReadOptions read, UnknownDetails unknown, TargetInfo target)
    {
        // Nothing of pages is known of a core file, and no privilege would help.
        if (unknown.HasFlag(UnknownDetails.Residency))
        {
            return;
        }

        unknown = read.UsePageFlags ? unknown : unknown & UnknownDetails.GuardPages;
        string small = PageState.SizeName(0, target.PageSize);
        string[] missing =
        [
            .. unknown.HasFlag(UnknownDetails.FolioSizes) ? [$"the size of large folios (they count as {small})"] : Array.Empty<string>(),
            .. unknown.HasFlag(UnknownDetails.HugePages) ? [$"which pages are huge (they count as {small})"] : Array.Empty<string>(),
            .. unknown.HasFlag(UnknownDetails.MergedPages) ? ["which pages KSM merged (they count as anonymous)"] : Array.Empty<string>(),
            .. unknown.HasFlag(UnknownDetails.GuardPages) ? ["which swapped pages are guard pages (they count as swapped)"] : Array.Empty<string>(),
        ];
        if (missing.Length != 0)
        {
            string why = target.Recorded is not null ? "not known when the snapshot was taken"
                : LibC.geteuid() == 0
                ? "not known, as the kernel does not show page frames to this root (a container?)"
                : "not known without sudo (CAP_SYS_ADMIN and CAP_DAC_READ_SEARCH)";
            StdErr.Write($"{why}: {string.Join(", ", missing)}");
        }
    }
}
