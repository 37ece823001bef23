using System.Diagnostics;
using PageAlloc.Tests.Support;

namespace PageAlloc.Tests.Interop;

/// <summary>The C compiler as a witness: it knows the layouts and numbers that the kernel and libc were built with.</summary>
internal static class CCompiler
{
    // Headers before 6.7, 6.11 and 6.16 lack these; the declarations are those of the kernel's ABI, which never changes.
    private const string Prologue = """
        #define _GNU_SOURCE
        #include <errno.h>
        #include <fcntl.h>
        #include <poll.h>
        #include <stddef.h>
        #include <sys/ioctl.h>
        #include <sys/mman.h>
        #include <sys/stat.h>
        #include <sys/sysinfo.h>
        #include <sys/uio.h>
        #include <linux/fs.h>
        #include <linux/kernel-page-flags.h>
        #ifndef PAGEMAP_SCAN
        struct page_region { __u64 start, end, categories; };
        struct pm_scan_arg { __u64 size, flags, start, end, walk_end, vec, vec_len, max_pages,
            category_inverted, category_mask, category_anyof_mask, return_mask; };
        #define PAGEMAP_SCAN _IOWR('f', 16, struct pm_scan_arg)
        #define PAGE_IS_WPALLOWED (1 << 0)
        #define PAGE_IS_WRITTEN (1 << 1)
        #define PAGE_IS_FILE (1 << 2)
        #define PAGE_IS_PRESENT (1 << 3)
        #define PAGE_IS_SWAPPED (1 << 4)
        #define PAGE_IS_PFNZERO (1 << 5)
        #define PAGE_IS_HUGE (1 << 6)
        #endif
        #ifndef PAGE_IS_SOFT_DIRTY
        #define PAGE_IS_SOFT_DIRTY (1 << 7)
        #endif
        #ifndef PAGE_IS_GUARD
        #define PAGE_IS_GUARD (1 << 8)
        #endif
        #ifndef PROCMAP_QUERY
        struct procmap_query { __u64 size, query_flags, query_addr, vma_start, vma_end, vma_flags, vma_page_size, vma_offset, inode;
            __u32 dev_major, dev_minor, vma_name_size, build_id_size; __u64 vma_name_addr, build_id_addr; };
        #define PROCMAP_QUERY _IOWR('f', 17, struct procmap_query)
        #endif
        #define SIZE(type, field) sizeof(((type *)0)->field)

        """;

    public static void AssertHold(IEnumerable<string> assertions)
    {
        string messages = Refute(assertions);
        Assert.True(messages.Length == 0, messages);
    }

    /// <summary>What the compiler says against the assertions; empty when each holds.</summary>
    public static string Refute(IEnumerable<string> assertions)
    {
        Skips.Unless(Launch.Find("gcc") is not null, "gcc is not installed");
        using Process gcc = Launch.Start("gcc", ["-fsyntax-only", "-Wall", "-Werror", "-x", "c", "-"]);
        gcc.StandardInput.Write(Prologue);
        foreach (string assertion in assertions)
        {
            gcc.StandardInput.Write($"_Static_assert({assertion}, \"{assertion.Replace('"', '\'')}\");\n");
        }

        gcc.StandardInput.Close();
        string messages = gcc.StandardError.ReadToEnd();
        gcc.WaitForExit();
        return gcc.ExitCode == 0 ? "" : messages.Length == 0 ? $"gcc ended with {gcc.ExitCode}" : messages;
    }
}
