/* What is run on this node alone; and what the other two parts share. */
#include "base/log.h"
#include "base/progress.h"
#include "conduct.h"
#include "events.h"
#include "node.h"

bool pulse_node_again(struct pulse_node *node, struct pulse_err *err)
{
    if (err->kind != PULSE_E_TEMPORARY || pulse_seconds() > node->deadline ||
        pulse_events_pending() != PULSE_OK)
        return false;
    pulse_warn("%s", err->text);
    *err = (struct pulse_err){0};
    pulse_events_sleep(node->events, 2);
    return true;
}

int pulse_node_single(struct pulse_node *node, struct pulse_err *err)
{
    const int slots = (int)node->ranks;
    const struct pulse_launch launch = {
        .program = node->program, .arguments = node->arguments, .ranks = node->ranks};
    struct pulse_conduct conduct = {
        .events = node->events, .launch = &launch, .slots = &slots, .nodes = 1};
    return pulse_conduct_run(&conduct, err);
}
