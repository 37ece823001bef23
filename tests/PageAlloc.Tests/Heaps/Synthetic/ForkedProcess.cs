using System.Text;
using PageAlloc.Interop;
using PageAlloc.Targets;

namespace PageAlloc.Tests.Heaps.Synthetic;

/// <summary>One that was forked and ran no other program since: tcaches may be left in it that no thread has.</summary>
internal sealed class ForkedProcess(HeapPlan plan) : SyntheticProcess(plan), IProcDirectory
{
    // The seventh number behind the name: PF_FORKNOEXEC.
    private static readonly byte[] s_stat = Encoding.ASCII.GetBytes("1 (a) S 0 1 1 0 -1 64 0 0 0 0");

    public LinuxFile Open(string name) => throw new TargetException(TargetFailure.Ended, name);

    public LinuxFile? TryOpen(string name) => null;

    public byte[] ReadText(string name) => s_stat;

    public bool TryStat(string path, out statx_t stat)
    {
        stat = default;
        return false;
    }
}
