using PageAlloc.Targets;

namespace PageAlloc.Symbols;

/// <summary>What of a module's file is wanted where its symbols are not: its build-id and its program headers.</summary>
/// <param name="BuildId">The build-id; empty when it has none.</param>
/// <param name="Segments">The program headers, in the order of the file.</param>
internal sealed record ModuleHeaders(ReadOnlyMemory<byte> BuildId, IReadOnlyList<ElfSegment> Segments)
{
    /// <summary>The bytes of thread-local variables that each thread has of it.</summary>
    public ulong ThreadStorageSize => Segments.FirstOrDefault(s => s.Type == ElfSegmentType.Tls).MemorySize;
}

/// <summary>Gives the headers of modules: from their files, or as a snapshot keeps them.</summary>
/// <param name="target">The target that the modules are of.</param>
internal sealed class ModuleHeaderSource(ITarget target)
{
    private readonly Dictionary<ulong, ModuleHeaders>? _recorded = target is ISections sections ? ModuleSection.Read(sections) : null;

    /// <summary>The headers; null when they can't be had.</summary>
    public ModuleHeaders? Of(Module module)
    {
        if (_recorded is not null)
        {
            return _recorded.GetValueOrDefault(module.Range.Start);
        }

        try
        {
            using ElfImage image = module.OpenImage(target);
            return new ModuleHeaders(image.BuildId.ToArray(), [.. image.Segments]);
        }
        catch (Exception e) when (e is InvalidDataException or TargetException)
        {
            return null;
        }
    }
}
