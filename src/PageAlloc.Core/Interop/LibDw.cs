using System.Runtime.InteropServices;

namespace PageAlloc.Interop;

/// <summary>
/// The functions of elfutils' libdw and libelf that are called, under their own names; loaded when first needed, absent on
/// many machines. Those without callbacks only. Contracts: elfutils/libdw.h
/// </summary>
internal static unsafe partial class LibDw
{
    public const int EV_CURRENT = 1;
    public const int DWARF_C_READ = 0;

    private const string Dw = "libdw.so.1";
    private const string Elf = "libelf.so.1";

    private static readonly string? Missing = Load();

    /// <summary>Whether the library can be called; the reason and the advice when it can't.</summary>
    public static bool IsPresent(out string? reason)
    {
        reason = Missing;
        return reason is null;
    }

    [LibraryImport(Elf)]
    public static partial uint elf_version(uint version);

    [LibraryImport(Elf)]
    public static partial void* elf_memory(byte* image, nuint size);

    [LibraryImport(Elf)]
    public static partial int elf_end(void* elf);

    [LibraryImport(Dw)]
    public static partial void* dwarf_begin_elf(void* elf, int command, void* section);

    [LibraryImport(Dw)]
    public static partial int dwarf_end(void* dwarf);

    [LibraryImport(Dw)]
    public static partial void dwarf_setalt(void* dwarf, void* alternate);

    [LibraryImport(Dw)]
    public static partial int dwarf_errno();

    [LibraryImport(Dw)]
    public static partial byte* dwarf_errmsg(int error);

    [LibraryImport(Dw)]
    public static partial int dwarf_get_units(
        void* dwarf, void* unit, void** next, ushort* version, byte* type, Dwarf_Die* die, Dwarf_Die* subdie);

    [LibraryImport(Dw)]
    public static partial int dwarf_child(Dwarf_Die* die, Dwarf_Die* result);

    [LibraryImport(Dw)]
    public static partial int dwarf_siblingof(Dwarf_Die* die, Dwarf_Die* result);

    [LibraryImport(Dw)]
    public static partial int dwarf_tag(Dwarf_Die* die);

    [LibraryImport(Dw)]
    public static partial byte* dwarf_diename(Dwarf_Die* die);

    [LibraryImport(Dw)]
    public static partial Dwarf_Attribute* dwarf_attr(Dwarf_Die* die, uint name, Dwarf_Attribute* result);

    [LibraryImport(Dw)]
    public static partial Dwarf_Attribute* dwarf_attr_integrate(Dwarf_Die* die, uint name, Dwarf_Attribute* result);

    [LibraryImport(Dw)]
    public static partial int dwarf_formudata(Dwarf_Attribute* attribute, ulong* value);

    [LibraryImport(Dw)]
    public static partial int dwarf_formaddr(Dwarf_Attribute* attribute, ulong* value);

    [LibraryImport(Dw)]
    public static partial int dwarf_formblock(Dwarf_Attribute* attribute, Dwarf_Block* value);

    [LibraryImport(Dw)]
    public static partial Dwarf_Die* dwarf_formref_die(Dwarf_Attribute* attribute, Dwarf_Die* result);

    [LibraryImport(Dw)]
    public static partial int dwarf_getlocation(Dwarf_Attribute* attribute, Dwarf_Op** operations, nuint* count);

    [LibraryImport(Dw)]
    public static partial int dwarf_getlocation_attr(Dwarf_Attribute* attribute, Dwarf_Op* operation, Dwarf_Attribute* result);

    /// <summary>The words of the library for its last error in this thread.</summary>
    public static string LastError() => Marshal.PtrToStringUTF8((nint)dwarf_errmsg(dwarf_errno())) ?? "unknown error";

    private static string? Load()
    {
        if (!NativeLibrary.TryLoad(Elf, out _) || !NativeLibrary.TryLoad(Dw, out nint handle))
        {
            return $"{Dw} not found; install 'libdw1' (Debian, Ubuntu) or 'elfutils-libs' (Fedora) to use debug information";
        }

        // The newest of the functions above: elfutils 0.171.
        return NativeLibrary.TryGetExport(handle, nameof(dwarf_get_units), out _)
            ? null
            : $"{Dw} is too old; elfutils 0.171 or later is needed to use debug information";
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Dwarf_Die
    {
        public byte* addr;
        public void* cu;
        public void* abbrev;
        public nint padding;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Dwarf_Attribute
    {
        public uint code;
        public uint form;
        public byte* valp;
        public void* cu;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Dwarf_Block
    {
        public ulong length;
        public byte* data;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Dwarf_Op
    {
        public byte atom;
        public ulong number;
        public ulong number2;
        public ulong offset;
    }
}
