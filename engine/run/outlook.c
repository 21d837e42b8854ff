#include "run/outlook.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

int pulse_outlook_init(struct pulse_outlook *outlook, const struct pulse_scaling_run *run,
                       int ranks, struct pulse_err *err)
{
    *outlook = (struct pulse_outlook){.ranks = ranks, .rate = run->rate};
    outlook->bytes = pulse_calloc(ranks, sizeof *outlook->bytes, "the plan", err);
    if (outlook->bytes == NULL || pulse_scaling_memory(run, ranks, outlook->bytes, err) != 0 ||
        pulse_scaling_count(run, ranks, &outlook->traffic, err) != 0)
        return -1;
    for (int i = 0; i < PULSE_MACHINES; i++) {
        const struct pulse_machine *machine = &pulse_machines[i];
        if (pulse_scaling_time(run, machine, ranks, &outlook->at[i], err) != 0 ||
            pulse_scaling_useful(run, machine, &outlook->useful[i], err) != 0 ||
            pulse_scaling_time(run, machine, outlook->useful[i], &outlook->best[i], err) != 0)
            return -1;
    }
    return 0;
}

void pulse_outlook_clear(struct pulse_outlook *outlook)
{
    free(outlook->bytes);
    *outlook = (struct pulse_outlook){0};
}

/* Bytes of the fullest rank, and of all together. */
static void sum_memory(const struct pulse_outlook *outlook, int64_t *most, int64_t *all)
{
    *most = *all = 0;
    for (int r = 0; r < outlook->ranks; r++) {
        *most = outlook->bytes[r] > *most ? outlook->bytes[r] : *most;
        *all += outlook->bytes[r];
    }
}

/* The part that takes longest. */
static int find_longest(const struct pulse_scaling *scaling)
{
    int longest = 0;
    for (int i = 1; i < PULSE_SCALING_PARTS; i++)
        longest = scaling->part[i] > scaling->part[longest] ? i : longest;
    return longest;
}

static void print_table(const struct pulse_outlook *outlook)
{
    (void)printf("%-14s", "seconds");
    for (int m = 0; m < PULSE_MACHINES; m++)
        (void)printf(" %16s", pulse_machines[m].name);
    for (int i = 0; i < PULSE_SCALING_PARTS; i++) {
        (void)printf("\n%-14s", pulse_scaling_names[i]);
        for (int m = 0; m < PULSE_MACHINES; m++)
            (void)printf(" %16.4f", outlook->at[m].part[i]);
    }
    (void)printf("\n%-14s", "all");
    for (int m = 0; m < PULSE_MACHINES; m++)
        (void)printf(" %16.4f", outlook->at[m].seconds);
    (void)printf("\n%-14s", "nodes");
    for (int m = 0; m < PULSE_MACHINES; m++)
        (void)printf(" %16d", outlook->at[m].nodes);
    (void)printf("\n\n");
}

void pulse_outlook_print(const struct pulse_outlook *outlook)
{
    int64_t most, all;
    sum_memory(outlook, &most, &all);
    (void)printf("memory    %.0f MB a rank at most, %.0f MB in all\n", (double)most / 1e6,
                 (double)all / 1e6);
    (void)printf("messages  %lld, %.1f MB in all\n\n", (long long)outlook->traffic.messages,
                 (double)outlook->traffic.bytes / 1e6);
    print_table(outlook);
    for (int m = 0; m < PULSE_MACHINES; m++) {
        const struct pulse_scaling *best = &outlook->best[m];
        const int longest = find_longest(best);
        (void)printf("%s: more than %d rank%s hardly help; of the %.4f s there %s takes %.4f s\n",
                     pulse_machines[m].name, outlook->useful[m], outlook->useful[m] == 1 ? "" : "s",
                     best->seconds, pulse_scaling_names[longest], best->part[longest]);
    }
    (void)printf("nothing was computed\n");
}

static json_t *build_machine(const struct pulse_outlook *outlook, int m)
{
    const struct pulse_scaling *at = &outlook->at[m], *best = &outlook->best[m];
    json_t *parts = json_object();
    for (int i = 0; i < PULSE_SCALING_PARTS; i++)
        (void)json_object_set_new(parts, pulse_scaling_names[i], json_real(at->part[i]));
    return json_pack("{s:s, s:i, s:o, s:f, s:i, s:f, s:s}", "machine", pulse_machines[m].name,
                     "nodes", at->nodes, "parts", parts, "seconds", at->seconds, "useful_ranks",
                     outlook->useful[m], "useful_seconds", best->seconds, "longest_part",
                     pulse_scaling_names[find_longest(best)]);
}

json_t *pulse_outlook_build(const struct pulse_outlook *outlook)
{
    int64_t most, all;
    json_t *machines = json_array();
    sum_memory(outlook, &most, &all);
    for (int m = 0; m < PULSE_MACHINES; m++)
        (void)json_array_append_new(machines, build_machine(outlook, m));
    return json_pack("{s:i, s:{s:I, s:I}, s:I, s:I, s:f, s:o}", "ranks", outlook->ranks,
                     "memory_bytes", "most", (json_int_t)most, "all", (json_int_t)all, "messages",
                     (json_int_t)outlook->traffic.messages, "bytes_sent",
                     (json_int_t)outlook->traffic.bytes, "dgemm_rate", outlook->rate, "machines",
                     machines);
}
