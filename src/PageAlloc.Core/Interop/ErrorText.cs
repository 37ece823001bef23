using System.Runtime.InteropServices;

namespace PageAlloc.Interop;

/// <summary>The C library's words for an error number.</summary>
internal static class ErrorText
{
    public static string Of(int error) => Marshal.GetPInvokeErrorMessage(error);
}
