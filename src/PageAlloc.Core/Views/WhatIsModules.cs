using PageAlloc.Mappings;
using PageAlloc.Symbols;
using PageAlloc.Targets;

namespace PageAlloc.Views;

/// <summary>Tells what of the program or a library an address is.</summary>
internal static class WhatIsModules
{
    /// <summary>Code or data of a module; null when the address is of none.</summary>
    public static (WhatIsKind Kind, string Text)? Find(ITarget target, IReadOnlyList<Mapping> mappings, Mapping mapping, ulong address)
    {
        foreach (Module module in ModuleTable.Of(mappings).Where(m => m.Range.Contains(address)))
        {
            bool isOwn = module.Mappings.Any(m => m.Range.Contains(address)) || (module.Bss?.Range.Contains(address) == true && IsBss(target, module, address));
            if (isOwn)
            {
                string what = mapping.Permissions.HasFlag(MappingPermissions.Execute) ? "code"
                    : mapping.Permissions.HasFlag(MappingPermissions.Write) ? "data"
                    : "read-only data";
                return (what == "code" ? WhatIsKind.Code : WhatIsKind.Data, $"{what} of {module} + 0x{address - module.Range.Start:x}");
            }
        }

        return null;
    }

    private static bool IsBss(ITarget target, Module module, ulong address)
    {
        try
        {
            return new ModuleHeaderSource(target).Of(module) is { } headers && module.WritableRanges(headers.Segments).Any(range => range.Contains(address));
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }
}
