/* SPDX-License-Identifier: MIT
 * Owns: the claims about whose bytes the kernel's count of a process is: the program's, ours or a reaped child's; with
 * the kernel and the process played here.
 * Must not know: how the library gets the counts. */
#include <check.h>

#include "preload/guard/threads.h"
#include "preload/samples/transfers.h"
#include "preload/state/lock.h"
#include "preload/state/process_state.h"
#include "tests/unit/parts/suite.h"

struct process_state process;
static struct facts_io kernel;
static struct thread_sums program;

struct facts_io facts_io(void)
{
    return kernel;
}

struct thread_sums thread_sums(void)
{
    return program;
}

bool thread_lock_take(struct thread_lock *lock)
{
    ck_assert_uint_eq(atomic_load(&lock->holder), 0);
    atomic_store(&lock->holder, 1);
    return true;
}

static void begin(void)
{
    kernel = (struct facts_io){5000, 7000}; /* of what the process did before it was recorded */
    program = (struct thread_sums){0};
    atomic_store(&process.own_rchar, 300);
    atomic_store(&process.own_wchar, 0);
    transfers_reset();
    ck_assert_uint_eq(transfers_begin().rchar, 5000);
}

/* The program's thread writes; the kernel counts at once, we only when the call has returned. */
static void kernel_counts_written(uint64_t bytes)
{
    kernel.wchar += bytes;
}
static void program_wrote(uint64_t bytes)
{
    program.kernel_written += bytes;
}

static void child_is_reaped(uint64_t read, uint64_t written)
{
    ck_assert(transfers_wait_begin());
    kernel.rchar += read;
    kernel.wchar += written;
    transfers_wait_end(true);
}

static void expect(uint64_t read, uint64_t written)
{
    struct transfers now = transfers_now();
    ck_assert_uint_eq(now.reaped_rchar, read);
    ck_assert_uint_eq(now.reaped_wchar, written);
}

START_TEST(bytes_of_a_reaped_child_are_its_own)
{
    begin();
    child_is_reaped(100, 20);
    child_is_reaped(1, 2);
    expect(101, 22);
}
END_TEST

START_TEST(what_program_and_library_move_during_a_wait_is_no_child_s)
{
    begin();
    ck_assert(transfers_wait_begin());
    kernel_counts_written(1000);
    program_wrote(1000);
    kernel.rchar += 40 + 7;
    atomic_fetch_add(&process.own_rchar, 40);
    transfers_wait_end(true);
    expect(7, 0);
}
END_TEST

START_TEST(what_grows_while_nobody_waits_is_no_child_s)
{
    begin();
    kernel_counts_written(500); /* by a call that is not hooked */
    child_is_reaped(0, 9);
    kernel_counts_written(500);
    expect(0, 9);
    ck_assert(transfers_wait_begin());
    transfers_wait_end(false);
    child_is_reaped(0, 1);
    expect(0, 10);
}
END_TEST

START_TEST(transfer_under_way_when_a_child_is_collected_is_taken_off_at_the_end)
{
    begin();
    ck_assert(transfers_wait_begin());
    kernel_counts_written(16364 + 9);
    transfers_wait_end(true);
    program_wrote(16364);
    expect(0, 9);
}
END_TEST

START_TEST(transfer_under_way_when_a_child_is_collected_is_taken_off_at_the_next)
{
    begin();
    ck_assert(transfers_wait_begin());
    ck_assert(transfers_wait_begin());
    kernel_counts_written(16364 + 9);
    transfers_wait_end(true);
    program_wrote(16364);
    kernel_counts_written(3);
    transfers_wait_end(true);
    expect(0, 12);
}
END_TEST

START_TEST(transfer_under_way_when_a_sample_is_taken_is_taken_off_no_child)
{
    begin();
    child_is_reaped(0, 50);
    kernel_counts_written(1000);
    expect(0, 50);
    program_wrote(1000);
    expect(0, 50);
}
END_TEST

START_TEST(sample_during_a_wait_leaves_the_child_its_bytes)
{
    begin();
    ck_assert(transfers_wait_begin());
    kernel.wchar += 8;
    expect(0, 0);
    transfers_wait_end(true);
    expect(0, 8);
}
END_TEST

START_TEST(counts_that_cannot_be_read_are_nobody_s)
{
    begin();
    kernel = (struct facts_io){TRACE_UNKNOWN, TRACE_UNKNOWN};
    child_is_reaped(0, 0);
    kernel = (struct facts_io){1u << 30, 1u << 30};
    expect(0, 0);
    child_is_reaped(4, 5);
    expect(4, 5);
}
END_TEST

START_TEST(nobody_waits_in_a_forked_child)
{
    begin();
    child_is_reaped(0, 6);
    ck_assert(transfers_wait_begin());
    kernel = (struct facts_io){0, 0};
    transfers_reset();
    transfers_begin();
    kernel.wchar += 70;
    expect(0, 0);
    child_is_reaped(0, 2);
    expect(0, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transfers");
    TCase *tests = tcase_create("transfers");
    tcase_add_test(tests, bytes_of_a_reaped_child_are_its_own);
    tcase_add_test(tests, what_program_and_library_move_during_a_wait_is_no_child_s);
    tcase_add_test(tests, what_grows_while_nobody_waits_is_no_child_s);
    tcase_add_test(tests, transfer_under_way_when_a_child_is_collected_is_taken_off_at_the_end);
    tcase_add_test(tests, transfer_under_way_when_a_child_is_collected_is_taken_off_at_the_next);
    tcase_add_test(tests, transfer_under_way_when_a_sample_is_taken_is_taken_off_no_child);
    tcase_add_test(tests, sample_during_a_wait_leaves_the_child_its_bytes);
    tcase_add_test(tests, counts_that_cannot_be_read_are_nobody_s);
    tcase_add_test(tests, nobody_waits_in_a_forked_child);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
