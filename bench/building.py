"""Builds what is measured, and what it is measured beside."""

import os
from pathlib import Path

from measuring import BENCH, BIN, Failed, ROOT, call, say

C_PROGRAMS = ("bare", "bare_ps", "bare_write", "target", "heaps", "measure")
GCC = "gcc -std=gnu17 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -pthread -o".split()
DOTNET = {"DOTNET_CLI_TELEMETRY_OPTOUT": "1", "DOTNET_NOLOGO": "1"}

HELLO = {
    "hello.csproj": """<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><OutputType>Exe</OutputType>
<TargetFramework>net10.0</TargetFramework><PublishAot>true</PublishAot><EventSourceSupport>false</EventSourceSupport>
<InvariantGlobalization>true</InvariantGlobalization><OptimizationPreference>Speed</OptimizationPreference>
<ConcurrentGarbageCollection>false</ConcurrentGarbageCollection></PropertyGroup></Project>""",
    "Program.cs": 'using var o = System.IO.File.OpenHandle("/dev/stdout", access: System.IO.FileAccess.Write);\n'
    'System.IO.RandomAccess.Write(o, "hello\\n"u8, 0);\n',
}


def build_c():
    BIN.mkdir(exist_ok=True)
    for name in C_PROGRAMS:
        call(*GCC, BIN / name, BENCH / f"{name}.c")


def find_program(work):
    """A copy: what is measured must not change when somebody builds meanwhile. The wrapper script is not measured."""
    given = os.environ.get("PAGEALLOC_BIN")
    if given is None:
        say("building pagealloc, if its sources have changed")
        script = '. "$1" && ensure_program && printf %s "$base/native/pagealloc"'
        given = call("bash", "-c", script, "bash", ROOT / "pagealloc", timeout=1200)
    if not os.access(given, os.X_OK):
        raise Failed("there is no native program: PAGEALLOC_BIN names it, or ./pagealloc says what it lacks")
    copy = work / "pagealloc"
    copy.write_bytes(Path(given).read_bytes())
    copy.chmod(0o755)
    return copy


def build_hello(work):
    """A NativeAOT program that does nothing: the floor of any."""
    if not (BIN / "hello").exists():
        say("building a NativeAOT hello world, once")
        for name, text in HELLO.items():
            (work / name).write_text(text)
        call("dotnet", "publish", "hello.csproj", "-c", "Release", "--ucr", "--artifacts-path", work / "artifacts",
             "-o", work / "out", "--disable-build-servers", cwd=work, env=os.environ | DOTNET)
        (BIN / "hello").write_bytes((work / "out/hello").read_bytes())
        (BIN / "hello").chmod(0o755)
    return BIN / "hello"
