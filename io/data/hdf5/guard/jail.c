#include "data/hdf5/guard/jail.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Sanitizers ask more of the system, when a process ends too. */
#if defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#if SANITIZED
#elif defined(__x86_64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef OWN_ARCHITECTURE

/* Memory, the socket to the parent, the clock, locks, how a process ends, and what HDF5 asks when
 * it opens a file. */
static const int allowed[] = {
    SYS_mmap,           SYS_munmap,       SYS_mremap,    SYS_mprotect,    SYS_brk,
    SYS_madvise,        SYS_ftruncate,    SYS_fstat,     SYS_recvfrom,    SYS_sendto,
    SYS_read,           SYS_close,        SYS_exit,      SYS_exit_group,  SYS_rt_sigreturn,
    SYS_rt_sigprocmask, SYS_rt_sigaction, SYS_getpid,    SYS_gettid,      SYS_futex,
    SYS_clock_gettime,  SYS_gettimeofday, SYS_getrandom, SYS_sched_yield, SYS_restart_syscall,
    SYS_getcwd};

enum { ALLOWED = sizeof allowed / sizeof *allowed, MOST = 2 * ALLOWED + 26 };

/* The low half of an argument, on machines that put it first. */
#define ARGUMENT(n) (uint32_t)(offsetof(struct seccomp_data, args) + 8 * (n))
#define LOAD(at) ((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (at)))
#define RETURN(what) ((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, (what)))
/* Unless what was loaded is this value, so many of the next steps are left out. */
#define UNLESS(value, steps)                                                                       \
    ((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), 0, (steps)))

static unsigned short fill_filter(struct sock_filter *f, int file)
{
    const uint32_t allow = SECCOMP_RET_ALLOW, refuse = SECCOMP_RET_ERRNO | EPERM;
    struct sock_filter *const begin = f;
    *f++ = LOAD(offsetof(struct seccomp_data, arch));
    *f++ = UNLESS(OWN_ARCHITECTURE, 1);
    *f++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0);
    *f++ = RETURN(SECCOMP_RET_KILL_PROCESS); /* calls have other numbers there */
    *f++ = LOAD(offsetof(struct seccomp_data, nr));
    for (int i = 0; i < ALLOWED; i++) {
        *f++ = UNLESS(allowed[i], 1);
        *f++ = RETURN(allow);
    }
    *f++ = UNLESS(SYS_pread64, 4);
    *f++ = LOAD(ARGUMENT(0));
    *f++ = UNLESS(file, 1);
    *f++ = RETURN(allow);
    *f++ = RETURN(refuse);
    /* A signal to this process itself, which is how it aborts. */
    *f++ = UNLESS(SYS_tgkill, 4);
    *f++ = LOAD(ARGUMENT(0));
    *f++ = UNLESS(getpid(), 1);
    *f++ = RETURN(allow);
    *f++ = RETURN(refuse);
    /* The limit of its own address space, which answers widen up to the hard limit. */
    *f++ = UNLESS(SYS_prlimit64, 5);
    *f++ = LOAD(ARGUMENT(0));
    *f++ = UNLESS(0, 3);
    *f++ = LOAD(ARGUMENT(1));
    *f++ = UNLESS(RLIMIT_AS, 1);
    *f++ = RETURN(allow);
    *f++ = RETURN(refuse);
    return (unsigned short)(f - begin);
}

bool pulse_jail_close(int file)
{
    struct sock_filter filter[MOST];
    const struct sock_fprog program = {.len = fill_filter(filter, file), .filter = filter};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

#else

bool pulse_jail_close(int file)
{
    (void)file;
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return false;
}

#endif
