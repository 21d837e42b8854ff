#include "submit/node_count.h"

#include <stdio.h>

#include "base/progress.h"

/* Of a node's memory, what may be planned with: estimates are of the arrays, and buffers of MPI and
 * of files come on top. */
#define SHARE_OF_MEMORY 0.85

/* What a number of nodes is good for. */
struct trial {
    struct pulse_cost_of_run cost;
    double node_bytes;
    bool fits;
    bool in_time;
};

static struct trial try_nodes(const struct pulse_node_count_wish *wish,
                              const struct pulse_cost *cost, int nodes)
{
    struct trial t = {.cost = pulse_cost_of_run(cost, nodes * wish->ranks_per_node)};
    t.node_bytes = (double)t.cost.bytes * wish->ranks_per_node;
    t.fits = t.node_bytes <= SHARE_OF_MEMORY * (double)wish->memory_mib * 1048576;
    t.in_time = wish->target_hours <= 0 || t.cost.seconds <= wish->target_hours * 3600;
    return t;
}

static int check_wish(const struct pulse_node_count_wish *wish, struct pulse_err *err)
{
    if (wish->mode == PULSE_NODE_COUNT_SINGLE && wish->nodes > 1)
        return pulse_fail(err, PULSE_E_USAGE, "--mode single and --nodes %d: leave one out",
                          wish->nodes);
    if (wish->mode == PULSE_NODE_COUNT_MULTI && wish->nodes == 1)
        return pulse_fail(err, PULSE_E_USAGE,
                          "--mode multi needs --nodes 2 or more; --mode single is one node");
    if (wish->mode == PULSE_NODE_COUNT_MULTI && wish->max_nodes < 2 && wish->nodes == 0)
        return pulse_fail(err, PULSE_E_USAGE, "--mode multi needs --max-nodes 2 or more");
    return 0;
}

static char *format_time(double seconds, char out[32])
{
    if (seconds >= 1)
        return pulse_format_duration(seconds, out);
    (void)snprintf(out, 32, "a second");
    return out;
}

static char *format_nodes(int nodes, char out[32])
{
    (void)snprintf(out, 32, nodes == 1 ? "one node" : "%d nodes", nodes);
    return out;
}

/* ---- What was asked for --------------------------------------------------------- */

static void choose_asked(const struct pulse_node_count_wish *wish, const struct pulse_cost *cost,
                         int nodes, struct pulse_node_count_choice *choice)
{
    char time[32], count[32];
    *choice = (struct pulse_node_count_choice){.multi = nodes > 1, .nodes = nodes};
    (void)format_nodes(nodes, count);
    const char *option = wish->nodes > 0 ? "as given by --nodes" : "as given by --mode";
    if (cost == NULL) {
        (void)snprintf(choice->why, sizeof choice->why, "%s, %s", count, option);
        return;
    }
    const struct trial t = try_nodes(wish, cost, nodes);
    (void)format_time(t.cost.seconds, time);
    if (t.fits)
        (void)snprintf(choice->why, sizeof choice->why, "%s, %s; about %s of training", count,
                       option, time);
    else
        (void)snprintf(choice->why, sizeof choice->why,
                       "%s, %s, although a node needs about %.1f GiB and has %.1f GiB", count,
                       option, t.node_bytes / 1073741824.0, (double)wish->memory_mib / 1024);
}

static void choose_unknown(int nodes, struct pulse_node_count_choice *choice)
{
    char count[32];
    *choice = (struct pulse_node_count_choice){.multi = nodes > 1, .nodes = nodes};
    (void)snprintf(choice->why, sizeof choice->why,
                   "%s: how many variables there are is not known (name them with --variables for "
                   "an estimate)",
                   format_nodes(nodes, count));
}

/* ---- What is needed ------------------------------------------------------------- */

static void explain_choice(const struct pulse_node_count_wish *wish, const struct trial *one,
                           const struct trial *taken, struct pulse_node_count_choice *choice)
{
    char count[32], time[32], alone[32], target[32];
    (void)format_nodes(choice->nodes, count);
    (void)format_time(taken->cost.seconds, time);
    (void)format_time(one->cost.seconds, alone);
    (void)format_time(wish->target_hours * 3600, target);
    const double gib = taken->node_bytes / 1073741824.0, has = (double)wish->memory_mib / 1024;
    if (!taken->in_time)
        (void)snprintf(choice->why, sizeof choice->why,
                       "%s: they take about %s, and no more of them up to --max-nodes %d reach the "
                       "%s of --target-hours",
                       count, time, wish->max_nodes, target);
    else if (choice->nodes == 1)
        (void)snprintf(choice->why, sizeof choice->why,
                       "one node: %d ranks need about %.1f of its %.1f GiB and about %s",
                       wish->ranks_per_node, gib, has, time);
    else if (!one->fits)
        (void)snprintf(choice->why, sizeof choice->why,
                       "%s: one would need about %.1f GiB and has %.1f; each of these needs %.1f, "
                       "and they take about %s",
                       count, one->node_bytes / 1073741824.0, has, gib, time);
    else if (!one->in_time)
        (void)snprintf(choice->why, sizeof choice->why,
                       "%s: one would take about %s, --target-hours asks for %s; these take about "
                       "%s",
                       count, alone, target, time);
    else
        (void)snprintf(choice->why, sizeof choice->why,
                       "%s, as given by --mode, although one would do; about %s", count, time);
}

int pulse_node_count_choose(const struct pulse_node_count_wish *wish, const struct pulse_cost *cost,
                            struct pulse_node_count_choice *choice, struct pulse_err *err)
{
    const int least = wish->mode == PULSE_NODE_COUNT_MULTI ? 2 : 1;
    if (check_wish(wish, err) != 0)
        return -1;
    if (wish->nodes > 0 || wish->mode == PULSE_NODE_COUNT_SINGLE) {
        choose_asked(wish, cost, wish->nodes > 0 ? wish->nodes : 1, choice);
        return 0;
    }
    if (cost == NULL) {
        choose_unknown(least, choice);
        return 0;
    }
    const struct trial one = try_nodes(wish, cost, 1);
    struct trial taken = {.fits = false}, last = one;
    *choice = (struct pulse_node_count_choice){.nodes = 0};
    for (int nodes = least; nodes <= wish->max_nodes && !(taken.fits && taken.in_time); nodes++) {
        last = try_nodes(wish, cost, nodes);
        /* Where the target cannot be reached: the fewest that are not clearly slower than more. */
        if (last.fits &&
            (!taken.fits || last.in_time || last.cost.seconds < 0.95 * taken.cost.seconds)) {
            taken = last;
            choice->nodes = nodes;
        }
    }
    if (!taken.fits)
        return pulse_fail(err, PULSE_E_USAGE,
                          "%d node%s would need about %.1f GiB each and have %.1f: give more with "
                          "--memory or --max-nodes, or train fewer variables or lags",
                          wish->max_nodes, wish->max_nodes == 1 ? "" : "s",
                          last.node_bytes / 1073741824.0, (double)wish->memory_mib / 1024);
    choice->multi = choice->nodes > 1;
    explain_choice(wish, &one, &taken, choice);
    return 0;
}
