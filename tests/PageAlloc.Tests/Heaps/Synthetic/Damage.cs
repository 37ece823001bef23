using PageAlloc.Blocks;

namespace PageAlloc.Tests.Heaps.Synthetic;

/// <summary>Does damage to a process: to a few of the places that finding and walking heaps read.</summary>
internal sealed class Damage(SyntheticProcess process, GlibcForm form, Random random)
{
    private readonly ulong[] _pages = [.. process.Memory.Pages];

    private readonly Block[][] _blocks =
        [.. process.Arenas.Select(a => a.Blocks.Where(b => b.State is not BlockState.Overhead).ToArray())];

    /// <summary>What was done, to be done again when a case fails.</summary>
    public List<string> Done { get; } = [];

    public void Do()
    {
        Done.Clear();
        for (int n = random.Next(1, 5); n > 0; n--)
        {
            ulong place = Place();
            if (random.Next(3) == 0)
            {
                place += (ulong)random.Next(form.Word);
                process.Memory[place] ^= (byte)(1 << random.Next(8));
                Done.Add($"[0x{place:x}]: byte 0x{process.Memory[place]:x}");
            }
            else
            {
                ulong value = form.Word == 4 ? Value(place) & uint.MaxValue : Value(place);
                process.Memory.Put(place, value);
                Done.Add($"[0x{place:x}] = 0x{value:x}");
            }
        }
    }

    private ulong Word(int words) => (ulong)(random.Next(words) * form.Word);

    private ulong Chunk()
    {
        Block[] blocks = _blocks[random.Next(_blocks.Length)];
        return blocks[random.Next(blocks.Length)].Address;
    }

    private ulong Place() => random.Next(10) switch
    {
        0 or 1 => Chunk() + (ulong)form.Word,
        2 => Chunk() + Word(4),
        3 => process.Arenas[random.Next(process.Arenas.Count)].Address + Word(form.StateSize / form.Word),
        // What matters most stands before and behind the bins.
        4 => process.Arenas[random.Next(process.Arenas.Count)].Address
            + (ulong)(random.Next(2) == 0 ? random.Next(2) == 0 ? form.Layout.TopOffset : form.Layout.NextOffset : form.Layout.SystemMemOffset),
        5 when process.Heaps.Count != 0 => process.Heaps[random.Next(process.Heaps.Count)] + Word(5),
        6 => process.Parameters + Word(form.Par.Size / form.Word),
        7 when form.Tcache is not null => process.Tcaches.ElementAt(random.Next(process.Tcaches.Count())) + Word(form.Tcache.Size(form.Word) / form.Word),
        8 => process.ThreadPointer(random.Next(process.ThreadCount)) + Word(120) - (ulong)(16 * form.Word),
        _ => _pages[random.Next(_pages.Length)] + Word(4096 / form.Word),
    };

    private ulong Value(ulong place) => random.Next(16) switch
    {
        0 => 0,
        1 => ulong.MaxValue,
        2 => 1UL << random.Next(64),
        3 => place,
        4 => process.MainArena,
        5 => process.Arenas[random.Next(process.Arenas.Count)].Address,
        6 when process.Heaps.Count != 0 => process.Heaps[random.Next(process.Heaps.Count)],
        7 => Chunk() + form.Header,
        8 => (ulong)random.NextInt64(),
        9 => (ulong)random.Next(1 << 16),
        10 => unchecked(process.Memory.Get(place) + form.Alignment),
        11 => unchecked(process.Memory.Get(place) - form.Alignment),
        12 => process.Memory.Get(Place()),
        13 => process.ThreadPointer(random.Next(process.ThreadCount)),
        _ => Chunk(),
    };
}
