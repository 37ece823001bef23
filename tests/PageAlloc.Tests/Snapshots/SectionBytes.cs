using PageAlloc.Targets;

namespace PageAlloc.Tests.Snapshots;

/// <summary>The sections of a snapshot as bytes before compression: to search them, or to make others of them.</summary>
internal static class SectionBytes
{
    public static List<(SectionId Id, byte[] Bytes)> Read(string path)
    {
        using SnapshotFile file = SnapshotFile.Open(path);
        var sections = new List<(SectionId, byte[])>();
        foreach (SectionId id in Enum.GetValues<SectionId>())
        {
            if (((ISections)file).TryOpen(id) is { } reader)
            {
                var bytes = new byte[reader.Left];
                reader.Raw(bytes);
                sections.Add((id, bytes));
            }
        }

        return sections;
    }

    public static void Write(string path, List<(SectionId Id, byte[] Bytes)> sections)
    {
        using SnapshotWriter writer = SnapshotWriter.Create(path);
        writer.Add(DateTimeOffset.UtcNow, moment => sections.ForEach(s => moment.Add(s.Id, w => w.Raw(s.Bytes))), TestContext.Current.CancellationToken);
    }
}
