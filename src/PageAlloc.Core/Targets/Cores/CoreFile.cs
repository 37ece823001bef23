using PageAlloc.Interop;

namespace PageAlloc.Targets.Cores;

/// <summary>
/// An ELF core file, written by the kernel or by gdb's <c>gcore</c>, of this machine or another. It holds the memory that was
/// dumped and says which mappings there were; which pages were in RAM it does not tell. It may be compressed with zstd or gzip.
/// </summary>
public sealed class CoreFile : ITarget, IMemorySource, IThreadSource, ISysroot
{
    private const int SmallestPage = 4096;
    private const int LargestPage = 64 << 10;

    private readonly CoreStorage _file;

    private CoreFile(CoreStorage file, CoreHeader header, CoreNotes notes, string? sysroot)
    {
        _file = file;
        Sysroot = sysroot;
        Segments = header.Segments;
        Files = notes.Files;
        IsOfGdb = notes.IsOfGdb;
        Auxiliary = notes.Auxiliary;

        // The name of the process is that of its main thread.
        Threads = [.. notes.Threads.Select(t => t.Tid == notes.Pid ? t with { Name = notes.Command } : t)];
        WasForked = ProcStat.WasForked(notes.Flags);
        ulong entry = notes.Auxiliary.GetValueOrDefault(AuxiliaryVector.AT_ENTRY);
        Info = new TargetInfo
        {
            Kind = TargetKind.Core,
            Pid = notes.Pid,
            Command = notes.Command,
            Arguments = null,
            Executable = notes.Files?.Find(f => f.Range.Contains(entry)) is { Range.IsEmpty: false } program ? program.Name : null,
            PageSize = PageSizeOf(header, notes),
            PointerSize = header.Is64 ? 8 : 4,
            File = file.Path,
            Incomplete = Missing(file, header, notes),
        };
        Info = Info with { Arguments = CoreArguments.Find(this, notes.Arguments.Span) };
    }

    /// <inheritdoc/>
    public TargetInfo Info { get; }

    /// <inheritdoc/>
    public IReadOnlyList<TargetThread> Threads { get; }

    /// <inheritdoc/>
    public bool WasForked { get; }

    /// <inheritdoc/>
    public string? Sysroot { get; }

    /// <summary>Its segments, by address.</summary>
    internal IReadOnlyList<CoreSegment> Segments { get; }

    /// <summary>The files that were mapped, by address; null when it does not tell.</summary>
    internal IReadOnlyList<CoreMappedFile>? Files { get; }

    /// <summary>Whether gdb wrote it, and not the kernel.</summary>
    internal bool IsOfGdb { get; }

    /// <summary>The auxiliary vector. By the numbers in <see cref="AuxiliaryVector"/>.</summary>
    internal IReadOnlyDictionary<ulong, ulong> Auxiliary { get; }

    /// <summary>Opens a core file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="sysroot">The directory below which the files of its machine are; null for those of this machine.</param>
    /// <param name="limits">Caps on what is read; null for the usual ones.</param>
    /// <exception cref="TargetException">It can't be opened, or is no core file.</exception>
    public static CoreFile Open(string path, string? sysroot = null, Limits? limits = null)
    {
        LinuxFile file = RegularFile.Open(path, out statx_t stat);
        return Open(file, path, stat, sysroot, limits ?? Limits.Default);
    }

    /// <summary>The same of a file that is open; owns it, also when it fails.</summary>
    internal static CoreFile Open(LinuxFile file, string path, in statx_t stat, string? sysroot, Limits limits)
    {
        CoreStorage storage = CompressedCore.IsCompressed(file) ? CompressedCore.Unpack(file, path, limits) : new CoreStorage(file, path, stat);
        try
        {
            CoreHeader header = CoreHeader.Read(storage, SmallestPage, limits);
            return new CoreFile(storage, header, CoreNotes.Read(storage, header, limits), sysroot);
        }
        catch
        {
            storage.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public IMemory OpenMemory(bool swapIn = false) => Memory();

    /// <summary>The memory, with what the file tells of pages that can't be read.</summary>
    internal CoreMemory Memory() => new(_file, Segments, Info.PageSize);

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    // Where a segment or a file begins or ends within a page of that size, pages are smaller than they are said to be.
    private static int PageSizeOf(CoreHeader header, CoreNotes notes)
    {
        ulong size = notes.Auxiliary.GetValueOrDefault(AuxiliaryVector.AT_PAGESZ);
        bool canBe = size is >= SmallestPage and <= LargestPage && ulong.IsPow2(size)
            && header.Segments.TrueForAll(s => IsOnPages(s.Range)) && (notes.Files ?? []).TrueForAll(f => IsOnPages(f.Range));
        return canBe ? (int)size : SmallestPage;

        bool IsOnPages(AddressRange range) => ((range.Start | range.End) & (size - 1)) == 0;
    }

    private static string? Missing(CoreStorage file, CoreHeader header, CoreNotes notes)
    {
        string? cut = header.End <= file.Length ? null
            : $"it ends at byte {file.Length}, {Amounts.Size(header.End - file.Length)} before its headers say: it was cut while it was written or copied";
        string? refused = header.Refused == 0 ? null : $"{header.Refused} of its program headers can't be, and were left out";
        string? files = notes.Files is not null ? null : "it does not say which files were mapped (NT_FILE): heaps are not found without that";
        string[] all = [.. new[] { file.Fault, cut, refused, notes.Fault, files }.OfType<string>()];
        return all.Length == 0 ? null : string.Join("; ", all);
    }
}
