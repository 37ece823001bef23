using PageAlloc.Mappings;
using PageAlloc.Targets;

namespace PageAlloc.Symbols;

/// <summary>Where in a program or library an address is.</summary>
/// <param name="Module">The file.</param>
/// <param name="Name">The function or object that holds the address; null when its file names none.</param>
/// <param name="Offset">How far behind the start of it, or of the file's first mapping, in bytes.</param>
public readonly record struct SymbolPlace(Module Module, string? Name, ulong Offset);

/// <summary>Names addresses in the loaded files of a target. It keeps the files that it opened, and closes them when disposed.</summary>
/// <param name="target">The target.</param>
/// <param name="mappings">All its mappings, in address order.</param>
public sealed class SymbolNames(ITarget target, IReadOnlyList<Mapping> mappings) : IDisposable
{
    private IReadOnlyList<Module>? _modules;
    private readonly Dictionary<Module, ElfImage?> _images = [];

    /// <summary>Where an address is; null when it is in no loaded file.</summary>
    public SymbolPlace? At(ulong address)
    {
        _modules ??= ModuleTable.Of(mappings);
        Module? module = _modules.FirstOrDefault(m => m.Mappings.Any(part => part.Range.Contains(address)));
        if (module is null)
        {
            return null;
        }

        try
        {
            if (Open(module) is { } image && unchecked(address - module.LoadBias(image)) is var at
                && image.FindSymbolAt(at, out ElfSymbol symbol) is { } name)
            {
                return new SymbolPlace(module, ByteText.ToPrintable(name.Span), at - symbol.Value);
            }
        }
        catch (InvalidDataException)
        {
            // A file that is no good names nothing.
        }

        return new SymbolPlace(module, null, address - module.Range.Start);
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (ElfImage? image in _images.Values)
        {
            image?.Dispose();
        }
    }

    private ElfImage? Open(Module module)
    {
        if (!_images.TryGetValue(module, out ElfImage? image))
        {
            try
            {
                image = module.OpenImage(target);
            }
            catch (Exception e) when (e is InvalidDataException or TargetException)
            {
                image = null;
            }

            _images.Add(module, image);
        }

        return image;
    }
}
