/*
 * visitor.h - who is asking, and which entries may this visitor see now?
 */
#ifndef JIEDA__DIALOG_VISITOR_H
#define JIEDA__DIALOG_VISITOR_H

#include "index/index.h"

#include "jieda/jieda.h"

/* A host tag or a placeholder's value. Strings are heap blocks of the session. */
typedef struct jieda__binding {
    char *name;
    char *value;
    size_t value_len;
} jieda__binding;

typedef struct jieda__bindings {
    jieda__binding items[JIEDA_BINDING_COUNT_MAX];
    size_t count;
} jieda__bindings;

/* Sets, replaces or (empty value) removes. @return JIEDA_E_LIMIT, JIEDA_E_INVALID, JIEDA_E_NOMEM.
 */
jieda_status jieda__bindings_set(jieda__bindings *bindings, const jieda_allocator *alloc,
                                 const char *name, jieda_str value, jieda_error *err);
void jieda__bindings_free(jieda__bindings *bindings, const jieda_allocator *alloc);
/* The value, or {NULL, 0}. */
jieda_str jieda__bindings_get(const jieda__bindings *bindings, jieda_str name);

/* What decides which entries a visitor may see. */
typedef struct jieda__visitor {
    jieda__reader *reader;
    const jieda__bindings *tags;
    uint64_t bound_placeholders; /* bit per placeholder of the knowledge base */
    int32_t today;               /* days since 1970-01-01 */
    uint32_t withheld_count;     /* entries hidden for want of a placeholder, in this call */
    uint32_t withheld_entry;     /* one of them, or JIEDA__NONE */
    jieda_error *err;            /* of a failed look-up; then `status` is set */
    jieda_status status;
} jieda__visitor;

/* A jieda__entry_filter with a jieda__visitor as context: in its validity, its `when` holds, its
 * answers can be completed. */
bool jieda__visitor_may_see(void *visitor, uint32_t entry);

/* Whether one `when` value holds for a tag: ">=1.2", ">1", "<=2", "<3" compare dotted numbers part
 * by part, "!=x" differs, anything else equals. */
bool jieda__condition_holds(jieda_str condition, jieda_str value);

#endif
