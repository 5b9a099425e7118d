/*
 * outbox.c - the durable outbox: one SQLite file of messages that must arrive. Here: opening,
 * storing, looking, erasing; outbox_deliver.c sends.
 *
 * The file has application_id 0x6a696f62 ("jiob") and user_version 1, and is in WAL mode. A row is
 * a message; its rowid is its place in the order of storing.
 *
 *     id  key    conversation  state      due                      lease
 *     1   T1/1   c1            delivered  -                        -
 *     2   T1-2   c1            ready      when its wait is over    -
 *     3   T2-1   c2            ready      when the lease runs out  who claimed it
 *     4   T1-3   c1            waiting    -                        -
 *
 * Order is kept within a conversation and destination, not across destinations: two receivers
 * cannot see each other's order, and a ticket desk that is down must not hold up a reply.
 *
 * What the caller is told of must survive a power failure, so storing and erasing commit with
 * synchronous=FULL. Claims and results commit with NORMAL, which saves a sync for each: if they are
 * lost a message is sent once more with the same key, which a crash may cause anyway.
 *
 * A delivered message keeps its row, without body after jieda_outbox_purge(), because its key and
 * the digest of its body tell a retry from a new message.
 */
#include "outbox.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define APPLICATION_ID 0x6a696f62
#define SCHEMA_VERSION 1
#define DIGEST_BYTES 32 /* SHA-256 */
#define DAY_MS 86400000LL
/* Rows erased in one transaction: others wait no longer than for that many. */
#define ERASE_COUNT 1000

#define STRING_OF(x) #x
#define STRING(x) STRING_OF(x)

static const char schema[] =
    "CREATE TABLE item ("
    "  id INTEGER PRIMARY KEY,"
    "  idempotency_key TEXT NOT NULL UNIQUE,"
    "  conversation_id TEXT NOT NULL,"
    "  destination TEXT NOT NULL,"
    "  content_type TEXT NOT NULL,"
    "  digest BLOB NOT NULL,"                /* SHA-256 of the body */
    "  state INTEGER NOT NULL,"              /* 0 waiting, 1 ready, 2 delivered, 3 dead */
    "  created INTEGER NOT NULL,"            /* milliseconds since 1970, as all times */
    "  due INTEGER NOT NULL,"                /* not to be claimed before */
    "  lease INTEGER,"                       /* of who sends it, until `due` */
    "  attempts INTEGER NOT NULL DEFAULT 0," /* begun */
    "  settled INTEGER,"                     /* when it was delivered, or died */
    "  reason TEXT,"                         /* of the last failure */
    "  body BLOB"                            /* NULL once purged */
    ");"
    "CREATE INDEX item_queue ON item(conversation_id, destination, state);"
    "CREATE INDEX item_state ON item(state, created);"
    "CREATE INDEX item_ready ON item(due) WHERE state = 1;"
    "CREATE INDEX item_ready_of ON item(destination, due) WHERE state = 1;"
    "CREATE INDEX item_settled ON item(settled) WHERE state = 2;"
    "CREATE INDEX item_kept ON item(settled) WHERE state = 2 AND body IS NOT NULL;"
    "PRAGMA application_id = " STRING(APPLICATION_ID) ";"
                                                      "PRAGMA user_version = " STRING(
                                                          SCHEMA_VERSION) ";";

#define ITEM_COLUMNS                                                                               \
    "idempotency_key, conversation_id, destination, content_type, body, created, attempts"
/* The other rows have a name of their own, for `conversation` may be a column of this one. */
#define QUEUE_IS_EMPTY(conversation, destination)                                                  \
    "(" conversation " = '' OR NOT EXISTS (SELECT 1 FROM item AS other"                            \
    " WHERE other.conversation_id = " conversation " AND other.destination = " destination         \
    " AND other.state IN (0, 1)))"

/* Where an index is named, the planner would take item_state and read all that is ready. */
static const char *const sql[JIEDA__SQL_COUNT] = {
    [JIEDA__SQL_BEGIN] = "BEGIN IMMEDIATE",
    [JIEDA__SQL_COMMIT] = "COMMIT",
    [JIEDA__SQL_ROLLBACK] = "ROLLBACK",
    [JIEDA__SQL_PUT] =
        "INSERT INTO item (idempotency_key, conversation_id, destination, content_type, digest,"
        " state, created, due, body) VALUES (?1, ?2, ?3, ?4, ?5, " QUEUE_IS_EMPTY(
            "?2", "?3") ","
                        " ?6, ?6, ?7) ON CONFLICT (idempotency_key) DO NOTHING",
    [JIEDA__SQL_DIGEST] = "SELECT digest FROM item WHERE idempotency_key = ?1",
    /* No wait is longer than ?2 - ?1: what is due later was set by a clock that has gone back. */
    [JIEDA__SQL_CLOCK_WENT_BACK] =
        "UPDATE item INDEXED BY item_ready SET due = ?1 WHERE state = 1 AND due > ?2",
    [JIEDA__SQL_DUE] = "SELECT " ITEM_COLUMNS " FROM item INDEXED BY item_ready WHERE state = 1"
                       " AND due <= ?1 ORDER BY due, id LIMIT ?2",
    [JIEDA__SQL_DUE_OF] = "SELECT " ITEM_COLUMNS " FROM item INDEXED BY item_ready_of"
                          " WHERE state = 1 AND due <= ?1 AND destination = ?3"
                          " ORDER BY due, id LIMIT ?2",
    [JIEDA__SQL_LEASE] = "UPDATE item SET due = ?2, lease = ?3, attempts = attempts + 1"
                         " WHERE idempotency_key = ?1",
    /* Whoever delivered it: that it arrived stays true after the lease ran out. */
    [JIEDA__SQL_DELIVERED] = "UPDATE item SET state = 2, settled = ?2, lease = NULL, reason = NULL"
                             " WHERE idempotency_key = ?1 AND state IN (1, 3)",
    [JIEDA__SQL_LATER] = "UPDATE item SET due = ?2, lease = NULL, reason = ?3"
                         " WHERE idempotency_key = ?1 AND state = 1 AND lease = ?4",
    [JIEDA__SQL_BURY] = "UPDATE item SET state = 3, settled = ?2, lease = NULL, reason = ?3"
                        " WHERE idempotency_key = ?1 AND state = 1 AND lease = ?4",
    [JIEDA__SQL_PROMOTE] =
        "UPDATE item SET state = 1 WHERE id = (SELECT min(id) FROM item WHERE conversation_id = ?1"
        " AND destination = ?2 AND state = 0) AND NOT EXISTS (SELECT 1 FROM item"
        " WHERE conversation_id = ?1 AND destination = ?2 AND state = 1)",
    [JIEDA__SQL_NEXT_DUE] = "SELECT min(due) FROM item INDEXED BY item_ready WHERE state = 1",
    [JIEDA__SQL_NEXT_DUE_OF] =
        "SELECT min(due) FROM item INDEXED BY item_ready_of WHERE state = 1 AND destination = ?1",
    [JIEDA__SQL_STATS] = "SELECT state, count(*), min(created) FROM item GROUP BY state",
    [JIEDA__SQL_DEAD] = "SELECT " ITEM_COLUMNS ", reason FROM item WHERE state = 3"
                        " ORDER BY created, id",
    [JIEDA__SQL_FIRST_DEAD] = "SELECT idempotency_key FROM item WHERE state = 3"
                              " ORDER BY created, id LIMIT 1",
    /* Its place in the order is gone, so it goes to the end. */
    [JIEDA__SQL_REVIVE] =
        "UPDATE item SET id = (SELECT max(id) + 1 FROM item), attempts = 0, settled = NULL,"
        " due = ?2, state = " QUEUE_IS_EMPTY(
            "item.conversation_id", "item.destination") " WHERE idempotency_key = ?1 AND state = 3",
    [JIEDA__SQL_PURGE_BODIES] =
        "UPDATE item SET body = NULL WHERE id IN (SELECT id FROM item INDEXED BY item_kept WHERE "
        "state = 2"
        " AND body IS NOT NULL AND settled < ?1 LIMIT " STRING(ERASE_COUNT) ")",
    [JIEDA__SQL_PURGE_KEYS] =
        "DELETE FROM item WHERE id IN (SELECT id FROM item INDEXED BY item_settled WHERE state = 2"
        " AND settled < ?1 LIMIT " STRING(ERASE_COUNT) ")",
    [JIEDA__SQL_ERASE] = "DELETE FROM item WHERE id IN (SELECT id FROM item"
                         " WHERE conversation_id = ?1 LIMIT " STRING(ERASE_COUNT) ")",
};

/* ---- statements and transactions ------------------------------------------------------------- */

sqlite3_stmt *jieda__outbox_statement(jieda_outbox *o, jieda__outbox_sql which)
{
    sqlite3_stmt *statement = o->statements[which];

    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement); /* what they point to may be gone */
    return statement;
}

void jieda__outbox_bind_text(sqlite3_stmt *statement, int index, jieda_str text)
{
    sqlite3_bind_text(statement, index, text.len > 0 ? text.ptr : "", (int)text.len, SQLITE_STATIC);
}

jieda_str jieda__outbox_column(sqlite3_stmt *statement, int column)
{
    const char *bytes = sqlite3_column_blob(statement, column);

    return (jieda_str){bytes, (size_t)sqlite3_column_bytes(statement, column)};
}

jieda_status jieda__outbox_fail(jieda_outbox *o, int rc, const char *doing, jieda_error *err)
{
    jieda_status status = JIEDA_E_IO;

    switch (rc & 0xFF) {
    case SQLITE_NOMEM:
        status = JIEDA_E_NOMEM;
        break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: /* a statement that does not fit the tables */
        status = JIEDA_E_FORMAT;
        break;
    }
    return jieda__hooks_fail(err, status, o->path, "%s: %s", doing,
                             o->db ? sqlite3_errmsg(o->db) : sqlite3_errstr(rc));
}

jieda_status jieda__outbox_run(jieda_outbox *o, sqlite3_stmt *statement, jieda_error *err)
{
    int rc = sqlite3_step(statement);
    jieda_status st =
        rc == SQLITE_DONE ? JIEDA_OK : jieda__outbox_fail(o, rc, "cannot write the outbox", err);

    sqlite3_reset(statement);
    return st;
}

static jieda_status execute(jieda_outbox *o, const char *text, jieda_error *err)
{
    int rc = sqlite3_exec(o->db, text, NULL, NULL, NULL);

    return rc == SQLITE_OK ? JIEDA_OK : jieda__outbox_fail(o, rc, "cannot open the outbox", err);
}

jieda_status jieda__outbox_begin(jieda_outbox *o, bool durable, jieda_error *err)
{
    if (durable != o->durable) {
        jieda_status st =
            execute(o, durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", err);

        if (st != JIEDA_OK)
            return st;
        o->durable = durable;
    }
    return jieda__outbox_run(o, jieda__outbox_statement(o, JIEDA__SQL_BEGIN), err);
}

jieda_status jieda__outbox_end(jieda_outbox *o, jieda_status st, jieda_error *err)
{
    if (st == JIEDA_OK)
        st = jieda__outbox_run(o, jieda__outbox_statement(o, JIEDA__SQL_COMMIT), err);
    if (!sqlite3_get_autocommit(o->db)) /* a full disk may have rolled back already */
        sqlite3_step(jieda__outbox_statement(o, JIEDA__SQL_ROLLBACK));
    sqlite3_reset(o->statements[JIEDA__SQL_ROLLBACK]);
    return st;
}

int64_t jieda__outbox_now(const jieda_outbox *o)
{
    struct timespec now;

    if (o->options.clock)
        return o->options.clock(o->options.clock_ctx);
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- opening --------------------------------------------------------------------------------- */

static bool options_fit(const jieda_outbox_options *options)
{
    return options->busy_timeout_ms <= INT32_MAX && options->backoff_base_ms >= 1 &&
           options->backoff_base_ms <= options->backoff_max_ms &&
           options->backoff_max_ms <= JIEDA_OUTBOX_DELAY_MS_MAX && options->lease_ms >= 1 &&
           options->lease_ms <= JIEDA_OUTBOX_DELAY_MS_MAX && options->destination &&
           options->destination[0] != '\0' &&
           strlen(options->destination) <= JIEDA_OUTBOX_DESTINATION_BYTES_MAX;
}

static jieda_status read_pragma(jieda_outbox *o, const char *text, int64_t *value_out,
                                jieda_error *err)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(o->db, text, -1, &statement, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        *value_out = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return rc == SQLITE_ROW ? JIEDA_OK : jieda__outbox_fail(o, rc, "cannot read the outbox", err);
}

/* Two processes that make the same outbox meet here, where SQLite does not always wait. */
static jieda_status enter_wal_mode(jieda_outbox *o, jieda_error *err)
{
    int64_t end = jieda__hooks_monotonic_ms() + o->options.busy_timeout_ms;
    int rc;

    for (;;) {
        rc = sqlite3_exec(o->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
        if ((rc & 0xFF) != SQLITE_BUSY || jieda__hooks_monotonic_ms() >= end)
            break;
        sqlite3_sleep(5);
    }
    return rc == SQLITE_OK ? JIEDA_OK : jieda__outbox_fail(o, rc, "cannot open the outbox", err);
}

/* @param is_new_out  an empty database, without tables. */
static jieda_status inspect(jieda_outbox *o, bool *is_new_out, jieda_error *err)
{
    int64_t id = 0, version = 0, tables = 0;
    jieda_status st = read_pragma(o, "PRAGMA application_id", &id, err);

    if (st == JIEDA_OK)
        st = read_pragma(o, "PRAGMA user_version", &version, err);
    if (st == JIEDA_OK)
        st = read_pragma(o, "SELECT count(*) FROM sqlite_schema", &tables, err);
    if (st != JIEDA_OK)
        return st;
    *is_new_out = id == 0 && version == 0 && tables == 0;
    if (!*is_new_out && id != APPLICATION_ID)
        return jieda__hooks_fail(err, JIEDA_E_FORMAT, o->path,
                                 "a database of something else; name another file");
    if (version > SCHEMA_VERSION)
        return jieda__hooks_fail(err, JIEDA_E_VERSION, o->path,
                                 "an outbox of a newer jieda; update this one");
    if (!*is_new_out && version != SCHEMA_VERSION)
        return jieda__hooks_fail(err, JIEDA_E_FORMAT, o->path, "the outbox is damaged");
    return JIEDA_OK;
}

/* Within a transaction, so that nobody else makes them meanwhile. */
static jieda_status make_tables(jieda_outbox *o, jieda_error *err)
{
    bool is_new;
    jieda_status st = inspect(o, &is_new, err);

    return st == JIEDA_OK && is_new ? execute(o, schema, err) : st;
}

static jieda_status prepare(jieda_outbox *o, jieda__outbox_sql which, jieda_error *err)
{
    int rc = sqlite3_prepare_v3(o->db, sql[which], -1, SQLITE_PREPARE_PERSISTENT,
                                &o->statements[which], NULL);

    return rc == SQLITE_OK ? JIEDA_OK : jieda__outbox_fail(o, rc, "the outbox is damaged", err);
}

static jieda_status open_file(jieda_outbox *o, jieda_error *err)
{
    jieda_status st;
    bool is_new;
    int rc;

    /* SQLite would make the file as the umask says. mknod() leaves no descriptor to close, which
     * would drop the locks that another connection of this process holds on the file. */
    if (mknod(o->path, S_IFREG | 0600, 0) != 0) {
        /* There already, or not to be made: sqlite3_open_v2() will say. */
    }
    rc = sqlite3_open_v2(o->path, &o->db,
                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc != SQLITE_OK)
        return jieda__outbox_fail(o, rc, "cannot open the outbox", err);
    sqlite3_busy_timeout(o->db, (int)o->options.busy_timeout_ms);
    /* Before a file of somebody else's is changed in any way; in one transaction, for another
     * process may be making the tables between two looks. */
    st = execute(o, "BEGIN", err);
    if (st == JIEDA_OK)
        st = inspect(o, &is_new, err);
    if (st == JIEDA_OK)
        st = execute(o, "COMMIT", err);
    if (st == JIEDA_OK)
        st = enter_wal_mode(o, err);
    if (st == JIEDA_OK)
        st = execute(o, "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON", err);
    o->durable = true;
    /* The three that need no table first: with them the tables are made. */
    for (int i = 0; st == JIEDA_OK && i <= JIEDA__SQL_ROLLBACK; i++)
        st = prepare(o, (jieda__outbox_sql)i, err);
    if (st == JIEDA_OK)
        st = jieda__outbox_begin(o, true, err);
    if (st == JIEDA_OK)
        st = jieda__outbox_end(o, make_tables(o, err), err);
    for (int i = JIEDA__SQL_ROLLBACK + 1; st == JIEDA_OK && i < JIEDA__SQL_COUNT; i++)
        st = prepare(o, (jieda__outbox_sql)i, err);
    return st;
}

jieda_status jieda_outbox_open(const char *path, const jieda_outbox_options *options,
                               jieda_outbox **outbox_out, jieda_error *err)
{
    static const jieda_outbox_options defaults = JIEDA_OUTBOX_OPTIONS_INIT;
    jieda_outbox *o;
    jieda_status st;

    *outbox_out = NULL;
    if (!options)
        options = &defaults;
    if (!options_fit(options))
        return jieda__hooks_fail(err, JIEDA_E_INVALID, path,
                                 "an option of the outbox is out of range; see jieda/hooks.h");
    if (path[0] == '\0' || path[0] == ':')
        return jieda__hooks_fail(err, JIEDA_E_INVALID, path,
                                 "an outbox needs a file; a name must not begin with a colon");
    o = calloc(1, sizeof *o);
    if (!o)
        return jieda__hooks_fail(err, JIEDA_E_NOMEM, path, "out of memory");
    pthread_mutex_init(&o->lock, NULL);
    o->options = *options;
    o->options.destination = strdup(options->destination);
    o->path = strdup(path);
    if (!o->path || !o->options.destination) {
        jieda_outbox_close(o);
        return jieda__hooks_fail(err, JIEDA_E_NOMEM, path, "out of memory");
    }
    o->random = options->seed;
    if (o->random == 0)
        sqlite3_randomness(sizeof o->random, &o->random);
    st = open_file(o, err);
    if (st != JIEDA_OK) {
        jieda_outbox_close(o);
        return st;
    }
    *outbox_out = o;
    return JIEDA_OK;
}

void jieda_outbox_close(jieda_outbox *o)
{
    if (!o)
        return;
    for (int i = 0; i < JIEDA__SQL_COUNT; i++)
        sqlite3_finalize(o->statements[i]);
    sqlite3_close(o->db);
    pthread_mutex_destroy(&o->lock);
    free((char *)o->options.destination);
    free(o->path);
    free(o);
}

/* ---- storing --------------------------------------------------------------------------------- */

static bool has_control_character(jieda_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7F)
            return true;
    return false;
}

static bool is_printable_ascii(jieda_str text, char first)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < first || text.ptr[i] > '~')
            return false;
    return true;
}

static jieda_status check_message(const jieda_outbox *o, const jieda_outbox_message *m,
                                  jieda_error *err)
{
    if (m->body.len > JIEDA_OUTBOX_BODY_BYTES_MAX ||
        m->idempotency_key.len > JIEDA_OUTBOX_NAME_BYTES_MAX ||
        m->conversation_id.len > JIEDA_OUTBOX_NAME_BYTES_MAX ||
        m->content_type.len > JIEDA_OUTBOX_NAME_BYTES_MAX ||
        m->destination.len > JIEDA_OUTBOX_DESTINATION_BYTES_MAX)
        return jieda__hooks_fail(err, JIEDA_E_LIMIT, o->path,
                                 "the message is too long for the outbox");
    if (m->idempotency_key.len == 0 || !is_printable_ascii(m->idempotency_key, '!'))
        return jieda__hooks_fail(err, JIEDA_E_INVALID, o->path,
                                 "an idempotency key is printable ASCII without spaces");
    if (m->destination.len == 0 || has_control_character(m->destination) ||
        has_control_character(m->conversation_id))
        return jieda__hooks_fail(err, JIEDA_E_INVALID, o->path,
                                 "a conversation and a destination hold no control characters, and "
                                 "there must be a destination");
    if (!is_printable_ascii(m->content_type, ' '))
        return jieda__hooks_fail(err, JIEDA_E_INVALID, o->path,
                                 "a content type is printable ASCII");
    return JIEDA_OK;
}

static jieda_status compare_digest(jieda_outbox *o, jieda_str key,
                                   const unsigned char digest[DIGEST_BYTES],
                                   jieda_outbox_put_result *result_out, jieda_error *err)
{
    sqlite3_stmt *s = jieda__outbox_statement(o, JIEDA__SQL_DIGEST);
    jieda_str kept;
    int rc;

    jieda__outbox_bind_text(s, 1, key);
    rc = sqlite3_step(s);
    if (rc != SQLITE_ROW)
        return jieda__outbox_fail(o, rc, "cannot read the outbox", err);
    kept = jieda__outbox_column(s, 0);
    *result_out = kept.len == DIGEST_BYTES && memcmp(kept.ptr, digest, DIGEST_BYTES) == 0
                      ? JIEDA_OUTBOX_KNOWN
                      : JIEDA_OUTBOX_KEPT_FIRST;
    sqlite3_reset(s);
    return JIEDA_OK;
}

static jieda_status put_one(jieda_outbox *o, const jieda_outbox_message *m, int64_t now,
                            jieda_outbox_put_result *result_out, jieda_error *err)
{
    static const char json[] = "application/json";
    sqlite3_stmt *s = jieda__outbox_statement(o, JIEDA__SQL_PUT);
    unsigned char digest[DIGEST_BYTES];
    jieda_status st;

    if (!EVP_Digest(m->body.len > 0 ? m->body.ptr : "", m->body.len, digest, NULL, EVP_sha256(),
                    NULL))
        return jieda__hooks_fail(err, JIEDA_E_NOMEM, o->path, "libcrypto makes no digest");
    jieda__outbox_bind_text(s, 1, m->idempotency_key);
    jieda__outbox_bind_text(s, 2, m->conversation_id);
    jieda__outbox_bind_text(s, 3, m->destination);
    jieda__outbox_bind_text(
        s, 4, m->content_type.len > 0 ? m->content_type : (jieda_str){json, sizeof json - 1});
    sqlite3_bind_blob(s, 5, digest, sizeof digest, SQLITE_STATIC);
    sqlite3_bind_int64(s, 6, now);
    sqlite3_bind_blob(s, 7, m->body.len > 0 ? m->body.ptr : "", (int)m->body.len, SQLITE_STATIC);
    st = jieda__outbox_run(o, s, err);
    if (st != JIEDA_OK)
        return st;
    *result_out = JIEDA_OUTBOX_STORED;
    return sqlite3_changes(o->db) > 0
               ? JIEDA_OK
               : compare_digest(o, m->idempotency_key, digest, result_out, err);
}

jieda_status jieda_outbox_put(jieda_outbox *o, const jieda_outbox_message *messages, size_t count,
                              jieda_outbox_put_result *results_out, jieda_error *err)
{
    jieda_status st = JIEDA_OK;

    if (count == 0 || count > JIEDA_OUTBOX_BATCH_COUNT_MAX)
        return jieda__hooks_fail(err, JIEDA_E_INVALID, o->path,
                                 "1 to %d messages are stored at a time",
                                 JIEDA_OUTBOX_BATCH_COUNT_MAX);
    for (size_t i = 0; st == JIEDA_OK && i < count; i++)
        st = check_message(o, &messages[i], err);
    if (st != JIEDA_OK)
        return st;
    pthread_mutex_lock(&o->lock);
    st = jieda__outbox_begin(o, true, err);
    if (st == JIEDA_OK) {
        int64_t now = jieda__outbox_now(o);

        for (size_t i = 0; st == JIEDA_OK && i < count; i++) {
            jieda_outbox_put_result result = JIEDA_OUTBOX_STORED;

            st = put_one(o, &messages[i], now, &result, err);
            if (results_out)
                results_out[i] = result;
        }
        st = jieda__outbox_end(o, st, err);
    }
    pthread_mutex_unlock(&o->lock);
    return st;
}

/* ---- looking --------------------------------------------------------------------------------- */

jieda_status jieda_outbox_next_due(jieda_outbox *o, const char *destination, int64_t *due_ms_out,
                                   jieda_error *err)
{
    jieda_status st = JIEDA_OK;
    sqlite3_stmt *s;
    int rc;

    pthread_mutex_lock(&o->lock);
    s = jieda__outbox_statement(o, destination ? JIEDA__SQL_NEXT_DUE_OF : JIEDA__SQL_NEXT_DUE);
    if (destination)
        jieda__outbox_bind_text(s, 1, (jieda_str){destination, strlen(destination)});
    rc = sqlite3_step(s);
    if (rc == SQLITE_ROW)
        *due_ms_out =
            sqlite3_column_type(s, 0) == SQLITE_NULL ? INT64_MAX : sqlite3_column_int64(s, 0);
    else
        st = jieda__outbox_fail(o, rc, "cannot read the outbox", err);
    sqlite3_reset(s);
    pthread_mutex_unlock(&o->lock);
    return st;
}

jieda_status jieda_outbox_stats(jieda_outbox *o, jieda_outbox_counts *counts_out, jieda_error *err)
{
    jieda_outbox_counts counts = {0};
    int64_t oldest = INT64_MAX;
    jieda_status st = JIEDA_OK;
    sqlite3_stmt *s;
    int rc;

    pthread_mutex_lock(&o->lock);
    s = jieda__outbox_statement(o, JIEDA__SQL_STATS);
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        uint64_t count = (uint64_t)sqlite3_column_int64(s, 1);
        int64_t created = sqlite3_column_int64(s, 2);

        switch (sqlite3_column_int(s, 0)) {
        case JIEDA__ITEM_WAITING:
        case JIEDA__ITEM_READY:
            counts.pending += count;
            oldest = created < oldest ? created : oldest;
            break;
        case JIEDA__ITEM_DELIVERED:
            counts.delivered = count;
            break;
        default:
            counts.dead = count;
        }
    }
    if (rc != SQLITE_DONE)
        st = jieda__outbox_fail(o, rc, "cannot read the outbox", err);
    sqlite3_reset(s);
    pthread_mutex_unlock(&o->lock);
    if (counts.pending > 0) {
        int64_t age = jieda__outbox_now(o) - oldest;

        counts.oldest_ms = age > 0 ? age : 0;
    }
    if (st == JIEDA_OK)
        *counts_out = counts;
    return st;
}

jieda_status jieda_outbox_dead(jieda_outbox *o, jieda_outbox_dead_fn *each, void *ctx,
                               jieda_error *err)
{
    jieda_status st = JIEDA_OK;
    bool more = true;
    sqlite3_stmt *s;
    int rc;

    pthread_mutex_lock(&o->lock);
    s = jieda__outbox_statement(o, JIEDA__SQL_DEAD);
    while (more && (rc = sqlite3_step(s)) != SQLITE_DONE) {
        jieda_outbox_message message;

        if (rc != SQLITE_ROW) {
            st = jieda__outbox_fail(o, rc, "cannot read the outbox", err);
            break;
        }
        message = (jieda_outbox_message){
            .idempotency_key = jieda__outbox_column(s, 0),
            .conversation_id = jieda__outbox_column(s, 1),
            .destination = jieda__outbox_column(s, 2),
            .content_type = jieda__outbox_column(s, 3),
            .body = jieda__outbox_column(s, 4),
        };
        more =
            each(ctx, &message, (uint32_t)sqlite3_column_int64(s, 6), jieda__outbox_column(s, 7));
    }
    sqlite3_reset(s);
    pthread_mutex_unlock(&o->lock);
    return st;
}

/* ---- reviving and erasing -------------------------------------------------------------------- */

static jieda_status revive(jieda_outbox *o, jieda_str key, int64_t now, jieda_error *err)
{
    sqlite3_stmt *s = jieda__outbox_statement(o, JIEDA__SQL_REVIVE);

    jieda__outbox_bind_text(s, 1, key);
    sqlite3_bind_int64(s, 2, now);
    return jieda__outbox_run(o, s, err);
}

/* One after the other, because each looks at the queue that those before it have joined. */
static jieda_status revive_all(jieda_outbox *o, int64_t now, jieda_error *err)
{
    for (;;) {
        char key[JIEDA_OUTBOX_NAME_BYTES_MAX];
        sqlite3_stmt *s = jieda__outbox_statement(o, JIEDA__SQL_FIRST_DEAD);
        int rc = sqlite3_step(s);
        jieda_str found = {NULL, 0};
        jieda_status st;

        if (rc == SQLITE_ROW)
            found = jieda__outbox_column(s, 0);
        if (rc != SQLITE_ROW || found.len > sizeof key) {
            st = rc == SQLITE_DONE ? JIEDA_OK
                                   : jieda__outbox_fail(o, rc == SQLITE_ROW ? SQLITE_CORRUPT : rc,
                                                        "cannot read the outbox", err);
            sqlite3_reset(s);
            return st;
        }
        memcpy(key, found.ptr, found.len);
        sqlite3_reset(s);
        st = revive(o, (jieda_str){key, found.len}, now, err);
        if (st != JIEDA_OK)
            return st;
    }
}

jieda_status jieda_outbox_retry(jieda_outbox *o, jieda_str key, jieda_error *err)
{
    jieda_status st;

    pthread_mutex_lock(&o->lock);
    st = jieda__outbox_begin(o, true, err);
    if (st == JIEDA_OK) {
        int64_t now = jieda__outbox_now(o);

        st = key.len > 0 ? revive(o, key, now, err) : revive_all(o, now, err);
        if (st == JIEDA_OK && key.len > 0 && sqlite3_changes(o->db) == 0)
            st = jieda__hooks_fail(err, JIEDA_E_NOT_FOUND, o->path,
                                   "no dead message has the key %.*s", (int)key.len, key.ptr);
        st = jieda__outbox_end(o, st, err);
    }
    pthread_mutex_unlock(&o->lock);
    return st;
}

/* Runs an erasing statement until it finds nothing more, giving way to others in between. The
 * caller binds its parameter through `bind_ctx`. */
typedef void bind_fn(sqlite3_stmt *statement, const void *ctx);

static jieda_status erase_all(jieda_outbox *o, jieda__outbox_sql which, bind_fn *bind,
                              const void *ctx, uint64_t *count, jieda_error *err)
{
    jieda_status st = JIEDA_OK;
    int changed = ERASE_COUNT;

    while (st == JIEDA_OK && changed == ERASE_COUNT) {
        pthread_mutex_lock(&o->lock);
        st = jieda__outbox_begin(o, true, err);
        if (st == JIEDA_OK) {
            sqlite3_stmt *s = jieda__outbox_statement(o, which);

            bind(s, ctx);
            st = jieda__outbox_run(o, s, err);
            changed = sqlite3_changes(o->db);
            st = jieda__outbox_end(o, st, err);
        }
        pthread_mutex_unlock(&o->lock);
        if (st == JIEDA_OK)
            *count += (uint64_t)changed;
    }
    return st;
}

/* The log still holds what the file no longer does; emptied if nobody reads it just now. */
static void empty_log(jieda_outbox *o)
{
    pthread_mutex_lock(&o->lock);
    sqlite3_wal_checkpoint_v2(o->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    pthread_mutex_unlock(&o->lock);
}

static void bind_time(sqlite3_stmt *statement, const void *ctx)
{
    sqlite3_bind_int64(statement, 1, *(const int64_t *)ctx);
}

static void bind_conversation(sqlite3_stmt *statement, const void *ctx)
{
    jieda__outbox_bind_text(statement, 1, *(const jieda_str *)ctx);
}

jieda_status jieda_outbox_purge(jieda_outbox *o, int64_t before_ms, uint64_t *count_out,
                                jieda_error *err)
{
    int64_t keys_before = before_ms > INT64_MIN + JIEDA_OUTBOX_KEY_DAYS * DAY_MS
                              ? before_ms - JIEDA_OUTBOX_KEY_DAYS * DAY_MS
                              : INT64_MIN;
    uint64_t bodies = 0, keys = 0;
    jieda_status st = erase_all(o, JIEDA__SQL_PURGE_BODIES, bind_time, &before_ms, &bodies, err);

    if (st == JIEDA_OK)
        st = erase_all(o, JIEDA__SQL_PURGE_KEYS, bind_time, &keys_before, &keys, err);
    if (bodies + keys > 0)
        empty_log(o);
    if (st == JIEDA_OK && count_out)
        *count_out = bodies;
    return st;
}

jieda_status jieda_outbox_erase(jieda_outbox *o, jieda_str conversation_id, uint64_t *count_out,
                                jieda_error *err)
{
    uint64_t count = 0;
    jieda_status st =
        erase_all(o, JIEDA__SQL_ERASE, bind_conversation, &conversation_id, &count, err);

    if (count > 0)
        empty_log(o);
    if (st == JIEDA_OK && count_out)
        *count_out = count;
    return st;
}
