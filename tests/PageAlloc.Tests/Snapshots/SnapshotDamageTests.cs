using System.Buffers.Binary;
using System.Text.Json.Nodes;
using PageAlloc.Targets;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Snapshots;

/// <summary>A file that is cut off, changed or made by an enemy is told, and never trusted.</summary>
[Trait("Category", "Live")]
public sealed class SnapshotDamageTests : IDisposable
{
    private readonly WorkFolder _folder = new();

    private string File1 => Path.Combine(_folder.Path, "s");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Cut_off_at_any_byte_it_is_refused()
    {
        byte[] whole = Recording.Small;
        for (int length = 0; length < whole.Length; length++)
        {
            TargetException e = Assert.Throws<TargetException>(() => Look(whole[..length]));
            Assert.Contains(File1, e.Message, StringComparison.Ordinal);
            Assert.NotNull(e.Advice);
        }

        Assert.NotEmpty(Look(whole));
    }

    [Fact]
    public void A_changed_byte_is_noticed_wherever_it_is()
    {
        byte[] whole = Recording.Small;
        var random = new Random(1);
        for (int at = 0; at < whole.Length; at++)
        {
            byte[] changed = [.. whole];
            changed[at] ^= (byte)random.Next(1, 256);
            TargetException e = Assert.Throws<TargetException>(() => Look(changed));
            Assert.Contains(File1, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_series_that_is_cut_off_keeps_its_complete_moments()
    {
        byte[] whole = Recording.Series;
        int step = Math.Max(1, whole.Length / 400);
        int seen = 0;
        for (int length = whole.Length - 1; length > 0; length -= step)
        {
            File.WriteAllBytes(File1, whole[..length]);
            try
            {
                using SnapshotFile file = SnapshotFile.Open(File1);
                seen |= 1 << file.Info.Recorded!.Count;
                Assert.True(file.Info.Incomplete is not null || IsEndOfMoment(whole, length));
                Assert.NotEmpty(Recording.LookAtAll(File1));
            }
            catch (TargetException e) when (e.Failure is TargetFailure.Damaged or TargetFailure.NotSupported)
            {
                seen |= 1;
            }
        }

        Assert.Equal(0b111, seen);
    }

    [Fact]
    public void A_torn_moment_costs_that_moment_and_is_said()
    {
        byte[] whole = Recording.Series;
        File.WriteAllBytes(File1, whole[..^100]);
        CommandResult result = CommandRun.Run(File1, "--format", "json");
        Assert.Equal(4, result.ExitCode);
        Assert.Contains("moment 2 of 2", result.Error, StringComparison.Ordinal);
        Assert.Contains("cut off or damaged, after 2 complete moments", result.Error, StringComparison.Ordinal);
        File.WriteAllBytes(File1 + "whole", whole);
        CommandResult second = CommandRun.Run(File1 + "whole@2", "--format", "json");
        Assert.Equal(0, second.ExitCode);
        JsonNode cut = JsonNode.Parse(result.Text)!, kept = JsonNode.Parse(second.Text)!;
        Assert.Contains("cut off", (string)cut["target"]!["incomplete"]!, StringComparison.Ordinal);
        Assert.Null(kept["target"]!["incomplete"]);
        foreach (JsonObject target in new[] { cut, kept }.Select(d => d["target"]!.AsObject()))
        {
            target.Remove("file");
            target.Remove("incomplete");
            target["recorded"]!.AsObject().Remove("moments");
        }

        Assert.Equal(kept.ToJsonString(), cut.ToJsonString());
    }

    [Fact]
    public void A_later_version_is_told()
    {
        byte[] changed = [.. Recording.Small];
        BinaryPrimitives.WriteUInt16LittleEndian(changed.AsSpan(SnapshotFormat.FileMagic.Length), 2);
        BinaryPrimitives.WriteUInt32LittleEndian(changed.AsSpan(28), Crc32C.Of(changed.AsSpan(0, 28)));
        TargetException e = Assert.Throws<TargetException>(() => Look(changed));
        Assert.Equal($"{File1} is a snapshot of version 2: this program reads versions up to 1", e.Message);
    }

    [Fact]
    public void What_is_no_snapshot_is_told()
    {
        File.WriteAllText(File1, "#!/bin/sh\n");
        CommandResult result = CommandRun.Run(File1);
        Assert.Equal(3, result.ExitCode);
        Assert.Contains($"pagealloc: {File1} is no core file and no snapshot", result.Error, StringComparison.Ordinal);
        Assert.Equal(3, CommandRun.Run(_folder.Path).ExitCode);
    }

    [Fact]
    public void The_checksum_is_that_of_the_standard() => Assert.Equal(0xe3069283U, Crc32C.Of("123456789"u8));

    // Sections with right checksums whose values are random: nobody's mistake, but an enemy's work.
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void Values_that_can_not_be_are_refused(int seed, bool withContents)
    {
        byte[] whole = withContents ? Recording.WithContents : Recording.Series;
        File.WriteAllBytes(File1, whole);
        List<(SectionId Id, byte[] Bytes)> sections = SectionBytes.Read(File1);
        var random = new Random(seed);
        int refused = 0;
        for (int round = 0; round < 400; round++)
        {
            var changed = sections.Where(s => s.Id != SectionId.ContentBytes || withContents).Select(s => (s.Id, Bytes: (byte[])[.. s.Bytes])).ToList();
            byte[] victim = changed[random.Next(changed.Count)].Bytes;
            for (int n = random.Next(1, 4); n > 0 && victim.Length != 0; n--)
            {
                victim[random.Next(victim.Length)] = random.Next(3) switch { 0 => 0, 1 => 0xff, _ => (byte)random.Next(256) };
            }

            File.Delete(File1);
            SectionBytes.Write(File1, changed);
            try
            {
                Recording.LookAtAll(File1);
            }
            catch (TargetException e) when (e.Message.Length != 0)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 1, 399);
    }

    [Fact]
    public void A_section_that_grows_beyond_its_cap_is_refused()
    {
        using (SnapshotWriter writer = SnapshotWriter.Create(File1))
        {
            var zeros = new byte[SnapshotFormat.ChunkSize];
            writer.Add(DateTimeOffset.UnixEpoch, Write, TestContext.Current.CancellationToken);

            void Write(MomentWriter moment)
            {
                foreach ((SectionId id, byte[] bytes) in SectionBytes.Read(Store(Recording.Small)).Where(s => s.Id != SectionId.Mappings))
                {
                    moment.Add(id, w => w.Raw(bytes));
                }

                moment.Add(SectionId.Mappings, w =>
                {
                    for (ulong written = 0; written <= SnapshotFormat.MaxHeldSection; written += SnapshotFormat.ChunkSize)
                    {
                        w.Raw(zeros);
                    }
                });
            }
        }

        Assert.InRange(new FileInfo(File1).Length, 1, 1 << 20);
        TargetException e = Assert.Throws<TargetException>(() => Recording.LookAtAll(File1));
        Assert.Equal(TargetFailure.LimitExceeded, e.Failure);
    }

    private static bool IsEndOfMoment(byte[] whole, int length)
    {
        long at = SnapshotFormat.FileHeaderSize;
        while (at < length)
        {
            at += BinaryPrimitives.ReadInt64LittleEndian(whole.AsSpan((int)at + 8));
        }

        return at == length;
    }

    private string Store(byte[] bytes)
    {
        string path = Path.Combine(_folder.Path, "other");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private byte[] Look(byte[] bytes)
    {
        File.WriteAllBytes(File1, bytes);
        return Recording.LookAtAll(File1);
    }
}
