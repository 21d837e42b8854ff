#include "plan/scaling.h"

#include <math.h>

/* ---- Constants ------------------------------------------------------------------ */

const struct pulse_machine pulse_machines[PULSE_MACHINES] = {
    {"c7i.48xlarge", 96, 15.5e-6, 50e9 / 8}, {"hpc7a.96xlarge", 192, 15.5e-6, 300e9 / 8}};

const char *const pulse_scaling_names[PULSE_SCALING_PARTS] = {
    "read", "exchange", "scan", "walk", "last", "return", "judge", "results", "report", "start"};

/* Seconds of a core, as `./dev bench scaling` measures them. */
static const struct {
    double open;      /* a rank's part of the files */
    double read;      /* a value, from its text to a scaled column … */
    double target;    /* … and to a target that is not the next row's */
    double move;      /* a number of the first exchange: packed, unpacked, averaged */
    double fold;      /* a number of a span's total that is added */
    double share;     /* of dgemm's speed, in the products and factors of the walk */
    double predict;   /* a candidate's value in the walk … */
    double cut;       /* … and a candidate's target in a window of it */
    double test;      /* a pair of source and target */
    double give_back; /* a candidate's value in the second exchange */
    double judge;     /* a candidate's value, beside what a value takes alone: */
    double score;
    double believe;   /* a window of a variable */
    double create;    /* results.h5 */
    double write;     /* a byte of it */
    double start;     /* a run of nothing */
    double draw;      /* a variable in report.html … */
    double plot;      /* … and a value of it */
    double message;   /* to hand a message over, which within a node is to send it … */
    double bandwidth; /* … and its bytes a second */
} cost = {.open = 3e-3,
          .read = 55e-9,
          .target = 9e-9,
          .move = 2.8e-9,
          .fold = 1.4e-9,
          .share = 0.67,
          .predict = 12.5e-9,
          .cut = 10e-9,
          .test = 1.3e-6,
          .give_back = 0.97e-9,
          .judge = 1.7e-9,
          .score = 45e-9,
          .believe = 170e-9,
          .create = 10e-3,
          .write = 0.58e-9,
          .start = 0.08,
          .draw = 0.4e-3,
          .plot = 52e-9,
          .message = 0.85e-6,
          .bandwidth = 1e10};

/* Times that all ranks compare or share something small, beside those of each slice that is
 * judged. */
enum { AGREEMENTS = 60, AGREEMENTS_A_SLICE = 2 };

/* ---- Time ----------------------------------------------------------------------- */

double pulse_scaling_walk(const struct pulse_plan *plan, int64_t targets, int64_t first,
                          int64_t end, double rate)
{
    const double width = (double)(plan->sizes.C * targets);
    double flops = 0, values = 0, windows = 0;
    for (int64_t s = first; s < end; s++) {
        const struct pulse_span *span = &plan->spans[s];
        flops += span->flops;
        if (!span->trains)
            continue;
        values += (double)(span->rows + pulse_sizes_reach(&plan->sizes));
        windows += (double)span->windows;
    }
    return flops / (cost.share * rate) + width * (cost.predict * values + cost.cut * windows);
}

/* All that a part's formula asks for. */
struct view {
    const struct pulse_scaling_run *run;
    const struct pulse_sizes *sizes;
    const struct pulse_layout *layout;
    int nodes;
    double latency;   /* seconds until a message is there */
    double bandwidth; /* bytes a second, of a rank where all send */
    double alone;     /* and of one that sends to another node alone */
    double rate;      /* operations a second that the walk reaches */
    double values;    /* rows × variables that are read by the rank that reads most */
    int64_t most;     /* variables that a rank judges at most */
};

/* So many exchanges one after the other, in which a rank sends or receives so many messages and
 * bytes: messages are under way at once, but each has to be handed over. */
static double send_seconds(const struct view *view, double exchanges, double messages, double bytes)
{
    return view->layout->ranks == 1
               ? 0
               : exchanges * view->latency + messages * cost.message + bytes / view->bandwidth;
}

static double exchange_seconds(const struct view *view)
{
    const int ranks = view->layout->ranks;
    const double each = (double)pulse_layout_travelling(view->sizes);
    const double worked = each + (double)pulse_features_averages(view->sizes->features);
    const double E = (double)view->sizes->E,
                 own = (double)pulse_layout_most_owned(view->sizes->E, ranks);
    double slowest = 0;
    for (int r = 0; r < ranks; r++) {
        const double held = (double)view->layout->held[r];
        const double sent = ((double)view->layout->all_held - held) * own,
                     received = held * (E - own);
        slowest =
            fmax(slowest, cost.move * worked * (held * E + (double)view->sizes->T * own) +
                              send_seconds(view, 1, ranks - 1, 8 * each * fmax(sent, received)));
    }
    return slowest;
}

/* The ordered fold is a pipeline: its first tile passes through all ranks, and the others follow it
 * at the pace of the slowest. */
static double fold_seconds(const struct view *view, const struct pulse_system *system)
{
    const struct pulse_plan *plan = view->run->plan;
    const int ranks = view->layout->ranks;
    int64_t tile = 1, spans = 0, rows = 0;
    const int64_t size = pulse_layout_folded(view->run, system, &tile);
    for (int r = 0; r < ranks; r++) {
        const int64_t n = view->layout->first[r + 1] - view->layout->first[r];
        spans = n > spans ? n : spans;
        rows = view->layout->own[r] > rows ? view->layout->own[r] : rows;
    }
    if (size == 0)
        return 0;
    const double elements = (double)(size < tile ? size : tile);
    const bool totals = plan->by_totals && system->row == NULL;
    const double each = totals ? cost.fold * elements : 2 * elements / view->rate;
    const double units = (double)(totals ? plan->n_spans : view->sizes->T);
    const double most = (double)(totals ? spans : rows);
    const double near = cost.message + 8 * elements / cost.bandwidth;
    const double far = view->latency + 8 * elements / view->alone;
    const double hop = ranks == 1 ? 0 : view->nodes == 1 ? near : far;
    return each * units + (ranks - view->nodes) * near + (view->nodes - 1) * far +
           (ceil((double)size / (double)tile) - 1) * (each * most + hop);
}

static double scan_seconds(const struct view *view)
{
    double sum = 0;
    for (int64_t s = 0; s < view->run->n_systems; s++)
        sum += fold_seconds(view, &view->run->systems[s]);
    return sum;
}

/* Systems that one rank solves alone, as many at once as there are ranks. */
static double alone_seconds(const struct view *view)
{
    double all = 0, largest = 0;
    for (int64_t s = 0; s < view->run->n_systems; s++) {
        const struct pulse_system *system = &view->run->systems[s];
        const double flops = system->kernel_ridge && !system->shared
                                 ? pulse_system_kernel_flops(view->sizes, system)
                                 : 0;
        all += flops;
        largest = fmax(largest, flops);
    }
    return fmax(largest, all / view->layout->ranks) / view->rate;
}

/* A system that all ranks solve: every rank factors each block column, and takes its products from
 * its own tiles. */
static double shared_seconds(const struct view *view, const struct pulse_system *system)
{
    const double tile = PULSE_KERNEL_TILE, ranks = view->layout->ranks;
    const double n = (double)pulse_kernel_order(system->n), C = (double)view->sizes->C;
    const double flops = pulse_system_kernel_flops(view->sizes, system);
    const double twice = 2; /* to factor, and in reverse for the final fit */
    return (flops / fmin(ranks, n / tile) + C * n * n / 2 * tile) / view->rate +
           send_seconds(view, twice * C * n / tile, twice * C * n / tile * (ranks - 1),
                        twice * C * 8 * n * n / 2);
}

static double walk_seconds(const struct view *view)
{
    const struct pulse_plan *plan = view->run->plan;
    const int64_t horizons = pulse_sizes_horizons(view->sizes);
    double slowest = 0, shared = 0;
    for (int r = 0; !plan->by_rows && r < view->layout->ranks; r++)
        slowest = fmax(slowest, pulse_scaling_walk(plan, horizons * view->run->targets,
                                                   view->layout->first[r],
                                                   view->layout->first[r + 1], view->run->rate));
    for (int64_t s = 0; s < view->run->n_systems; s++)
        if (view->run->systems[s].shared)
            shared += shared_seconds(view, &view->run->systems[s]);
    return slowest + alone_seconds(view) + shared;
}

/* Solutions for all λ and their candidates, and the tests' inverse. */
static double last_seconds(const struct view *view)
{
    const double d = (double)view->sizes->d, L = (double)view->sizes->L;
    const double C = (double)view->sizes->C, E = (double)view->sizes->E;
    double flops = 0, tests = 0;
    for (int64_t s = 0; s < view->run->n_systems; s++) {
        const struct pulse_system *system = &view->run->systems[s];
        const double q = (double)system->q, groups = (double)pulse_system_groups(system);
        if (system->kernel_ridge)
            continue;
        flops += groups * L * d * d * d / 3 + (L + C) * d * d * q;
        if (!pulse_system_is_next(view->sizes, system) || view->run->options->untested ||
            view->run->options->history == PULSE_HALFLIFE)
            continue;
        flops += 4 * d * d * d / 3;
        tests += E * q / groups;
    }
    return flops / view->rate + cost.test * tests;
}

static double return_seconds(const struct view *view)
{
    const int ranks = view->layout->ranks;
    const double H = (double)pulse_sizes_horizons(view->sizes), C = (double)view->sizes->C;
    const double T = (double)view->sizes->T, targets = (double)view->run->targets;
    const double most = (double)view->most;
    const double slices = (double)pulse_layout_slices(view->sizes, view->most) * H;
    double slowest = 0;
    for (int r = 0; r < ranks; r++) {
        const double own = (double)view->layout->own[r];
        slowest = fmax(
            slowest, cost.give_back * C * H * (own * targets + T * most) / 2 +
                         send_seconds(view, slices, slices * (ranks - 1),
                                      8 * C * H * fmax(own * (targets - most), (T - own) * most)));
    }
    return slowest;
}

double pulse_scaling_judge(int64_t candidates, int64_t rows, int64_t windows)
{
    return (cost.score + cost.judge * (double)candidates) * (double)rows +
           cost.believe * (double)windows;
}

static double judge_seconds(const struct view *view)
{
    return (double)(pulse_sizes_horizons(view->sizes) * view->most) *
           pulse_scaling_judge(view->sizes->C, view->sizes->T, view->run->plan->n_windows);
}

/* A tree of messages there and back. */
static double agreement_seconds(const struct view *view)
{
    const double slices =
        (double)(pulse_layout_slices(view->sizes, view->most) * pulse_sizes_horizons(view->sizes));
    const double steps = 2 * ceil(log2(view->layout->ranks));
    return send_seconds(view, steps * (AGREEMENTS + AGREEMENTS_A_SLICE * slices), 0, 0);
}

static void fill_parts(const struct view *view, struct pulse_scaling *out)
{
    const double all = (double)view->sizes->T * (double)view->run->variables;
    const double written = (double)view->run->results_bytes;
    out->part[PULSE_SCALING_READ] =
        cost.open + (cost.read + cost.target * (double)(pulse_layout_travelling(view->sizes) - 1)) *
                        view->values;
    out->part[PULSE_SCALING_EXCHANGE] = exchange_seconds(view);
    out->part[PULSE_SCALING_SCAN] = scan_seconds(view);
    out->part[PULSE_SCALING_WALK] = walk_seconds(view);
    out->part[PULSE_SCALING_LAST] = last_seconds(view);
    out->part[PULSE_SCALING_RETURN] = return_seconds(view);
    out->part[PULSE_SCALING_JUDGE] = judge_seconds(view);
    out->part[PULSE_SCALING_RESULTS] =
        written > 0 ? cost.create + cost.write * written / view->layout->ranks : 0;
    out->part[PULSE_SCALING_REPORT] =
        written > 0 && !view->run->options->no_report
            ? cost.draw * (double)view->run->variables + cost.plot * all
            : 0;
    out->part[PULSE_SCALING_START] = cost.start + agreement_seconds(view);
    out->seconds = 0;
    for (int i = 0; i < PULSE_SCALING_PARTS; i++)
        out->seconds += out->part[i];
}

int pulse_scaling_time(const struct pulse_scaling_run *run, const struct pulse_machine *machine,
                       int ranks, struct pulse_scaling *out, struct pulse_err *err)
{
    struct pulse_layout layout;
    *out = (struct pulse_scaling){.nodes = (ranks + machine->cores - 1) / machine->cores};
    if (pulse_layout_init(&layout, run, ranks, err) != 0)
        return -1;
    const bool one = out->nodes == 1;
    const struct view view = {
        .run = run,
        .sizes = &run->plan->sizes,
        .layout = &layout,
        .nodes = out->nodes,
        .latency = one ? cost.message : machine->latency,
        .bandwidth = one ? cost.bandwidth
                         : fmin(cost.bandwidth, machine->network_bandwidth / machine->cores),
        .alone = fmin(cost.bandwidth, machine->network_bandwidth),
        .rate = cost.share * run->rate,
        .values =
            (double)run->plan->sizes.T * (double)pulse_layout_most_owned(run->variables, ranks),
        .most = pulse_layout_most_owned(run->targets, ranks)};
    fill_parts(&view, out);
    pulse_layout_clear(&layout);
    return 0;
}

/* More ranks than there are spans or variables are idle at best: the search ends there. */
static int64_t most_units(const struct pulse_scaling_run *run)
{
    int64_t most = run->plan->n_spans > run->variables ? run->plan->n_spans : run->variables;
    if (run->plan->by_rows) /* spans of a row, which only deal out rows */
        most = run->variables;
    return most < 1 ? 1 : most > PULSE_MOST_RANKS ? PULSE_MOST_RANKS : most;
}

int pulse_scaling_useful(const struct pulse_scaling_run *run, const struct pulse_machine *machine,
                         int *ranks, struct pulse_err *err)
{
    const double tolerance = 1.05;
    const int most = (int)most_units(run);
    double least = INFINITY;
    *ranks = most;
    for (int r = most; r >= 1; r = r > 40 ? r - r / 20 : r - 1) {
        struct pulse_scaling at;
        if (pulse_scaling_time(run, machine, r, &at, err) != 0)
            return -1;
        least = fmin(least, at.seconds);
        if (at.seconds <= tolerance * least)
            *ranks = r;
    }
    return 0;
}
