using PageAlloc.Heaps;
using PageAlloc.Heaps.Glibc;
using PageAlloc.Mappings;
using PageAlloc.Symbols;
using PageAlloc.Targets;

namespace PageAlloc.Views;

/// <summary>Tells what of a thread an address is: its stack, its storage, its control block.</summary>
internal static class WhatIsThreads
{
    // struct pthread is larger than this in every release: of the main thread's, whose end is not told, only this is certain.
    private const int CertainControlBlockWords = 256;

    // No struct pthread and what is aligned above it is larger.
    private const ulong MostBehindPointer = 64 << 10;

    /// <summary>What of a thread is at <paramref name="address"/>; null when it is of none that was found.</summary>
    /// <param name="heaps">The heaps, whose memory is read.</param>
    /// <param name="target">The target.</param>
    /// <param name="mappings">Its mappings.</param>
    /// <param name="address">The address.</param>
    public static (WhatIsKind Kind, string Text)? Find(
        HeapReader heaps, ITarget target, IReadOnlyList<Mapping> mappings, ulong address)
    {
        int w = heaps.Cache.PointerSize;
        List<AddressRange> segments = [.. heaps.Heaps.Arenas.SelectMany(a => a.Segments).Select(s => s.Range).OrderBy(r => r.Start)];
        List<ThreadBlock> threads = ThreadPointers.Find(heaps.Memory, heaps.Cache, mappings, segments, heaps.Tids);
        foreach (ThreadBlock thread in threads)
        {
            string name = thread.Tid == target.Info.Pid ? "the main thread" : thread.Tid == 0 ? "a thread" : $"thread {thread.Tid}";
            (AddressRange Stack, ulong Guard)? stack = StackOf(heaps.Cache, thread.Pointer);
            AddressRange control = new(thread.Pointer, stack?.Stack.End ?? thread.Pointer + (ulong)(CertainControlBlockWords * w));
            if (control.Contains(address))
            {
                return (WhatIsKind.ThreadControlBlock, $"control block (struct pthread) of {name} + 0x{address - control.Start:x}");
            }

            AddressRange? mapping = mappings.FirstOrDefault(m => m.Range.Contains(thread.Pointer))?.Range;
            if (mapping?.Contains(address) == true && address < control.Start && control.Start - address <= StorageSize(target, mappings))
            {
                return (WhatIsKind.ThreadStorage, $"thread-local storage of {name}, 0x{control.Start - address:x} below its thread pointer");
            }

            if (stack is { } s && s.Stack.Contains(address))
            {
                return address - s.Stack.Start < s.Guard
                    ? (WhatIsKind.StackGuard, $"guard of the stack of {name}")
                    : (WhatIsKind.Stack, $"stack of {name}, 0x{s.Stack.End - address:x} below its end");
            }
        }

        return null;
    }

    // In struct pthread stand, one after another, where the stack begins, its size and that of its guard; the structure is
    // at the stack's end. source: nptl/descr.h, stackblock, stackblock_size, guardsize
    private static (AddressRange Stack, ulong Guard)? StackOf(MemoryCache memory, ulong pointer)
    {
        var w = (ulong)memory.PointerSize;
        ulong mask = (ulong)memory.PageSize - 1;
        for (ulong at = pointer; at < pointer + (2 * CertainControlBlockWords * w); at += w)
        {
            if (!memory.TryReadWord(at, out ulong start) || !memory.TryReadWord(at + w, out ulong size) || !memory.TryReadWord(at + (2 * w), out ulong guard))
            {
                return null;
            }

            if (start < pointer && (start & mask) == 0 && size != 0 && (size & mask) == 0
                && start + size > pointer && start + size - pointer <= MostBehindPointer && guard <= pointer - start && (guard & mask) == 0)
            {
                return (new AddressRange(start, start + size), guard);
            }
        }

        return null;
    }

    // What the modules loaded need together; those that were loaded later may have theirs elsewhere.
    private static ulong StorageSize(ITarget target, IReadOnlyList<Mapping> mappings)
    {
        const ulong alignment = 64;
        ulong size = 0;
        foreach (Module module in ModuleTable.Of(mappings))
        {
            using ElfImage? image = WhatIsModules.TryOpen(module, target);
            size += ((image?.TlsSegment?.MemorySize ?? 0) + alignment - 1) & ~(alignment - 1);
        }

        return size;
    }
}
