"""Writes the seccomp filter that systemd makes of a unit's SystemCallFilter= and MemoryDenyWriteExecute=, for bwrap.

Usage: system-calls.py FILE mdwe|jit, the names of the system calls that are allowed on standard input
"""

import errno
import mmap
import sys

import seccomp

READ_AND_EXECUTE = 0o40000  # <linux/shm.h>: SHM_EXEC

path, memory = sys.argv[1:]
rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
for name in sys.stdin.read().split():
    try:
        number = seccomp.resolve_syscall(seccomp.Arch(), name)
    except RuntimeError:
        continue  # Of another architecture, or newer than the library.
    if number < 0:
        continue
    if memory == "mdwe" and name in ("mmap", "mprotect", "pkey_mprotect", "shmat"):
        continue
    rules.add_rule(seccomp.ALLOW, name)
if memory == "mdwe":
    writable_and_executable = mmap.PROT_WRITE | mmap.PROT_EXEC
    for bits in (0, mmap.PROT_WRITE, mmap.PROT_EXEC):
        rules.add_rule(seccomp.ALLOW, "mmap", seccomp.Arg(2, seccomp.MASKED_EQ, writable_and_executable, bits))
    for name in ("mprotect", "pkey_mprotect"):
        rules.add_rule(seccomp.ALLOW, name, seccomp.Arg(2, seccomp.MASKED_EQ, mmap.PROT_EXEC, 0))
    rules.add_rule(seccomp.ALLOW, "shmat", seccomp.Arg(2, seccomp.MASKED_EQ, READ_AND_EXECUTE, 0))
with open(path, "wb") as file:
    rules.export_bpf(file)
