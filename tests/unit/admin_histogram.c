#include <criterion/criterion.h>
#include <stdlib.h>

#include "worker/admin/histogram.h"

Test(admin_histogram, a_duration_equal_to_a_bound_lies_below_it)
{
    histogram h = {0};
    histogram_observe(&h, 0);
    histogram_observe(&h, 5000);
    histogram_observe(&h, 5001);
    histogram_observe(&h, 10000000);
    histogram_observe(&h, 10000001);
    cr_expect_eq(h.counts[0], 2u);
    cr_expect_eq(h.counts[1], 1u);
    cr_expect_eq(h.counts[HISTOGRAM_BUCKETS - 1], 1u);
    cr_expect_eq(h.counts[HISTOGRAM_BUCKETS], 1u);
    cr_expect_eq(histogram_count(&h), 5u);
    cr_expect_float_eq(h.sum_seconds, 20.010002, 1e-9);
}

Test(admin_histogram, a_clock_that_is_behind_counts_as_no_time)
{
    histogram h = {0};
    histogram_observe(&h, -60000000);
    cr_expect_eq(h.counts[0], 1u);
    cr_expect_eq(h.sum_seconds, 0.0);
}

Test(admin_histogram, timestamps_that_are_wrong_by_ages_do_not_overflow)
{
    histogram h = {0};
    for (int i = 0; i < 1000; i++)
        histogram_observe(&h, INT64_MAX);
    cr_expect_eq(h.counts[HISTOGRAM_BUCKETS], 1000u);
    cr_expect_gt(h.sum_seconds, 9e15);
}

Test(admin_histogram, bounds_and_their_labels_agree)
{
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        histogram h = {0};
        int64_t bound_us = (int64_t)(strtod(histogram_label(i), NULL) * 1e6 + 0.5);
        histogram_observe(&h, bound_us);
        histogram_observe(&h, bound_us + 1);
        cr_expect_eq(h.counts[i], 1u, "%s", histogram_label(i));
        cr_expect_eq(h.counts[i + 1], 1u, "%s", histogram_label(i));
    }
    cr_expect_str_eq(histogram_label(HISTOGRAM_BUCKETS), "+Inf");
}

Test(admin_histogram, adds_up)
{
    histogram a = {0}, b = {0};
    histogram_observe(&a, 1000);
    histogram_observe(&b, 1000);
    histogram_observe(&b, 20000000);
    histogram_add(&a, &b);
    cr_expect_eq(a.counts[0], 2u);
    cr_expect_eq(a.counts[HISTOGRAM_BUCKETS], 1u);
    cr_expect_float_eq(a.sum_seconds, 20.002, 1e-9);
}
