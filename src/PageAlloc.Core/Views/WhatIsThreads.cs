using PageAlloc.Heaps;
using PageAlloc.Mappings;
using PageAlloc.Symbols;
using PageAlloc.Targets;

namespace PageAlloc.Views;

/// <summary>Tells what of a thread an address is: its stack, its storage, its control block.</summary>
internal static class WhatIsThreads
{
    // struct pthread is larger than this in every release: of the main thread's, whose end is not told, only this is certain.
    private const int CertainControlBlockWords = 256;

    /// <summary>What a thread is called.</summary>
    /// <param name="tid">Its number; 0 when it was not found.</param>
    /// <param name="pid">That of the process.</param>
    public static string NameOf(int tid, int pid) => tid == pid ? "the main thread" : tid == 0 ? "a thread" : $"thread {tid}";

    /// <summary>What of a thread is at <paramref name="address"/>; null when it is of none that was found.</summary>
    /// <param name="threads">The threads.</param>
    /// <param name="target">The target.</param>
    /// <param name="mappings">Its mappings.</param>
    /// <param name="address">The address.</param>
    public static (WhatIsKind Kind, string Text)? Find(
        IReadOnlyList<HeapThread> threads, ITarget target, IReadOnlyList<Mapping> mappings, ulong address)
    {
        int w = target.Info.PointerSize == 4 ? 4 : 8;
        foreach (HeapThread thread in threads)
        {
            string name = NameOf(thread.Tid, target.Info.Pid);
            AddressRange control = new(thread.Pointer, thread.Stack?.End ?? thread.Pointer + (ulong)(CertainControlBlockWords * w));
            if (control.Contains(address))
            {
                return (WhatIsKind.ThreadControlBlock, $"control block (struct pthread) of {name} + 0x{address - control.Start:x}");
            }

            AddressRange? mapping = mappings.FirstOrDefault(m => m.Range.Contains(thread.Pointer))?.Range;
            if (mapping?.Contains(address) == true && address < control.Start && control.Start - address <= StorageSize(target, mappings))
            {
                return (WhatIsKind.ThreadStorage, $"thread-local storage of {name}, 0x{control.Start - address:x} below its thread pointer");
            }

            if (thread.Stack is { } stack && stack.Contains(address))
            {
                return address - stack.Start < thread.GuardBytes
                    ? (WhatIsKind.StackGuard, $"guard of the stack of {name}")
                    : (WhatIsKind.Stack, $"stack of {name}, 0x{stack.End - address:x} below its end");
            }
        }

        return null;
    }

    // What the modules loaded need together; those that were loaded later may have theirs elsewhere.
    private static ulong StorageSize(ITarget target, IReadOnlyList<Mapping> mappings)
    {
        const ulong alignment = 64;
        ulong size = 0;
        var headers = new ModuleHeaderSource(target);
        foreach (Module module in ModuleTable.Of(mappings))
        {
            size += ((headers.Of(module)?.ThreadStorageSize ?? 0) + alignment - 1) & ~(alignment - 1);
        }

        return size;
    }
}
