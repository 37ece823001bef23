using System.Text;
using PageAlloc.Interop;
using PageAlloc.Targets;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Targets;

/// <summary>A process made of files: whatever is written into its folder is what /proc says of it.</summary>
internal sealed class FakeProcess : ITarget, IProcDirectory
{
    private readonly WorkFolder _folder = new();
    private readonly Dictionary<string, int> _opened = [];

    public TargetInfo Info { get; init; } = new()
    {
        Kind = TargetKind.Process,
        Pid = 4711,
        Command = "fake"u8.ToArray(),
        Arguments = [],
        Executable = null,
        PageSize = 4096,
        PointerSize = 8,
    };

    /// <summary>Called before a file is opened, with its name.</summary>
    public Action<string>? Opening { get; set; }

    public string Folder => _folder.Path;

    public string this[string file]
    {
        set => File.WriteAllBytes(Path.Combine(_folder.Path, file), Encoding.UTF8.GetBytes(value));
    }

    /// <summary>How often a file was opened.</summary>
    public int Opened(string file) => _opened.GetValueOrDefault(file);

    public LinuxFile Open(string name) =>
        TryOpen(name) ?? throw new TargetException(TargetFailure.Ended, $"{name} is not there");

    public LinuxFile? TryOpen(string name)
    {
        Opening?.Invoke(name);
        _opened[name] = Opened(name) + 1;
        return LinuxFile.Open(null, Path.Combine(_folder.Path, name), out _);
    }

    public byte[] ReadText(string name)
    {
        using LinuxFile file = Open(name);
        return file.ReadToEnd(1 << 20, out _)!;
    }

    public bool TryStat(string path, out statx_t stat)
    {
        using LinuxFile? folder = LinuxFile.Open(null, _folder.Path, out _, LibC.O_PATH);
        return folder!.TryStat(path, out stat);
    }

    public void Dispose() => _folder.Dispose();
}
