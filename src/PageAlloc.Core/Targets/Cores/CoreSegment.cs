namespace PageAlloc.Targets.Cores;

/// <summary>A loadable segment of a core file: memory of the process as its program header tells it. source: elf.h, PT_LOAD</summary>
/// <param name="Range">Its addresses.</param>
/// <param name="Flags">What it may be used for: 4 read, 2 written, 1 executed.</param>
/// <param name="Offset">Where its bytes begin in the file.</param>
/// <param name="FileSize">How many of its bytes are in the file: those behind them were not dumped, which does not make them zero.</param>
internal readonly record struct CoreSegment(AddressRange Range, uint Flags, ulong Offset, ulong FileSize)
{
    /// <summary>The end of what was dumped.</summary>
    public ulong DumpedEnd => Range.Start + FileSize;
}

/// <summary>A mapping of a file, as the note NT_FILE lists them.</summary>
/// <param name="Range">Its addresses.</param>
/// <param name="Offset">Where it begins in the file, in bytes.</param>
/// <param name="Name">The file's name, as <c>maps</c> would write it.</param>
internal readonly record struct CoreMappedFile(AddressRange Range, ulong Offset, ReadOnlyMemory<byte> Name);
