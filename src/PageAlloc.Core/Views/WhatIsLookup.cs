using PageAlloc.Blocks;
using PageAlloc.Heaps;
using PageAlloc.Heaps.Glibc;
using PageAlloc.Mappings;
using PageAlloc.Pages;
using PageAlloc.Targets;

namespace PageAlloc.Views;

/// <summary>Finds out what is at an address.</summary>
public static class WhatIsLookup
{
    private const int RowLength = 16;
    private const int Rows = 4;

    /// <summary>Looks at <paramref name="address"/>.</summary>
    /// <param name="target">The target.</param>
    /// <param name="mappings">Its mappings.</param>
    /// <param name="heaps">Its heaps; null when they can't be read: then only the mapping tells.</param>
    /// <param name="memory">Its memory; null when there is none to read.</param>
    /// <param name="address">The address.</param>
    /// <param name="options">What may be used to read pages; null for everything.</param>
    /// <exception cref="TargetException">The pages can't be read.</exception>
    public static WhatIs Find(
        ITarget target,
        IReadOnlyList<Mapping> mappings,
        IHeapBlocks? heaps,
        IMemory? memory,
        ulong address,
        ReadOptions? options = null)
    {
        if (mappings.FirstOrDefault(m => m.Range.Contains(address)) is not { } mapping)
        {
            return new WhatIs { Address = address, Kind = WhatIsKind.NotMapped, Text = NotMapped(mappings, address) };
        }

        WhatIs found = (heaps is null ? null : InHeap(heaps, target.Info.Pid, address) ?? InReserve(heaps.Heaps, mapping, address))
            ?? Of(heaps is null ? null : InLibc(heaps.Heaps, address))
            ?? Of(IsThreads(mapping) && heaps is not null ? WhatIsThreads.Find(heaps.Threads, target, mappings, address) : null)
            ?? Of(WhatIsModules.Find(target, mappings, mapping, address))
            ?? Of(ByMapping(mapping, address))!;
        return found with { Mapping = mapping, Page = PageOf(target, mapping, address, options), Bytes = memory is null ? [] : Read(memory, mapping, address) };

        WhatIs? Of((WhatIsKind Kind, string Text)? what) =>
            what is { } w ? new WhatIs { Address = address, Kind = w.Kind, Text = w.Text } : null;
    }

    private static bool IsThreads(Mapping mapping) => mapping.Backing == MappingBacking.Anonymous && !mapping.Name.Span.StartsWith("["u8);

    private static WhatIs? InHeap(IHeapBlocks heaps, int pid, ulong address)
    {
        foreach (MmappedBlock block in heaps.Heaps.Mmapped)
        {
            if (block.Range.Contains(address))
            {
                var own = new WhatIsBlock(BlockState.Mmapped, block.User, block.Range.End - block.Chunk, block.Usable);
                return new WhatIs { Address = address, Kind = WhatIsKind.MmappedBlock, Text = "mmapped block", Block = own };
            }
        }

        Arena? arena = heaps.Heaps.Arenas.FirstOrDefault(a => a.Segments.Any(s => s.Range.Contains(address)));
        return arena is null ? null : InArena(heaps, pid, arena, address);
    }

    // malloc reserves the whole of a thread arena's heap, and makes more of it writable as it grows.
    private static WhatIs? InReserve(HeapSet heaps, Mapping mapping, ulong address)
    {
        const MappingPermissions access = MappingPermissions.Read | MappingPermissions.Write | MappingPermissions.Execute;
        foreach (Arena arena in heaps.Arenas)
        {
            foreach (Segment segment in arena.Segments.Where(s => address >= s.Range.End && address < s.ReservedEnd))
            {
                bool isReserved = (mapping.Permissions & access) == 0;
                if (isReserved || mapping.Range.Contains(segment.Range.End - 1))
                {
                    string what = isReserved ? "reserved for the heap" : "given back by the heap";
                    return new WhatIs
                    {
                        Address = address,
                        Kind = WhatIsKind.HeapReserve,
                        Text = $"{what} at 0x{segment.Range.Start:x} of arena @0x{arena.Address:x}, 0x{address - segment.Range.End:x} behind its end",
                        Arena = arena,
                        Owner = HeapOwner.Of(arena, heaps),
                    };
                }
            }
        }

        return null;
    }

    private static WhatIs InArena(IHeapBlocks heaps, int pid, Arena arena, ulong address)
    {
        var neighbours = new WhatIsNeighbours(address);
        WalkFaults faults = heaps.RunInOrder(neighbours, (a, s) => a.Address == arena.Address && s.Range.Contains(address));
        var block = neighbours.Found is { } found ? BlockOf(found, arena) : null;
        (WhatIsKind kind, string text) = InOverhead(heaps.Heaps, arena, address)
            ?? (block is null ? (WhatIsKind.UnknownBlock, "a part of the heap that is not known") : Describe(heaps.Heaps, pid, block, neighbours.Found!.Value.Address));
        return new WhatIs
        {
            Address = address,
            Kind = kind,
            Text = text,
            Arena = arena,
            Owner = HeapOwner.Of(arena, heaps.Heaps),
            Block = block is { State: not BlockState.Overhead } ? block : null,
            Before = neighbours.Before is { } before ? BlockOf(before, arena) : null,
            After = neighbours.After is { } after ? BlockOf(after, arena) : null,
            Problems = faults.Problems,
        };
    }

    private static WhatIsBlock BlockOf(Block block, Arena arena)
    {
        bool isTaken = block.State is BlockState.Used or BlockState.Tcache or BlockState.Fast;
        ulong usable = isTaken ? block.Size - (ulong)arena.Layout.PointerSize : 0;
        ulong header = block.State == BlockState.Overhead ? 0 : (ulong)arena.Layout.HeaderSize;
        return new WhatIsBlock(block.State, block.Address + header, block.Size, usable);
    }

    private static (WhatIsKind Kind, string Text) Describe(HeapSet heaps, int pid, WhatIsBlock block, ulong chunk) => block.State switch
    {
        BlockState.Used when heaps.Tcaches.FirstOrDefault(t => t.Address == block.User) is { } tcache =>
            (WhatIsKind.Tcache, $"the tcache of {WhatIsThreads.NameOf(tcache.Tid, pid)}"),
        BlockState.Used when heaps.OrphanTcaches.Any(t => t.Address == block.User) => (WhatIsKind.Tcache, "the tcache of a thread that a fork left behind"),
        BlockState.Used => (WhatIsKind.UsedBlock, "used block"),
        BlockState.Tcache => (WhatIsKind.FreeBlock, $"free block, in {TcacheOf(heaps, pid, chunk)}"),
        BlockState.Fast => (WhatIsKind.FreeBlock, "free block, in a fastbin"),
        BlockState.Unsorted => (WhatIsKind.FreeBlock, "free block, in the unsorted bin"),
        BlockState.Small => (WhatIsKind.FreeBlock, "free block, in a small bin"),
        BlockState.Large => (WhatIsKind.FreeBlock, "free block, in a large bin"),
        BlockState.Top => (WhatIsKind.Top, "free space in the top chunk"),
        BlockState.Fencepost => (WhatIsKind.Fencepost, "fencepost: the end of a segment"),
        BlockState.Overhead => (WhatIsKind.Overhead, "no block: alignment, or a gap that a foreign sbrk left"),
        _ => (WhatIsKind.UnknownBlock, "a part of the heap that is not known: damaged, swapped out or unreadable"),
    };

    private static string TcacheOf(HeapSet heaps, int pid, ulong chunk) =>
        heaps.Tcaches.FirstOrDefault(t => t.Chunks.Contains(chunk)) is { } tcache
            ? $"the tcache of {WhatIsThreads.NameOf(tcache.Tid, pid)}"
            : "the tcache of a thread that a fork left behind";

    // What stands before the first chunk of a thread arena's segment.
    private static (WhatIsKind Kind, string Text)? InOverhead(HeapSet heaps, Arena arena, ulong address)
    {
        Segment segment = arena.Segments.First(s => s.Range.Contains(address));
        if (arena.IsMain || address >= segment.FirstChunk)
        {
            return null;
        }

        ulong headerEnd = segment.Range.Start + HeapInfo.SizeBefore(arena.Address, arena.Layout.PointerSize);
        return address < headerEnd
            ? (WhatIsKind.HeapInfo, $"heap_info + 0x{address - segment.Range.Start:x}")
            : InLibc(heaps, address);
    }

    private static (WhatIsKind Kind, string Text)? InLibc(HeapSet heaps, ulong address)
    {
        foreach (Arena arena in heaps.Arenas)
        {
            if (new AddressRange(arena.Address, arena.Address + (ulong)arena.Layout.StateSize).Contains(address))
            {
                return (WhatIsKind.ArenaState, $"malloc_state of arena @0x{arena.Address:x} + 0x{address - arena.Address:x}");
            }
        }

        // Ten words of it there are in every release.
        ulong size = heaps.Arenas.Count == 0 ? 0 : 10 * (ulong)heaps.Arenas[0].Layout.PointerSize;
        foreach (MallocParameters parameters in heaps.Parameters)
        {
            if (address - parameters.Address < size)
            {
                // A libc's variables lie together.
                Arena[] mains = [.. heaps.Arenas.Where(a => a.IsMain)];
                Arena own = mains.MinBy(a => a.Address > parameters.Address ? a.Address - parameters.Address : parameters.Address - a.Address)!;
                string which = mains.Length == 1 ? "" : $" of {HeapOwner.LibraryOf(own, heaps)}";
                return (WhatIsKind.MallocParameters, $"malloc_par (mp_){which} + 0x{address - parameters.Address:x}");
            }
        }

        return null;
    }

    private static (WhatIsKind Kind, string Text) ByMapping(Mapping mapping, ulong address)
    {
        string name = PageMapView.NameOf(mapping);
        return name == "[stack]" ? (WhatIsKind.Stack, $"stack of the main thread, 0x{mapping.Range.End - address:x} below its end")
            : name.StartsWith("[v", StringComparison.Ordinal) ? (WhatIsKind.Kernel, $"{name} + 0x{address - mapping.Range.Start:x}")
            : mapping.Backing == MappingBacking.Anonymous ? (WhatIsKind.Anonymous, "anonymous memory")
            : (WhatIsKind.File, $"{name} + 0x{mapping.Offset + (address - mapping.Range.Start):x}");
    }

    private static string NotMapped(IReadOnlyList<Mapping> mappings, ulong address)
    {
        Mapping? before = mappings.LastOrDefault(m => m.Range.End <= address);
        Mapping? after = mappings.FirstOrDefault(m => m.Range.Start > address);
        return "in no mapping"
            + (before is null ? "" : $"; 0x{address - before.Range.End:x} behind {PageMapView.NameOf(before)}")
            + (after is null ? "" : $"; 0x{after.Range.Start - address:x} before {PageMapView.NameOf(after)}");
    }

    private static string PageOf(ITarget target, Mapping mapping, ulong address, ReadOptions? options)
    {
        PageTable table = PageTableReader.Read(target, [mapping], options);
        ulong page = (address - mapping.Range.Start) / (ulong)table.PageSize;
        return TotalsView.NameOf(table.Mappings[0].Runs.First(run => run.EndPage > page).State, table);
    }

    // The address is in the second of four rows; what is beyond the mapping is left out.
    private static List<WhatIsBytes> Read(IMemory memory, Mapping mapping, ulong address)
    {
        var rows = new List<WhatIsBytes>();
        var page = new byte[memory.PageSize];
        var access = new PageAccess[1];
        ulong mask = (ulong)memory.PageSize - 1;
        ulong first = (address & ~(ulong)(RowLength - 1)) - RowLength;
        for (int i = 0; i < Rows; i++)
        {
            ulong row = unchecked(first + (ulong)(i * RowLength));
            if (mapping.Range.Contains(row))
            {
                memory.ReadPages(row & ~mask, page, access);
                bool read = access[0] == PageAccess.Data;
                rows.Add(new WhatIsBytes(row, access[0], read ? page.AsSpan((int)(row & mask), RowLength).ToArray() : default));
            }
        }

        return rows;
    }
}
