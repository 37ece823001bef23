using PageAlloc.Mappings;
using PageAlloc.Targets;

namespace PageAlloc.Symbols;

/// <summary>The headers of all modules in a snapshot, by where each begins. Of those whose files could not be had there are none.</summary>
internal static class ModuleSection
{
    private const int LeastModule = 3;
    private const int LeastSegment = 6;

    // A program header is counted in 16 bits. source: elf.h, e_phnum
    private const int MaxSegments = ushort.MaxValue;

    public static void Write(MomentWriter moment, ITarget target, IReadOnlyList<Mapping> mappings)
    {
        var source = new ModuleHeaderSource(target);
        var modules = ModuleTable.Of(mappings).Select(m => (m.Range.Start, Headers: source.Of(m)!)).Where(m => m.Headers is not null).ToList();
        moment.Add(SectionId.Modules, w => w.List(modules, module =>
        {
            w.Number(module.Start);
            w.Bytes(module.Headers.BuildId.Span);
            w.List(module.Headers.Segments, segment =>
            {
                w.Number((uint)segment.Type);
                w.Number((uint)segment.Flags);
                w.Number(segment.Offset);
                w.Number(segment.VirtualAddress);
                w.Number(segment.FileSize);
                w.Number(segment.MemorySize);
            });
        }));
    }

    public static Dictionary<ulong, ModuleHeaders> Read(ISections sections)
    {
        var modules = new Dictionary<ulong, ModuleHeaders>();
        SectionReader r = sections.Open(SectionId.Modules);
        for (int left = r.Count(LeastModule); left > 0; left--)
        {
            ulong start = r.Number();
            byte[] buildId = r.Bytes();
            modules[start] = new ModuleHeaders(buildId, r.List(LeastSegment, () => new ElfSegment(
                (ElfSegmentType)(uint)r.Number(), (ElfSegmentFlags)(uint)r.Number(), r.Number(), r.Number(), r.Number(), r.Number()), MaxSegments));
        }

        return modules;
    }
}
