using System.Text;

namespace PageAlloc.Targets;

/// <summary>
/// Where the memory controller of a control group is. The kernel gives both the group's path and the roots of mounts as
/// the cgroup namespace of the reader has them, so it is the reader's mounts that fit. source: cgroups(7), cgroup_namespaces(7)
/// </summary>
/// <param name="Version">1 or 2: the hierarchy that counts memory.</param>
/// <param name="Path">The group, in that hierarchy.</param>
/// <param name="Mount">Where the hierarchy is mounted.</param>
/// <param name="Folder">Where its files are.</param>
internal sealed record CgroupPlace(int Version, string Path, string Mount, string Folder)
{
    /// <summary>The place; null when the group is outside of what is mounted here, or nothing counts its memory.</summary>
    /// <param name="cgroup">The text of /proc/PID/cgroup.</param>
    /// <param name="mountinfo">The text of /proc/self/mountinfo.</param>
    public static CgroupPlace? Find(ReadOnlySpan<byte> cgroup, ReadOnlySpan<byte> mountinfo)
    {
        (int version, string? path) = (2, null);
        foreach (string line in Encoding.UTF8.GetString(cgroup).Split('\n'))
        {
            // NUMBER:CONTROLLERS:PATH, where the path may have colons.
            string[] fields = line.Split(':', 3);
            if (fields.Length == 3 && fields[1].Split(',').Contains("memory"))
            {
                (version, path) = (1, fields[2]);
                break;
            }

            path = fields.Length == 3 && fields[0] == "0" && fields[1].Length == 0 ? fields[2] : path;
        }

        if (path is null)
        {
            return null;
        }

        foreach (string line in Encoding.UTF8.GetString(mountinfo).Split('\n'))
        {
            if (FromMount(line, version, path) is { } place)
            {
                return place;
            }
        }

        return null;
    }

    private static CgroupPlace? FromMount(string line, int version, string path)
    {
        // Fields: 4 the root of the mount, 5 where it is; behind " - " the type, the source, and the hierarchy's own options.
        int separator = line.IndexOf(" - ", StringComparison.Ordinal);
        string[] fields = separator < 0 ? [] : line[..separator].Split(' ');
        string[] rest = separator < 0 ? [] : line[(separator + 3)..].Split(' ');
        bool isWanted = fields.Length > 4 && rest.Length > 2
            && (version == 2 ? rest[0] == "cgroup2" : rest[0] == "cgroup" && rest[2].Split(',').Contains("memory"));
        if (!isWanted)
        {
            return null;
        }

        string root = Unescape(fields[3]);
        string mount = Unescape(fields[4]);
        string prefix = root == "/" ? "" : root;

        // A root of "/.." is above the reader's namespace, as is a group that begins so.
        return path.StartsWith(prefix, StringComparison.Ordinal) && (path.Length == prefix.Length || path[prefix.Length] == '/')
            && !path.Split('/').Contains("..")
            ? new CgroupPlace(version, path, mount, (mount + path[prefix.Length..]).TrimEnd('/'))
            : null;
    }

    // Blanks, tabs, newlines and backslashes are octal there. source: fs/proc_namespace.c, mangle
    private static string Unescape(string text) => text.Replace("\\040", " ", StringComparison.Ordinal)
        .Replace("\\011", "\t", StringComparison.Ordinal).Replace("\\012", "\n", StringComparison.Ordinal).Replace("\\134", "\\", StringComparison.Ordinal);
}
