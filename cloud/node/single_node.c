/* What is run on this node alone; and what the other two parts share. */
#include "base/log.h"
#include "base/progress.h"
#include "node/node.h"
#include "node/signal_fd.h"
#include "node/supervisor.h"

bool pulse_node_again(struct pulse_node *node, struct pulse_err *err)
{
    if ((err->kind != PULSE_E_TEMPORARY && err->kind != PULSE_E_CHANGED) ||
        pulse_seconds() > node->deadline || pulse_signal_fd_pending() != PULSE_OK)
        return false;
    pulse_warn("%s", err->text);
    *err = (struct pulse_err){0};
    pulse_signal_fd_sleep(node->events, 2);
    return true;
}

int pulse_node_run_single(struct pulse_node *node, struct pulse_err *err)
{
    const int slots = (int)node->ranks;
    const struct pulse_launch launch = {
        .program = node->program, .arguments = node->arguments, .ranks = node->ranks};
    struct pulse_supervisor supervisor = {
        .events = node->events, .launch = &launch, .slots = &slots, .nodes = 1};
    return pulse_supervisor_run(&supervisor, err);
}
