/*
 * parse.h - what the parsers of JSON sources share with each other.
 */
#ifndef JIEDA__KB_PARSE_H
#define JIEDA__KB_PARSE_H

#include "compiler/json.h"

/* "format": the only one there is is 1. An absent value passes. */
void jieda__format_check(jieda__json *json, jieda__json_value value);

/* A lexicon inside an open JSON text. @param whole  it is a file, so "format" must be there. */
void jieda__lexicon_parse_value(jieda__json *json, jieda__json_value value, bool whole,
                                jieda__src_lexicon *out);

/* `status` with its message in `err`. */
jieda_status jieda__parse_status(jieda_status status, const char *file, jieda_error *err);

#endif
