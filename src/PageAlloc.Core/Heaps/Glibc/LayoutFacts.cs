using System.Globalization;
using PageAlloc.Symbols;

namespace PageAlloc.Heaps.Glibc;

/// <summary>
/// Places by name, such as <c>malloc_state.top</c>: the form in which what structure shows and what debug information says are
/// held against each other. The names are those of the source.
/// </summary>
internal sealed class LayoutFacts
{
    /// <summary>The structures that say where malloc's things are.</summary>
    public static readonly string[] StructNames = ["malloc_state", "malloc_par", "malloc_chunk", "_heap_info", "tcache_perthread_struct"];

    private const string MainArenaName = "main_arena";
    private const string ParametersName = "mp_";
    private const string DistanceName = "tcache - thread_arena";

    private readonly Dictionary<string, ulong> _places = new(StringComparer.Ordinal);

    /// <summary>How many there are.</summary>
    public int Count => _places.Count;

    /// <summary>What debug information says of the structures.</summary>
    public static LayoutFacts Of(IReadOnlyDictionary<string, StructLayout> structs)
    {
        var facts = new LayoutFacts();
        foreach (string name in StructNames)
        {
            if (!structs.TryGetValue(name, out StructLayout? layout))
            {
                continue;
            }

            facts._places[$"sizeof {name}"] = layout.Size;
            foreach (StructMember member in layout.Members)
            {
                string full = $"{name}.{member.Name}";
                facts._places[NewName(full)] = member.Offset;
            }
        }

        return facts;
    }

    /// <summary>Adds what of struct malloc_state, malloc_chunk and heap_info is used.</summary>
    public void Add(GlibcLayout layout)
    {
        int w = layout.PointerSize;
        _places["sizeof malloc_state"] = (ulong)layout.StateSize;
        _places["malloc_state.bins"] = (ulong)layout.BinsOffset;
        _places["malloc_state.top"] = (ulong)layout.TopOffset;
        _places["malloc_state.next"] = (ulong)layout.NextOffset;
        _places["malloc_state.system_mem"] = (ulong)layout.SystemMemOffset;
        if (layout.HasAttachedThreads)
        {
            _places["malloc_state.attached_threads"] = (ulong)layout.AttachedThreadsOffset;
        }

        if (layout.FastbinCount != 0)
        {
            _places["malloc_state.fastbinsY"] = (ulong)layout.FastbinsOffset;
        }

        _places["malloc_chunk.mchunk_size"] = (ulong)w;
        _places["malloc_chunk.fd"] = (ulong)(2 * w);
        _places["malloc_chunk.bk"] = (ulong)(3 * w);
        _places["_heap_info.ar_ptr"] = 0;
        _places["_heap_info.prev"] = (ulong)w;
        _places["_heap_info.size"] = (ulong)(2 * w);
    }

    /// <summary>Adds what of struct malloc_par is used.</summary>
    public void Add(MallocParLayout layout, int pointerSize)
    {
        // Its size is no such fact: what stands behind what is used comes and goes.
        _places["malloc_par.trim_threshold"] = 0;
        _places["malloc_par.mmap_threshold"] = (ulong)(2 * pointerSize);
        _places["malloc_par.n_mmaps"] = (ulong)layout.Mmaps;
        _places["malloc_par.n_mmaps_max"] = (ulong)layout.MmapsMax;
        _places["malloc_par.mmapped_mem"] = (ulong)layout.MmappedMem;
        _places["malloc_par.sbrk_base"] = (ulong)layout.SbrkBase;
        if (layout.TcacheBins != 0)
        {
            _places["malloc_par.tcache_bins"] = (ulong)layout.TcacheBins;
        }
    }

    /// <summary>Adds the form of the tcaches.</summary>
    public void Add(TcacheLayout layout, int pointerSize)
    {
        _places["sizeof tcache_perthread_struct"] = (ulong)layout.Size(pointerSize);
        _places["tcache_perthread_struct.entries"] = (ulong)layout.EntriesOffset;
    }

    /// <summary>Adds the size of struct heap_info, which the arenas of threads stand behind.</summary>
    public void AddHeapInfoSize(ulong size) => _places["sizeof _heap_info"] = size;

    /// <summary>Adds where variables are in the process; null for those that are not known.</summary>
    public void AddVariables(ulong? mainArena, ulong? parameters, int? distance)
    {
        Set(MainArenaName, mainArena);
        Set(ParametersName, parameters);
        Set(DistanceName, distance is { } d ? unchecked((ulong)d) : null);

        void Set(string name, ulong? value)
        {
            if (value is { } known)
            {
                _places[name] = known;
            }
        }
    }

    /// <summary>What differs, of all that both know: the name, with our value and the other's.</summary>
    public IEnumerable<(string Name, string Ours, string Others)> Differences(LayoutFacts other) =>
        from place in _places
        where other._places.TryGetValue(place.Key, out ulong theirs) && theirs != place.Value
        orderby place.Key
        select (place.Key, Text(place.Key, place.Value), Text(place.Key, other._places[place.Key]));

    private static string Text(string name, ulong value) => name is MainArenaName or ParametersName
        ? string.Create(CultureInfo.InvariantCulture, $"0x{value:x}")
        : unchecked((long)value).ToString(CultureInfo.InvariantCulture);

    // 2.26 and 2.42 renamed them.
    private static string NewName(string place) => place switch
    {
        "malloc_chunk.size" => "malloc_chunk.mchunk_size",
        "malloc_par.tcache_small_bins" => "malloc_par.tcache_bins",
        _ => place,
    };
}
