using System.Text;
using PageAlloc.Symbols;
using PageAlloc.Targets;

namespace PageAlloc.Heaps.Glibc;

/// <summary>Reads what debug information says of malloc in a libc; where libdw can't, what the symbols beside it say.</summary>
internal sealed class DescriptionReader(ITarget target, HeapOptions options)
{
    private const string SourceFile = "malloc.c";

    private static readonly string[] s_variables = ["main_arena", "mp_", "tcache", "thread_arena"];

    private readonly LayoutCache _cache = LayoutCache.OfUser();

    /// <summary>Reads it; null when there is none.</summary>
    /// <param name="module">The libc as loaded.</param>
    /// <param name="image">Its file.</param>
    /// <param name="reason">Why there is none; when there is one from symbols, why not from debug information. Else null.</param>
    /// <param name="isLibraryMissing">Whether that is only for want of libdw.</param>
    public DescribedMalloc? Read(Module module, ElfImage image, out string? reason, out bool isLibraryMissing)
    {
        reason = null;
        isLibraryMissing = false;
        ulong bias = module.LoadBias(image);

        // A file that was given is looked into, whatever is known.
        if (options.DebugFile is null && _cache.TryRead(image.BuildId.Span, LayoutFacts.StructNames, s_variables) is { } kept)
        {
            return Of(kept, image, bias, ref reason);
        }

        using DebugFile file = DebugFiles.Find(
            target, module, image, new DebugFileOptions { Path = options.DebugFile, UseDebuginfod = options.UseDebuginfod });
        if (file.Image is not { } debug)
        {
            reason = file.Reason;
            return null;
        }

        DwarfResult dwarf = DwarfTypes.Read(debug, file.Alternate, LayoutFacts.StructNames, SourceFile, s_variables);
        if (dwarf.Status != DwarfStatus.Read)
        {
            isLibraryMissing = dwarf.Status == DwarfStatus.LibraryMissing;
            reason = dwarf.Message;
            return OfSymbols(debug, bias, file.Path);
        }

        if (options.DebugFile is null)
        {
            _cache.Write(image.BuildId.Span, dwarf, LayoutFacts.StructNames, s_variables);
        }

        return Of(dwarf, debug, bias, ref reason);
    }

    private static DescribedMalloc? Of(DwarfResult dwarf, ElfImage image, ulong bias, ref string? reason)
    {
        if (DescribedMalloc.LayoutOf(dwarf.Structs, image.PointerSize) is not { } layout)
        {
            reason = $"{Printable(dwarf.Path) ?? "the debug information"} says nothing that is usable of struct malloc_state";
            return null;
        }

        var found = new DescribedMalloc
        {
            Source = "debug info: " + (Printable(dwarf.Path) ?? "kept from an earlier run"),
            Layout = layout,
            ParLayout = DescribedMalloc.ParLayoutOf(dwarf.Structs),
            MainArena = Address("main_arena"),
            Parameters = Address("mp_"),
            Distance = Distance(Find("tcache", isThreadLocal: true), Find("thread_arena", isThreadLocal: true)),
            Facts = LayoutFacts.Of(dwarf.Structs),
        };
        return WithVariables(found);

        ulong? Address(string name) => Find(name, isThreadLocal: false) is { } value ? InProcess(value, bias, image.PointerSize) : null;

        ulong? Find(string name, bool isThreadLocal) =>
            dwarf.Variables.TryGetValue(name, out DwarfVariable variable) && variable.IsThreadLocal == isThreadLocal ? variable.Value
            : image.TryFindSymbol(Encoding.ASCII.GetBytes(name), out ElfSymbol symbol) && symbol.Type == ElfSymbolType.Tls == isThreadLocal ? symbol.Value
            : null;
    }

    private static DescribedMalloc? OfSymbols(ElfImage image, ulong bias, string? path)
    {
        int w = image.PointerSize;
        if (!image.TryFindSymbol("main_arena"u8, out ElfSymbol arena) || DescribedMalloc.LayoutOfSize(arena.Size, w) is not { } layout)
        {
            return null;
        }

        bool hasParameters = image.TryFindSymbol("mp_"u8, out ElfSymbol parameters);
        var facts = new LayoutFacts();
        facts.Add(layout);
        MallocParLayout? parLayout = hasParameters ? DescribedMalloc.ParLayoutOfSize(parameters.Size, layout) : null;
        if (parLayout is { } par)
        {
            facts.Add(par, w);
        }

        return WithVariables(new DescribedMalloc
        {
            Source = "symbols: " + (Printable(path) ?? "the file itself"),
            Layout = layout,
            ParLayout = parLayout,
            MainArena = InProcess(arena.Value, bias, w),
            Parameters = hasParameters ? InProcess(parameters.Value, bias, w) : null,
            Distance = image.TryFindSymbol("tcache"u8, out ElfSymbol tcache) && image.TryFindSymbol("thread_arena"u8, out ElfSymbol thread)
                ? Distance(tcache.Value, thread.Value)
                : null,
            Facts = facts,
        });
    }

    private static DescribedMalloc WithVariables(DescribedMalloc described)
    {
        described.Facts.AddVariables(described.MainArena, described.Parameters, described.Distance);
        return described;
    }

    private static int? Distance(ulong? tcache, ulong? threadArena) =>
        tcache is { } a && threadArena is { } b && unchecked((long)(a - b)) is >= -ThreadColumns.NearBytes and <= ThreadColumns.NearBytes and var distance
            ? (int)distance
            : null;

    private static ulong InProcess(ulong value, ulong bias, int pointerSize) =>
        unchecked(value + bias) & (pointerSize == 4 ? uint.MaxValue : ulong.MaxValue);

    // A target brings its own debug files, with names of any bytes.
    private static string? Printable(string? path) => path is null ? null : ByteText.ToPrintable(Encoding.UTF8.GetBytes(path));
}
