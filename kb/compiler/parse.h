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

/* Rules inside an open JSON text. @param whole  it is a file, so "format" must be there. */
void jieda__rules_parse_value(jieda__json *json, jieda__json_value value, bool whole,
                              jieda__source *out);

/* A policy inside an open JSON text; the pack's languages are known. @param whole  as above. */
void jieda__policy_parse_value(jieda__json *json, jieda__json_value value, bool whole,
                               jieda__source *out);

/* An object of texts by language; an absent value is none. `name` is what findings call it. */
void jieda__localized_parse(jieda__json *json, jieda__source *source, jieda__json_value value,
                            const char *name, jieda__localized *out);

/* `status` with its message in `err`. */
jieda_status jieda__parse_status(jieda_status status, const char *file, jieda_error *err);

#endif
