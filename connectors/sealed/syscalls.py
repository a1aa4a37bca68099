"""The numbers of the system calls that the seal names, for x86-64 and aarch64, and which of them may do what.

From the kernel's own tables (arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h); a number never
changes once it is given. None: that processor does not have the call. Deliberately not here: what is done with them.
"""

from __future__ import annotations

Number = int | None

NUMBERS: dict[str, tuple[Number, Number]] = {
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66), "pread64": (17, 67),
    "pwrite64": (18, 68), "lseek": (8, 62), "close": (3, 57), "fstat": (5, 80), "stat": (4, None), "lstat": (6, None),
    "newfstatat": (262, 79), "statx": (332, 291), "access": (21, None), "faccessat": (269, 48),
    "faccessat2": (439, 439), "readlink": (89, None), "readlinkat": (267, 78), "getcwd": (79, 17),
    "getdents64": (217, 61), "dup": (32, 23), "dup2": (33, None), "dup3": (292, 24), "mmap": (9, 222),
    "munmap": (11, 215), "mremap": (25, 216), "mprotect": (10, 226), "madvise": (28, 233), "brk": (12, 214),
    "mincore": (27, 232), "membarrier": (324, 283), "futex": (202, 98), "set_robust_list": (273, 99),
    "rseq": (334, 293), "set_tid_address": (218, 96), "clock_gettime": (228, 113), "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115), "nanosleep": (35, 101), "gettimeofday": (96, 169), "time": (201, None),
    "times": (100, 153), "getrusage": (98, 165), "getitimer": (36, 102), "setitimer": (38, 103),
    "sched_yield": (24, 124), "sched_getaffinity": (204, 123), "sched_getparam": (143, 121),
    "sched_getscheduler": (145, 120), "getcpu": (309, 168), "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139), "rt_sigpending": (127, 136), "sigaltstack": (131, 132), "restart_syscall": (219, 128),
    "poll": (7, None), "ppoll": (271, 73), "select": (23, None), "pselect6": (270, 72), "getrandom": (318, 278),
    "getpid": (39, 172), "gettid": (186, 178), "getppid": (110, 173), "getuid": (102, 174), "geteuid": (107, 175),
    "getgid": (104, 176), "getegid": (108, 177), "getresuid": (118, 148), "getresgid": (120, 150), "uname": (63, 160),
    "sysinfo": (99, 179), "getrlimit": (97, 163), "exit": (60, 93), "exit_group": (231, 94),
    "arch_prctl": (158, None), "fadvise64": (221, 223), "recvmsg": (47, 212), "open": (2, None), "openat": (257, 56),
    "clone": (56, 220), "prctl": (157, 167), "ioctl": (16, 29), "fcntl": (72, 25), "tgkill": (234, 131),
    "prlimit64": (302, 261), "socketpair": (53, 199), "sendto": (44, 206), "clone3": (435, 435),
    "openat2": (437, 437), "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "ptrace": (101, 117),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "process_madvise": (440, 440),
    "kcmp": (312, 272), "pidfd_getfd": (438, 438), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427), "bpf": (321, 280), "keyctl": (250, 219), "add_key": (248, 217),
    "request_key": (249, 218), "userfaultfd": (323, 282), "perf_event_open": (298, 241), "mount": (165, 40),
    "umount2": (166, 39), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "open_tree": (428, 428), "mount_setattr": (442, 442),
    "pivot_root": (155, 41), "chroot": (161, 51), "setns": (308, 268), "unshare": (272, 97), "kexec_load": (246, 104),
    "kexec_file_load": (320, 294), "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225), "open_by_handle_at": (304, 265),
    "acct": (163, 89), "quotactl": (179, 60), "iopl": (172, None), "ioperm": (173, None), "modify_ldt": (154, None),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "clock_adjtime": (305, 266), "adjtimex": (159, 171),
    "sethostname": (170, 161), "setdomainname": (171, 162), "syslog": (103, 116), "vhangup": (153, 58),
    "uselib": (134, None), "fanotify_init": (300, 262), "msgget": (68, 186), "shmget": (29, 194), "semget": (64, 190),
    "mq_open": (240, 180), "seccomp": (317, 277), "landlock_create_ruleset": (444, 444),
    "landlock_add_rule": (445, 445), "landlock_restrict_self": (446, 446), "execve": (59, 221),
}  # fmt: skip
"""Name to (x86-64, aarch64)."""
HARMLESS = """
read write readv writev pread64 pwrite64 lseek close fstat stat lstat newfstatat statx access faccessat faccessat2
readlink readlinkat getcwd getdents64 dup dup2 dup3 mmap munmap mremap mprotect madvise brk mincore membarrier futex
set_robust_list rseq set_tid_address clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times
getrusage getitimer setitimer sched_yield sched_getaffinity sched_getparam sched_getscheduler getcpu rt_sigaction
rt_sigprocmask rt_sigreturn rt_sigpending sigaltstack restart_syscall poll ppoll select pselect6 getrandom getpid
gettid getppid getuid geteuid getgid getegid getresuid getresgid uname sysinfo getrlimit exit exit_group arch_prctl
fadvise64 recvmsg
""".split()
"""What a sealed worker may call whatever the arguments: memory, time, what is open already, threads that wait."""
ABSENT = ("clone3", "openat2")
"""Their arguments lie in memory, where no filter can look, so they are said not to exist: libraries then use the older
call, which can be looked at."""
FORBIDDEN = """
socket connect bind ptrace process_vm_readv process_vm_writev process_madvise kcmp pidfd_getfd io_uring_setup
io_uring_enter io_uring_register bpf keyctl add_key request_key userfaultfd perf_event_open mount umount2 move_mount
fsopen fsconfig fsmount fspick open_tree mount_setattr pivot_root chroot setns unshare kexec_load kexec_file_load
init_module finit_module delete_module reboot swapon swapoff open_by_handle_at acct quotactl iopl ioperm modify_ldt
settimeofday clock_settime clock_adjtime adjtimex sethostname setdomainname syslog vhangup uselib fanotify_init
msgget shmget semget mq_open
""".split()
"""What the engine and everything it starts may not call: ways to a network, into other processes, into the kernel."""
NEWEST = 462
"""The highest number there was (mseal, Linux 6.10) when FORBIDDEN was written; what came later is said not to exist."""


def number(name: str, machine: int) -> Number:
    """The number of a call on a machine (0 is x86-64, 1 is aarch64)."""
    return NUMBERS[name][machine]
