using PageAlloc.Interop;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Interop;

/// <summary>The thin wrapper of file descriptors: what the system call says is what comes out.</summary>
public sealed class LinuxFileTests : IDisposable
{
    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_that_is_not_there_gives_null_and_the_error_number()
    {
        Assert.Null(LinuxFile.Open(null, Path.Combine(_folder.Path, "missing"), out int error));
        Assert.Equal(2, error);
    }

    [Fact]
    public void A_path_is_relative_to_the_directory()
    {
        WriteFile("inside", "abc");
        using LinuxFile? directory = LinuxFile.Open(null, _folder.Path, out _, LibC.O_PATH);
        using LinuxFile? file = LinuxFile.Open(directory, "inside", out int error);
        Assert.Equal(0, error);
        Assert.Equal("abc"u8.ToArray(), file!.ReadToEnd(100, out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(12 << 10)]
    [InlineData(16 << 10)]
    [InlineData(100_001)]
    public void A_file_is_read_to_its_end(int length)
    {
        byte[] content = [.. Enumerable.Range(0, length).Select(i => unchecked((byte)(i * 7)))];
        File.WriteAllBytes(Path.Combine(_folder.Path, "long"), content);
        using LinuxFile? file = LinuxFile.Open(null, Path.Combine(_folder.Path, "long"), out _);
        Assert.Equal(content, file!.ReadToEnd(length, out int error));
        Assert.Equal(0, error);
    }

    [Fact]
    public void A_file_above_its_cap_gives_null_without_an_error()
    {
        WriteFile("capped", new string('x', 1001));
        using LinuxFile? file = LinuxFile.Open(null, Path.Combine(_folder.Path, "capped"), out _);
        Assert.Null(file!.ReadToEnd(1000, out int error));
        Assert.Equal(0, error);
    }

    [Fact]
    public void A_read_that_fails_gives_minus_the_error_number()
    {
        using LinuxFile? directory = LinuxFile.Open(null, _folder.Path, out _);
        Assert.Equal(-21, directory!.Read(new byte[8])); // EISDIR
        Assert.Equal(-21, directory.ReadAt(new byte[8], 0));
        Assert.Null(directory.ReadToEnd(100, out int error));
        Assert.Equal(21, error);
    }

    [Fact]
    public void A_read_at_an_offset_stops_at_the_end()
    {
        WriteFile("digits", "0123456789");
        using LinuxFile? file = LinuxFile.Open(null, Path.Combine(_folder.Path, "digits"), out _);
        var buffer = new byte[8];
        Assert.Equal(8, file!.ReadAt(buffer, 1));
        Assert.Equal("12345678"u8, buffer);
        Assert.Equal(2, file.ReadAt(buffer, 8));
        Assert.Equal(0, file.ReadAt(buffer, 10));
    }

    [Fact]
    public void An_unknown_ioctl_gives_minus_ENOTTY()
    {
        WriteFile("plain", "");
        using LinuxFile? file = LinuxFile.Open(null, Path.Combine(_folder.Path, "plain"), out _);
        var argument = default(page_region);
        Assert.Equal(-25, file!.Ioctl(0xC0606610, ref argument));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(511)]
    [InlineData(512)]
    [InlineData(3000)]
    public void A_link_is_read_whole(int length)
    {
        string to = new('x', length);
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "link"), to);
        using LinuxFile? directory = LinuxFile.Open(null, _folder.Path, out _, LibC.O_PATH);
        Assert.Equal(to, System.Text.Encoding.ASCII.GetString(directory!.ReadLink("link")!));
    }

    [Fact]
    public void What_is_no_link_gives_null()
    {
        using LinuxFile? directory = LinuxFile.Open(null, _folder.Path, out _, LibC.O_PATH);
        Assert.Null(directory!.ReadLink("missing"));
    }

    [Fact]
    public void Stat_tells_the_kind_of_file()
    {
        WriteFile("regular", "abc");
        using LinuxFile? directory = LinuxFile.Open(null, _folder.Path, out _, LibC.O_PATH);
        Assert.True(directory!.TryStat("regular", out statx_t regular));
        Assert.Equal(0x8000, regular.stx_mode & 0xf000);
        Assert.Equal(3UL, regular.stx_size);
        Assert.True(directory.TryStat("/dev/null", out statx_t device));
        Assert.Equal(0x2000, device.stx_mode & 0xf000);
        Assert.Equal((1u, 3u), (device.stx_rdev_major, device.stx_rdev_minor));
        Assert.False(directory.TryStat("missing", out _));
    }

    [Fact]
    public void A_memory_file_is_a_file_of_its_own()
    {
        using LinuxFile? file = LinuxFile.CreateMemoryFile("test");
        Assert.True(file!.TryStat("", out statx_t stat));
        Assert.Equal(0x8000, stat.stx_mode & 0xf000);
    }

    [Theory]
    [InlineData(2, "No such file or directory")]
    [InlineData(28, "No space left on device")]
    public void Errors_have_the_words_of_libc(int error, string words) => Assert.Equal(words, ErrorText.Of(error));

    private void WriteFile(string name, string content) => File.WriteAllText(Path.Combine(_folder.Path, name), content);
}
