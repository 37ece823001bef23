using System.Buffers.Binary;

namespace PageAlloc.Targets.Cores;

/// <summary>
/// Finds the command line in the stack of a core file, where the kernel put it: upwards stand the pointers to environment
/// strings, the auxiliary vector, 16 random bytes, the platform's name, and after a gap of zeros the arguments and the
/// environment. source: fs/binfmt_elf.c, create_elf_tables
/// </summary>
internal static class CoreArguments
{
    private const ulong MaxStrings = 8 << 20;
    private const ulong MaxTables = 1 << 20;

    /// <summary>The arguments; null when they are not found where they should be.</summary>
    /// <param name="core">The core file.</param>
    /// <param name="beginning">The beginning of the command line as a note has it: what is found must begin so.</param>
    public static IReadOnlyList<ReadOnlyMemory<byte>>? Find(CoreFile core, ReadOnlySpan<byte> beginning)
    {
        ulong random = core.Auxiliary.GetValueOrDefault(AuxiliaryVector.AT_RANDOM);
        ulong program = core.Auxiliary.GetValueOrDefault(AuxiliaryVector.AT_EXECFN);
        ulong gap = core.Auxiliary.GetValueOrDefault(AuxiliaryVector.AT_PLATFORM);
        if (random == 0 || gap <= random || program <= gap || program - gap > MaxStrings)
        {
            return null;
        }

        using CoreMemory memory = core.Memory();
        if (Read(memory, gap, program) is not { } strings || EnvironmentStart(memory, core, random) is not { } environment)
        {
            return null;
        }

        // The name of the platform ends with a zero, and zeros follow it.
        int start = strings.AsSpan().IndexOf((byte)0);
        start += start < 0 ? 0 : Math.Max(0, strings.AsSpan(start).IndexOfAnyExcept((byte)0));
        ulong end = environment == 0 ? program : environment;
        if (start < 0 || end <= gap + (ulong)start || end > program)
        {
            return null;
        }

        byte[] text = strings[start..(int)(end - gap)];
        return Matches(text, beginning) ? CommandLineText.Split(text) : null;
    }

    private static bool Matches(ReadOnlySpan<byte> text, ReadOnlySpan<byte> beginning)
    {
        beginning = beginning.TrimEnd((byte)' ');
        if (beginning.Length > text.Length)
        {
            return false;
        }

        for (int i = 0; i < beginning.Length; i++)
        {
            if (beginning[i] != (text[i] == 0 ? (byte)' ' : text[i]))
            {
                return false;
            }
        }

        return true;
    }

    // The auxiliary vector stands below the random bytes; before it the pointers of the environment, and a zero at both ends of them.
    private static ulong? EnvironmentStart(CoreMemory memory, CoreFile core, ulong random)
    {
        int w = core.Info.PointerSize;
        ulong vdso = core.Auxiliary.GetValueOrDefault(AuxiliaryVector.AT_SYSINFO_EHDR);
        random &= ~(ulong)(w - 1);
        if (vdso == 0 || Read(memory, random - Math.Min(random, MaxTables), random) is not { } bytes)
        {
            return null;
        }

        int count = bytes.Length / w;
        int at = count - 2;
        while (at > 0 && (Word(at) != AuxiliaryVector.AT_SYSINFO_EHDR || Word(at + 1) != vdso))
        {
            at--;
        }

        at -= at > 2 && Word(at - 2) == AuxiliaryVector.AT_SYSINFO ? 2 : 0;
        if (at < 2 || Word(at - 1) != 0)
        {
            return null;
        }

        int first = at - 1;
        while (first > 0 && Word(first - 1) != 0)
        {
            first--;
        }

        return first == 0 ? null : Word(first);

        ulong Word(int index) => w == 8
            ? BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(index * w))
            : BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(index * w));
    }

    // From where on all pages are in the file to the end; null when the last is not.
    private static byte[]? Read(CoreMemory memory, ulong start, ulong end)
    {
        ulong mask = (ulong)memory.PageSize - 1;
        ulong first = start & ~mask;
        var pages = new byte[(int)(((end + mask) & ~mask) - first)];
        var access = new PageAccess[pages.Length / memory.PageSize];
        memory.ReadPages(first, pages, access);
        int unreadable = Array.FindLastIndex(access, a => a == PageAccess.Unreadable);
        int from = Math.Max((unreadable + 1) * memory.PageSize, (int)(start - first));
        int to = (int)(end - first);
        return unreadable == access.Length - 1 || from >= to ? null : pages[from..to];
    }
}
