#include "node/processes.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/progress.h"

struct process {
    pid_t pid, parent;
    char state;
    char name[20];
    bool ours; /* a descendant */
};

struct processes {
    struct process *of;
    int64_t n, cap;
};

void pulse_processes_adopt(void)
{
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/* /proc/PID/stat is "PID (NAME) STATE PARENT ..."; NAME may hold blanks and parentheses. */
static bool read_process(const char *pid, struct process *process)
{
    char path[64], text[512];
    (void)snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
    FILE *file = fopen(path, "re");
    const size_t n = file == NULL ? 0 : fread(text, 1, sizeof text - 1, file);
    if (file != NULL)
        (void)fclose(file);
    text[n] = '\0';
    const char *open = strchr(text, '('), *close = strrchr(text, ')');
    if (open == NULL || close == NULL || close[1] != ' ' || close[2] == '\0')
        return false;
    int64_t own, parent;
    if (!pulse_parse_int(pid, 1, INT_MAX, &own) || close[3] != ' ' ||
        pulse_parse_digits(close + 4, &parent) == NULL)
        return false;
    *process = (struct process){.pid = (pid_t)own, .parent = (pid_t)parent, .state = close[2]};
    (void)snprintf(process->name, sizeof process->name, "%.*s", (int)(close - open - 1), open + 1);
    return true;
}

static const struct process *find_process(const struct processes *all, pid_t pid)
{
    for (int64_t i = 0; i < all->n; i++)
        if (all->of[i].pid == pid)
            return &all->of[i];
    return NULL;
}

/* Marks the descendants: a process is ours when its parent is us or is ours. */
static void mark_descendants(struct processes *all)
{
    bool more = true;
    while (more) {
        more = false;
        for (int64_t i = 0; i < all->n; i++) {
            struct process *one = &all->of[i];
            const struct process *parent = find_process(all, one->parent);
            if (!one->ours && (one->parent == getpid() || (parent != NULL && parent->ours)))
                more = one->ours = true;
        }
    }
}

static void read_all(struct processes *all)
{
    struct pulse_err err = {0};
    DIR *directory = opendir("/proc");
    for (const struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        struct process one;
        if (!isdigit((unsigned char)entry->d_name[0]) || !read_process(entry->d_name, &one))
            continue;
        if (pulse_grow(&all->of, &all->cap, all->n + 1, sizeof *all->of, "processes", &err) != 0)
            break;
        all->of[all->n++] = one;
    }
    if (directory != NULL)
        (void)closedir(directory);
    mark_descendants(all);
}

static bool is_rank(const struct processes *all, const struct process *one)
{
    const struct process *parent = find_process(all, one->parent);
    return parent != NULL && strcmp(one->name, "ssh") != 0 &&
           (strcmp(parent->name, "mpirun") == 0 || strcmp(parent->name, "orted") == 0);
}

int64_t pulse_processes_signal(int number, bool only_ranks)
{
    struct processes all = {0};
    int64_t count = 0;
    read_all(&all);
    for (int64_t i = 0; i < all.n; i++) {
        const struct process *one = &all.of[i];
        if (!one->ours || one->state == 'Z' || (only_ranks && !is_rank(&all, one)))
            continue;
        (void)kill(one->pid, number);
        count++;
    }
    free(all.of);
    return count;
}

void pulse_processes_end(double seconds)
{
    const double end = pulse_seconds() + seconds;
    while (pulse_processes_signal(SIGKILL, false) > 0 && pulse_seconds() < end) {
        (void)nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        while (waitpid(-1, NULL, WNOHANG) > 0)
            continue;
    }
    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue;
}
