/* SPDX-License-Identifier: Apache-2.0 */
/* json_read.h - the only door to json-c: reading JSON that users bring (warninglists, link files).
 *
 * A document owns all its values; a value is valid until sl_jsonin_free(). Functions take a NULL
 * value and give "nothing", so that chains of lookups need no checks. Depth is bounded at 64.
 * About 100 MB/s; never used on mail.
 */
#ifndef SL_JSON_READ_H
#define SL_JSON_READ_H

#include "span.h"

struct sl_jsonin;

/* The document in `text`, or NULL when it is no JSON. Free it with sl_jsonin_free(). */
struct sl_jsonin *sl_jsonin_parse(struct sl_span text) SL_MUST_CHECK;
/* Frees the document; sets the pointer NULL. */
void sl_jsonin_free(struct sl_jsonin **document);

/* The member of an object, or NULL. */
const struct sl_jsonin *sl_jsonin_member(const struct sl_jsonin *value, const char *name);
/* Number of elements of an array; 0 for anything else. */
size_t sl_jsonin_length(const struct sl_jsonin *value);
/* Element of an array, or NULL. */
const struct sl_jsonin *sl_jsonin_at(const struct sl_jsonin *value, size_t i);
/* The text of a string, borrowed; the empty span for anything else. */
struct sl_span sl_jsonin_text(const struct sl_jsonin *value);
/* The value of a whole number; false for anything else. */
bool sl_jsonin_number(const struct sl_jsonin *value, int64_t *number_r);

#endif
