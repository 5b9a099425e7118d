/*
 * outbox.h - what the two halves of the outbox share: the open file, its statements, transactions.
 *
 * outbox.c keeps messages, outbox_deliver.c gets them out. Both only step statements that
 * jieda_outbox_open() prepared, under the outbox's lock.
 */
#ifndef JIEDA__HOOKS_OUTBOX_H
#define JIEDA__HOOKS_OUTBOX_H

#include "common.h"

#include <pthread.h>
#include <sqlite3.h>

/* Of an item, as its row says it. Queues are made of the first two: of each conversation and
 * destination at most one item is ready, its head, and the others wait. So what may be sent next is
 * one range of an index, however long the queues behind the heads are. */
enum {
    JIEDA__ITEM_WAITING = 0,
    JIEDA__ITEM_READY,
    JIEDA__ITEM_DELIVERED,
    JIEDA__ITEM_DEAD,
};

typedef enum jieda__outbox_sql {
    JIEDA__SQL_BEGIN,
    JIEDA__SQL_COMMIT,
    JIEDA__SQL_ROLLBACK,
    JIEDA__SQL_PUT,
    JIEDA__SQL_DIGEST,
    JIEDA__SQL_CLOCK_WENT_BACK,
    JIEDA__SQL_DUE,
    JIEDA__SQL_DUE_OF,
    JIEDA__SQL_LEASE,
    JIEDA__SQL_DELIVERED,
    JIEDA__SQL_LATER,
    JIEDA__SQL_BURY,
    JIEDA__SQL_PROMOTE,
    JIEDA__SQL_NEXT_DUE,
    JIEDA__SQL_NEXT_DUE_OF,
    JIEDA__SQL_STATS,
    JIEDA__SQL_DEAD,
    JIEDA__SQL_FIRST_DEAD,
    JIEDA__SQL_REVIVE,
    JIEDA__SQL_PURGE_BODIES,
    JIEDA__SQL_PURGE_KEYS,
    JIEDA__SQL_ERASE,
    JIEDA__SQL_COUNT,
} jieda__outbox_sql;

struct jieda_outbox {
    pthread_mutex_t lock;
    sqlite3 *db;
    sqlite3_stmt *statements[JIEDA__SQL_COUNT];
    bool durable;                 /* what PRAGMA synchronous is set to: FULL, else NORMAL */
    uint64_t random;              /* state of the generator of waits */
    jieda_outbox_options options; /* its destination is owned */
    char *path;
};

/* A statement ready for its parameters. */
sqlite3_stmt *jieda__outbox_statement(jieda_outbox *outbox, jieda__outbox_sql which);
void jieda__outbox_bind_text(sqlite3_stmt *statement, int index, jieda_str text);
jieda_str jieda__outbox_column(sqlite3_stmt *statement, int column); /* until the next step */
/* Steps a statement that returns no row. */
jieda_status jieda__outbox_run(jieda_outbox *outbox, sqlite3_stmt *statement, jieda_error *err);
/* What SQLite's last result code on this outbox means. */
jieda_status jieda__outbox_fail(jieda_outbox *outbox, int rc, const char *doing, jieda_error *err);

/* `durable`: on the disk at commit. Else a power failure may undo the last commits, in order, but
 * never one that a durable commit followed. */
jieda_status jieda__outbox_begin(jieda_outbox *outbox, bool durable, jieda_error *err);
/* Commits if `status` is JIEDA_OK, else rolls back; returns what the caller has to return. */
jieda_status jieda__outbox_end(jieda_outbox *outbox, jieda_status status, jieda_error *err);

int64_t jieda__outbox_now(const jieda_outbox *outbox);

/* How long a message waits after a failure. Pure but for the generator.
 * @param attempt  1 for the first. */
int64_t jieda__outbox_delay_ms(const jieda_outbox_options *options, uint32_t attempt,
                               const jieda_outbox_outcome *outcome, uint64_t *random);

#endif
