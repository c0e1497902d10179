/* SPDX-License-Identifier: MIT
 * Owns: the processes that compare, one pair at a time each.
 * Must not know: files, traces. */
#include "analyzer/quality/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzer/base/memory.h"
#include "analyzer/base/monotonic.h"
#include "analyzer/quality/decode.h"

#define NO_JOB SIZE_MAX

struct worker {
    pid_t pid; /* 0 = not started */
    int channel;
    size_t job;
    uint64_t deadline_ns;
};

struct pool {
    const struct pool_work *work;
    struct worker *workers;
    struct pollfd *fds;
    size_t count;
    size_t next, jobs, taken;
};

/* The life of a process that compares: jobs in, scores out, until nobody sends any more. */
static void serve(const struct pool_work *work, int channel)
{
    static struct pair_score score;
    char reason[DECODE_REASON_BYTES] = "";
    bool ready = decode_start(reason);
    for (size_t job; recv(channel, &job, sizeof job, 0) == (ssize_t)sizeof job;) {
        if (ready)
            work->compare(work->context, job, &score);
        else
            score = pair_score_none(reason);
        if (send(channel, &score, sizeof score, MSG_NOSIGNAL) != (ssize_t)sizeof score)
            break;
    }
}

static void become_worker(const struct pool *pool, int channel)
{
    int nothing = open("/dev/null", O_RDWR);
    struct rlimit none = {0, 0};
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_IGN); /* our parent's end is ours, too */
    signal(SIGHUP, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    setrlimit(RLIMIT_CORE, &none);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) /* decoders like to talk */
        dup2(nothing, fd);
    for (size_t i = 0; i < pool->count; i++)
        if (pool->workers[i].pid && pool->workers[i].channel != channel)
            close(pool->workers[i].channel);
    serve(pool->work, channel);
    _exit(0);
}

static bool start(struct pool *pool, struct worker *worker)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        become_worker(pool, ends[1]);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return false;
    }
    *worker = (struct worker){.pid = pid, .channel = ends[0], .job = NO_JOB};
    return true;
}

static void take(struct pool *pool, size_t job, const struct pair_score *score)
{
    pool->taken++;
    pool->work->take(pool->work->context, job, score);
}

static void fail_job(struct pool *pool, size_t job, const char *format, int number)
{
    char reason[PAIR_SCORE_REASON_BYTES];
    snprintf(reason, sizeof reason, format, number);
    struct pair_score none = pair_score_none(reason);
    take(pool, job, &none);
}

/* Gives the worker the next job, in a new process where it has none. */
static void give(struct pool *pool, struct worker *worker)
{
    if (pool->next == pool->jobs)
        return;
    size_t job = pool->next++;
    if (!worker->pid && !start(pool, worker)) {
        fail_job(pool, job, "no process could be started to compare it: error %d", errno);
        return;
    }
    worker->job = job;
    worker->deadline_ns = monotonic_ns() + pool->work->timeout_s * UINT64_C(1000000000);
    /* A process that is gone already shows when it is asked for the score. */
    (void)!send(worker->channel, &job, sizeof job, MSG_NOSIGNAL);
}

static void bury(struct pool *pool, struct worker *worker, bool late)
{
    int status = 0;
    bool ended = false;
    if (late)
        kill(worker->pid, SIGTERM); /* it may have something to put away */
    for (int i = 0; late && !ended && i < 100; i++) {
        usleep(10000);
        ended = waitpid(worker->pid, &status, WNOHANG) != 0;
    }
    if (!ended) {
        if (late)
            kill(worker->pid, SIGKILL);
        waitpid(worker->pid, &status, 0);
    }
    close(worker->channel);
    worker->pid = 0;
    if (late)
        fail_job(pool, worker->job, "comparing it had not ended after %d s", (int)pool->work->timeout_s);
    else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        fail_job(pool, worker->job, "comparing it was ended from outside, most likely for want of memory", 0);
    else if (WIFSIGNALED(status))
        fail_job(pool, worker->job, "its decoder crashed with signal %d", WTERMSIG(status));
    else
        fail_job(pool, worker->job, "its decoder ended with exit code %d", WEXITSTATUS(status));
}

static void hear(struct pool *pool, struct worker *worker)
{
    struct pair_score score;
    ssize_t n;
    do
        n = recv(worker->channel, &score, sizeof score, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n != (ssize_t)sizeof score) {
        bury(pool, worker, false);
    } else {
        size_t job = worker->job;
        worker->job = NO_JOB;
        take(pool, job, &score);
    }
}

static void step(struct pool *pool)
{
    uint64_t now_ns = monotonic_ns(), wait_ns = 1000000000;
    size_t waiting = 0;
    for (size_t i = 0; i < pool->count; i++) {
        struct worker *worker = &pool->workers[i];
        while ((!worker->pid || worker->job == NO_JOB) && pool->next < pool->jobs)
            give(pool, worker);
        bool busy = worker->pid && worker->job != NO_JOB;
        pool->fds[i] = (struct pollfd){.fd = busy ? worker->channel : -1, .events = POLLIN};
        waiting += busy;
        if (busy && worker->deadline_ns < now_ns + wait_ns)
            wait_ns = worker->deadline_ns > now_ns ? worker->deadline_ns - now_ns : 0;
    }
    if (!waiting)
        return;
    poll(pool->fds, pool->count, (int)(wait_ns / 1000000) + 1);
    for (size_t i = 0; i < pool->count; i++) {
        struct worker *worker = &pool->workers[i];
        if (!worker->pid || worker->job == NO_JOB)
            continue;
        if (pool->fds[i].revents)
            hear(pool, worker);
        else if (monotonic_ns() >= worker->deadline_ns)
            bury(pool, worker, true);
    }
}

void pool_run(const struct pool_work *work, size_t jobs, unsigned processes)
{
    struct pool pool = {.work = work, .jobs = jobs, .count = processes < jobs ? processes : jobs};
    pool.workers = memory_zeroed(pool.count + 1, sizeof *pool.workers);
    pool.fds = memory_zeroed(pool.count + 1, sizeof *pool.fds);
    while (pool.taken < jobs)
        step(&pool);
    for (size_t i = 0; i < pool.count; i++)
        if (pool.workers[i].pid) {
            close(pool.workers[i].channel);
            while (waitpid(pool.workers[i].pid, NULL, 0) < 0 && errno == EINTR)
                ;
        }
    free(pool.workers);
    free(pool.fds);
}
