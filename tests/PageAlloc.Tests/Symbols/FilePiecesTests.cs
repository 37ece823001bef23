using PageAlloc.Interop;
using PageAlloc.Symbols;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Symbols;

/// <summary>A file that is read piece by piece is the file, also where it is cut off meanwhile.</summary>
public sealed class FilePiecesTests : IDisposable
{
    private readonly WorkFolder _folder = new();
    private readonly byte[] _content = new byte[200_001];

    public FilePiecesTests()
    {
        new Random(1).NextBytes(_content);
        File.WriteAllBytes(FilePath, _content);
    }

    private string FilePath => Path.Combine(_folder.Path, "f");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_part_is_what_stands_in_the_file()
    {
        var random = new Random(2);
        for (int round = 0; round < 50; round++)
        {
            using FilePieces pieces = Open();
            for (int i = 0; i < 20; i++)
            {
                int start = random.Next(_content.Length + 1), length = random.Next(random.Next(_content.Length - start + 1) + 1);
                Assert.True(pieces.TrySlice((ulong)start, (ulong)length, out ReadOnlySpan<byte> slice));
                Assert.True(slice.SequenceEqual(_content.AsSpan(start, length)));
            }

            Assert.True(pieces.Whole().Span.SequenceEqual(_content));
        }
    }

    [Theory]
    [InlineData(0, 200_002)]
    [InlineData(200_001, 1)]
    [InlineData(200_002, 0)]
    [InlineData(1, ulong.MaxValue)]
    [InlineData(ulong.MaxValue, 1)]
    public void What_is_beyond_the_end_is_not_there(ulong offset, ulong length)
    {
        using FilePieces pieces = Open();
        Assert.False(pieces.TrySlice(offset, length, out _));
    }

    [Fact]
    public void What_was_cut_off_before_it_was_read_is_not_there_and_what_was_read_stays()
    {
        using FilePieces pieces = Open();
        Assert.True(pieces.TrySlice(100_000, 10, out _));
        using (FileStream file = File.OpenWrite(FilePath))
        {
            file.SetLength(150_000);
        }

        Assert.False(pieces.TrySlice(190_000, 10, out _));
        Assert.True(pieces.TrySlice(100_000, 10, out ReadOnlySpan<byte> slice));
        Assert.True(slice.SequenceEqual(_content.AsSpan(100_000, 10)));
        int length = pieces.Whole().Length;
        Assert.InRange(length, 100_010, 150_000);
        Assert.True(pieces.Whole().Span.SequenceEqual(_content.AsSpan(0, length)));
    }

    [Fact]
    public void An_empty_file_has_nothing()
    {
        File.WriteAllBytes(FilePath, []);
        using LinuxFile file = LinuxFile.Open(null, FilePath, out _)!;
        using FilePieces pieces = FilePieces.Open(file, 0, out _)!;
        Assert.Equal(0, pieces.Whole().Length);
        Assert.False(pieces.TrySlice(0, 1, out _));
    }

    private FilePieces Open()
    {
        using LinuxFile file = LinuxFile.Open(null, FilePath, out _)!;
        return FilePieces.Open(file, _content.Length, out _)!;
    }
}
