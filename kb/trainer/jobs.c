/*
 * jobs.c - runs independent jobs on a few threads.
 *
 * Which thread takes which job is left to chance, so a job must write nothing that another reads.
 */
#include "trainer/trainer.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct job_queue {
    jieda__job_fn *run;
    void *ctx;
    size_t count;
    atomic_size_t next;
} job_queue;

static void *work(void *arg)
{
    job_queue *queue = arg;
    size_t index;

    while ((index = atomic_fetch_add(&queue->next, 1)) < queue->count)
        queue->run(queue->ctx, index);
    return NULL;
}

void jieda__run_jobs(jieda__job_fn *run, void *ctx, size_t count, uint32_t thread_count)
{
    job_queue queue = {.run = run, .ctx = ctx, .count = count};
    pthread_t threads[JIEDA__THREAD_COUNT_MAX];
    size_t started = 0;

    while (started + 1 < thread_count && started + 1 < count && started < JIEDA__THREAD_COUNT_MAX &&
           pthread_create(&threads[started], NULL, work, &queue) == 0)
        started++;
    work(&queue); /* without another thread this one does it all */
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
}
