using System.Buffers.Binary;

namespace PageAlloc.Targets.Cores;

/// <summary>
/// What the notes of a core file tell: threads, the process's name, the auxiliary vector, which files were mapped where.
/// source: elf.h (NT_*), linux/elfcore.h, fs/binfmt_elf.c (fill_files_note)
/// </summary>
internal sealed class CoreNotes
{
    private const uint NT_PRSTATUS = 1;
    private const uint NT_PRPSINFO = 3;
    private const uint NT_AUXV = 6;
    private const uint NT_386_TLS = 0x200;
    private const uint NT_FILE = 0x46494c45;
    private const ushort EM_386 = 3;
    private const ushort EM_X86_64 = 62;

    // Far above what real cores have: a thread has four to eight notes, and there are 100,000 threads at most (kernel.pid_max aside).
    private const int MaxNotes = 1 << 20;
    private const int MaxStructure = 64 << 10;

    // The kernel itself stops at 4 MiB (fill_files_note); gdb does not.
    private const int MaxFileNote = 128 << 20;
    private const ulong SmallestPage = 4096;

    private readonly CoreStorage _file;
    private readonly CoreHeader _header;
    private readonly Limits _limits;
    private readonly int _word;
    private readonly HashSet<int> _tids = [];
    private int _left = MaxNotes;

    // The segment register of the last thread of an i386 core: the TLS entries that follow tell its base.
    private uint _selector;

    private CoreNotes(CoreStorage file, CoreHeader header, Limits limits)
    {
        _file = file;
        _header = header;
        _limits = limits;
        _word = header.Is64 ? 8 : 4;
    }

    /// <summary>The threads; the one that died first comes first.</summary>
    public List<TargetThread> Threads { get; } = [];

    /// <summary>The files mapped, by address; they do not overlap. Null when no note tells them.</summary>
    public List<CoreMappedFile>? Files { get; private set; }

    /// <summary>Whether gdb wrote them: it gives offsets in bytes, where the kernel gives them in pages.</summary>
    public bool IsOfGdb { get; private set; }

    /// <summary>The auxiliary vector, by the numbers in <see cref="AuxiliaryVector"/>.</summary>
    public Dictionary<ulong, ulong> Auxiliary { get; } = [];

    /// <summary>The number of the process; 0 when no note tells it.</summary>
    public int Pid { get; private set; }

    /// <summary>The kernel's short name of it; empty when no note tells it.</summary>
    public ReadOnlyMemory<byte> Command { get; private set; }

    /// <summary>The beginning of its command line, 79 bytes at most, with blanks between arguments.</summary>
    public ReadOnlyMemory<byte> Arguments { get; private set; }

    /// <summary>The kernel's flags of it. source: include/linux/sched.h, PF_*</summary>
    public ulong Flags { get; private set; }

    /// <summary>What is wrong with the notes; null when nothing is.</summary>
    public string? Fault { get; private set; }

    /// <summary>Reads all notes.</summary>
    public static CoreNotes Read(CoreStorage file, CoreHeader header, Limits limits)
    {
        var notes = new CoreNotes(file, header, limits);
        foreach ((ulong offset, ulong length) in header.Notes)
        {
            if (notes._left > 0)
            {
                notes.Read(offset, length);
            }
        }

        return notes;
    }

    private void Read(ulong offset, ulong length)
    {
        const int headerSize = 12;
        ulong end = offset > ulong.MaxValue - length ? ulong.MaxValue : offset + length;
        Span<byte> note = stackalloc byte[headerSize + 8];
        while (offset < end && end - offset >= headerSize)
        {
            if (--_left <= 0)
            {
                Fault ??= $"it has more than {MaxNotes} notes, and those behind were not read";
                return;
            }

            int read = _file.Read(offset, note);
            if (read < headerSize)
            {
                Fault ??= $"it ends within its notes, at byte {_file.Length}";
                return;
            }

            ulong nameSize = U32(note, 0), size = U32(note, 4);
            uint type = U32(note, 8);
            ulong at = offset + headerSize + Align(nameSize);
            bool isKnown = nameSize is 5 or 6 && (note[headerSize..].StartsWith("CORE\0"u8) || note[headerSize..].StartsWith("LINUX\0"u8));
            if (isKnown && Wanted(type) is var most && most != 0)
            {
                byte[]? content = size <= (ulong)most && size <= end - Math.Min(at, end) ? _file.Read(at, size) : null;
                if (content is null || !Take(type, content))
                {
                    Fault ??= $"its note at byte {offset} (type 0x{type:x}, {size} bytes) is cut or can't be";
                }
            }

            offset = at + Align(size);
        }
    }

    // The most bytes that a note of a kind may have; 0 for those that tell nothing here.
    private int Wanted(uint type) => type switch
    {
        NT_PRSTATUS or NT_PRPSINFO or NT_AUXV or NT_386_TLS => MaxStructure,
        NT_FILE => Files is null ? MaxFileNote : 0,
        _ => 0,
    };

    private bool Take(uint type, byte[] note) => type switch
    {
        NT_PRSTATUS => TakeThread(note),
        NT_PRPSINFO => TakeProcess(note),
        NT_AUXV => TakeAuxiliary(note),
        NT_386_TLS => TakeTls(note),
        _ => TakeFiles(note),
    };

    // struct elf_prstatus: the number, and among the registers fs_base (x86-64) or gs (i386). source: linux/elfcore.h, asm/user_64.h, asm/user_32.h
    private bool TakeThread(ReadOnlySpan<byte> note)
    {
        const int pid64 = 32, fsBase64 = 112 + (21 * 8), pid32 = 24, gs32 = 72 + (10 * 4);
        if (note.Length < (_header.Is64 ? fsBase64 + 8 : gs32 + 4))
        {
            return false;
        }

        _selector = _header.Machine == EM_386 ? U32(note, gs32) & 0xffff : 0;
        ulong pointer = _header.Machine == EM_X86_64 && _header.Is64 ? U64(note, fsBase64) : 0;
        int tid = (int)U32(note, _header.Is64 ? pid64 : pid32);
        bool isNew = tid > 0 && _tids.Add(tid);
        if (isNew)
        {
            Threads.Add(new TargetThread(tid, pointer, null));
        }

        return isNew;
    }

    // struct elf_prpsinfo
    private bool TakeProcess(byte[] note)
    {
        (int flags, int pid, int name) = _header.Is64 ? (8, 24, 40) : (4, 12, 28);
        const int nameSize = 16, argumentsSize = 80;
        if (note.Length < name + nameSize + argumentsSize)
        {
            return false;
        }

        Flags = Word(note, flags);
        Pid = Math.Max(0, (int)U32(note, pid));
        Command = Text(note, name, nameSize);
        Arguments = Text(note, name + nameSize, argumentsSize);
        return Pid > 0;
    }

    private bool TakeAuxiliary(ReadOnlySpan<byte> note)
    {
        for (; note.Length >= 2 * _word && Word(note, 0) != 0; note = note[(2 * _word)..])
        {
            Auxiliary.TryAdd(Word(note, 0), Word(note, _word));
        }

        return true;
    }

    // An array of struct user_desc; the upper 13 bits of a selector are the number of its entry. source: asm/ldt.h
    private bool TakeTls(ReadOnlySpan<byte> note)
    {
        const int size = 16;
        for (; note.Length >= size; note = note[size..])
        {
            if (Threads.Count != 0 && _selector != 0 && U32(note, 0) == _selector >> 3)
            {
                Threads[^1] = Threads[^1] with { Pointer = U32(note, 4) };
            }
        }

        return true;
    }

    // Two words: how many, and the unit of offsets (a page from the kernel, 1 from gdb). For each start, end, offset; then the names.
    private bool TakeFiles(byte[] note)
    {
        if (note.Length < 2 * _word || Files is not null)
        {
            return false;
        }

        ulong count = Word(note, 0), unit = Word(note, _word);
        IsOfGdb = unit == 1;
        if (count > (ulong)((note.Length - (2 * _word)) / (3 * _word)) || count > (ulong)_limits.MaxMappedFiles)
        {
            return false;
        }

        Files = new List<CoreMappedFile>((int)count);
        int names = (2 + (3 * (int)count)) * _word;
        bool isWhole = true;
        for (int at = 2 * _word; at < (2 + (3 * (int)count)) * _word; at += 3 * _word)
        {
            int length = note.AsSpan(names).IndexOf((byte)0);
            if (length < 0)
            {
                return false;
            }

            var range = new AddressRange(Word(note, at), Word(note, at + _word));
            UInt128 offset = (UInt128)Word(note, at + (2 * _word)) * unit;
            bool isGood = !range.IsEmpty && ((range.Start | range.End) & (SmallestPage - 1)) == 0 && offset <= long.MaxValue && (Files.Count == 0 || range.Start >= Files[^1].Range.End);
            isWhole &= isGood;
            if (isGood)
            {
                Files.Add(new CoreMappedFile(range, (ulong)offset, Escape(note.AsMemory(names, length))));
            }

            names += length + 1;
        }

        return isWhole;
    }

    // maps has a newline in a name as \012. source: fs/proc/task_mmu.c, seq_path
    private static ReadOnlyMemory<byte> Escape(ReadOnlyMemory<byte> name)
    {
        if (!name.Span.Contains((byte)'\n'))
        {
            return name;
        }

        var escaped = new List<byte>(name.Length + 16);
        foreach (byte b in name.Span)
        {
            escaped.AddRange(b == (byte)'\n' ? "\\012"u8 : [b]);
        }

        return escaped.ToArray();
    }

    private static ReadOnlyMemory<byte> Text(byte[] note, int at, int size)
    {
        int length = note.AsSpan(at, size).IndexOf((byte)0);
        return note.AsMemory(at, length < 0 ? size : length);
    }

    private static ulong Align(ulong size) => (size + 3) & ~3UL;

    private ulong Word(ReadOnlySpan<byte> bytes, int at) => _word == 8 ? U64(bytes, at) : U32(bytes, at);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
