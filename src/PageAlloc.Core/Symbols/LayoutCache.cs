using System.Globalization;
using PageAlloc.Interop;

namespace PageAlloc.Symbols;

/// <summary>
/// Keeps what debug information said, by the build-id of the library, in small files below <c>$XDG_CACHE_HOME/pagealloc</c>
/// (<c>~/.cache/pagealloc</c>). A cache that can't be read or written is as good as none.
/// </summary>
public sealed class LayoutCache
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string? _folder;
    private readonly SymbolLimits _limits;

    /// <summary>Makes a cache in a folder, which need not exist.</summary>
    /// <param name="folder">The folder; null for a cache that keeps nothing.</param>
    /// <param name="limits">Caps on what is read; null for the usual ones.</param>
    public LayoutCache(string? folder, SymbolLimits? limits = null)
    {
        _folder = folder;
        _limits = limits ?? SymbolLimits.Default;
    }

    /// <summary>The cache of this user.</summary>
    public static LayoutCache OfUser() => new(UserFolder());

    /// <summary>What is kept for a build-id, if it answers for all of these names; null otherwise.</summary>
    /// <param name="buildId">The library's build-id.</param>
    /// <param name="structNames">The structures wanted. Those that the debug information lacked are missing in the result.</param>
    /// <param name="variableNames">The variables wanted; null for none.</param>
    public DwarfResult? TryRead(ReadOnlySpan<byte> buildId, IReadOnlyList<string> structNames, IReadOnlyList<string>? variableNames = null)
    {
        ArgumentNullException.ThrowIfNull(structNames);
        if (PathOf(buildId) is not { } path)
        {
            return null;
        }

        try
        {
            using LinuxFile? file = RootedFile.OpenRegular(null, path);
            byte[]? json = file?.ReadToEnd(_limits.MaxCacheFileBytes, out _);
            return json is null ? null : LayoutJson.Read(json, buildId, structNames, variableNames ?? [], _limits);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>Keeps what was read; does nothing when that can't be, or was not all read.</summary>
    /// <param name="buildId">The library's build-id.</param>
    /// <param name="result">What came of reading its debug information.</param>
    /// <param name="structNames">The structures that were asked for.</param>
    /// <param name="variableNames">The variables that were asked for; null for none.</param>
    public void Write(ReadOnlySpan<byte> buildId, DwarfResult result, IReadOnlyList<string> structNames, IReadOnlyList<string>? variableNames = null)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(structNames);
        if (result.Status != DwarfStatus.Read || PathOf(buildId) is not { } path || !MayWrite(_folder!))
        {
            return;
        }

        string part = string.Create(CultureInfo.InvariantCulture, $"{path}.{Environment.ProcessId}-{Guid.NewGuid():N}");
        try
        {
            byte[] json = LayoutJson.Write(result, buildId, structNames, variableNames ?? []);
            if (json.Length > _limits.MaxCacheFileBytes)
            {
                return;
            }

            // As the base directory specification of freedesktop.org wants it.
            Directory.CreateDirectory(_folder!, OwnerOnly);
            try
            {
                File.WriteAllBytes(part, json);
                File.Move(part, path, overwrite: true);
            }
            catch
            {
                File.Delete(part);
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            // The next run pays again for what this one has found out.
        }
    }

    private static string? UserFolder()
    {
        // A relative path is to be ignored, says the specification.
        string? cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (cache is not null && Path.IsPathRooted(cache))
        {
            return Path.Combine(cache, "pagealloc");
        }

        string? home = Environment.GetEnvironmentVariable("HOME");
        return home is not null && Path.IsPathRooted(home) ? Path.Combine(home, ".cache", "pagealloc") : null;
    }

    // Under sudo HOME may be another user's: files of root's there would be in that user's way, and links there lead root astray.
    private static bool MayWrite(string folder)
    {
        if (LibC.geteuid() != 0)
        {
            return true;
        }

        for (string? place = folder; place is not null; place = Path.GetDirectoryName(place))
        {
            if (FileOwner.Of(place) is { } owner)
            {
                return owner == 0;
            }
        }

        return false;
    }

    private string? PathOf(ReadOnlySpan<byte> buildId) =>
        _folder is null || buildId.IsEmpty || buildId.Length > _limits.MaxBuildIdBytes
            ? null
            : Path.Combine(_folder, Convert.ToHexStringLower(buildId) + ".json");
}
