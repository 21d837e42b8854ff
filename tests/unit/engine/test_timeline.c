/* timeline.c: bounded whatever happens, and nothing of it lost. */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/progress.h"
#include "mpi/timeline.h"

static struct pulse_timeline timeline;

/* That the pieces are in order, and have the seconds that were counted, of each stage. */
static void check_pieces(void)
{
    double seconds[PULSE_ALL_STAGES][2] = {{0}}, before = timeline.began;
    for (int64_t i = 0; i < timeline.n; i++) {
        const struct pulse_piece *piece = &timeline.pieces[i];
        assert_true(piece->until >= before);
        seconds[piece->stage][piece->waits] += piece->until - before;
        before = piece->until;
    }
    for (int s = 0; s < PULSE_ALL_STAGES; s++) {
        CHECK_CLOSE(seconds[s][0] + seconds[s][1], timeline.seconds[s], 1e-6);
        CHECK_CLOSE(seconds[s][1], timeline.waiting[s], 1e-6);
    }
}

static void timeline__few_pieces_are_kept_as_they_were(void **state)
{
    (void)state;
    const double began = pulse_seconds() - 3; /* it began before it knew of itself */
    pulse_timeline_begin(&timeline, began);
    assert_int_equal(pulse_timeline_enter(&timeline, PULSE_STAGE_WALK), PULSE_STAGE_BETWEEN);
    pulse_timeline_wait(&timeline, true);
    pulse_timeline_wait(&timeline, false);
    assert_int_equal(pulse_timeline_enter(&timeline, PULSE_STAGE_EVALUATE), PULSE_STAGE_WALK);
    assert_int_equal(pulse_timeline_enter(&timeline, PULSE_STAGE_BETWEEN), PULSE_STAGE_EVALUATE);
    pulse_timeline_end(&timeline, began - 100);
    static const int stages[] = {PULSE_STAGE_BETWEEN, PULSE_STAGE_WALK,     PULSE_STAGE_WALK,
                                 PULSE_STAGE_WALK,    PULSE_STAGE_EVALUATE, PULSE_STAGE_BETWEEN};
    assert_int_equal(timeline.n, 6);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(timeline.pieces[i].stage, stages[i]);
        assert_int_equal(timeline.pieces[i].waits, i == 2);
    }
    CHECK_CLOSE(timeline.began, 100, 1e-9);
    CHECK_BITS(timeline.first[PULSE_STAGE_WALK], timeline.pieces[0].until);
    CHECK_BITS(timeline.last[PULSE_STAGE_WALK], timeline.pieces[3].until);
    assert_true(isnan(timeline.first[PULSE_STAGE_LOAD]) && timeline.grain == 0);
    assert_true(timeline.seconds[PULSE_STAGE_BETWEEN] >= 3);
    check_pieces();
}

static void timeline__many_pieces_are_few_and_no_second_is_lost(void **state)
{
    (void)state;
    uint64_t seed = 7;
    pulse_timeline_begin(&timeline, pulse_seconds());
    for (int i = 0; i < 50000; i++) {
        if (check_below(&seed, 3) == 0)
            pulse_timeline_wait(&timeline, check_below(&seed, 2) == 0);
        else
            (void)pulse_timeline_enter(&timeline,
                                       (enum pulse_stage)check_below(&seed, PULSE_ALL_STAGES));
        assert_true(timeline.n < PULSE_PIECES);
    }
    pulse_timeline_end(&timeline, timeline.began);
    assert_true(timeline.n <= PULSE_PIECES_KEPT && timeline.n > PULSE_ALL_STAGES / 2);
    check_pieces();
}

/* Each long piece between short ones keeps its position. */
static void timeline__long_pieces_stay_where_they_are(void **state)
{
    (void)state;
    enum { LONG = 20, SHORT = 100 };
    const double began = pulse_seconds() - 1000;
    double at = began, until[LONG];
    pulse_timeline_begin(&timeline, began);
    for (int i = 0; i < LONG; i++) {
        for (int k = 0; k < SHORT; k++)
            timeline.pieces[timeline.n++] = (struct pulse_piece){
                at += 0.001, k % 2 == 0 ? PULSE_STAGE_EVALUATE : PULSE_STAGE_RESULTS, 0};
        timeline.pieces[timeline.n++] =
            (struct pulse_piece){until[i] = at += 40, PULSE_STAGE_WALK, i % 2};
    }
    pulse_timeline_end(&timeline, 0);
    assert_true(timeline.n <= PULSE_PIECES_KEPT && timeline.grain > 0.001 && timeline.grain < 1);
    int found = 0;
    for (int64_t i = 1; i < timeline.n; i++)
        if (timeline.pieces[i].stage == PULSE_STAGE_WALK) {
            assert_int_equal(timeline.pieces[i].waits, found % 2);
            CHECK_CLOSE(timeline.pieces[i].until, until[found], 1e-6);
            CHECK_CLOSE(timeline.pieces[i - 1].until, until[found] - 40, 1e-6);
            found++;
        }
    assert_int_equal(found, LONG);
}

static void timeline__nobody_need_listen(void **state)
{
    (void)state;
    assert_int_equal(pulse_timeline_enter(NULL, PULSE_STAGE_WALK), PULSE_STAGE_BETWEEN);
    pulse_timeline_wait(NULL, true);
}

static void timeline__what_is_kept_adds_up(void **state)
{
    (void)state;
    static struct pulse_timeline saves;
    static struct pulse_strip strip;
    pulse_timeline_begin(&timeline, pulse_seconds() - 2);
    pulse_timeline_begin(&saves, timeline.began);
    (void)pulse_timeline_enter(&timeline, PULSE_STAGE_SCAN);
    pulse_timeline_wait(&timeline, true);
    (void)pulse_timeline_enter(&saves, PULSE_STAGE_SAVE);
    pulse_timeline_end(&timeline, timeline.began);
    pulse_timeline_end(&saves, saves.began);
    pulse_timeline_keep(&timeline, &saves, &strip);
    CHECK_CLOSE(strip.working,
                timeline.seconds[PULSE_STAGE_SCAN] - timeline.waiting[PULSE_STAGE_SCAN], 1e-12);
    CHECK_CLOSE(strip.waiting, timeline.waiting[PULSE_STAGE_SCAN], 1e-12);
    assert_int_equal(strip.n, 3);
    assert_int_equal(strip.n_saves, 2);
    assert_int_equal(strip.saves[1].stage, PULSE_STAGE_SAVE);
    assert_memory_equal(strip.pieces, timeline.pieces, 3 * sizeof *strip.pieces);
}

static void timeline__ranks_are_chosen(void **state)
{
    (void)state;
    enum { MOST = 5000 };
    static double working[MOST];
    static bool taken[MOST];
    int chosen[PULSE_RANKS_SHOWN];
    for (int r = 0; r < MOST; r++)
        working[r] = r % 100 == 50 ? 2 : 1; /* those at 50, 150, … worked longest */
    for (int ranks = 1; ranks <= PULSE_RANKS_SHOWN; ranks++) {
        assert_int_equal(pulse_timeline_choose(ranks, working, taken, chosen), ranks);
        assert_int_equal(chosen[ranks - 1], ranks - 1);
    }
    for (int ranks = PULSE_RANKS_SHOWN + 1; ranks < MOST; ranks += ranks < 100 ? 1 : 490) {
        int longest = 0;
        assert_int_equal(pulse_timeline_choose(ranks, working, taken, chosen), PULSE_RANKS_SHOWN);
        assert_int_equal(chosen[0], 0);
        assert_int_equal(chosen[PULSE_RANKS_SHOWN - 1], ranks - 1);
        for (int i = 1; i < PULSE_RANKS_SHOWN; i++) {
            assert_true(chosen[i] > chosen[i - 1]);
            longest += chosen[i] % 100 == 50;
        }
        const int there =
            (ranks - 1 + 50) / 100; /* those that worked longest, the last one aside */
        assert_true(longest >= (there < PULSE_RANKS_LONGEST ? there : PULSE_RANKS_LONGEST));
        for (int i = 1; i < PULSE_RANKS_SHOWN; i++) /* no stretch is left out */
            assert_true(chosen[i] - chosen[i - 1] <= ranks / 12 + 1);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(timeline__few_pieces_are_kept_as_they_were),
        cmocka_unit_test(timeline__many_pieces_are_few_and_no_second_is_lost),
        cmocka_unit_test(timeline__long_pieces_stay_where_they_are),
        cmocka_unit_test(timeline__nobody_need_listen),
        cmocka_unit_test(timeline__what_is_kept_adds_up),
        cmocka_unit_test(timeline__ranks_are_chosen),
    };
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
