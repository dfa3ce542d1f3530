/* SPDX-License-Identifier: Apache-2.0 */
/* json.h - writes JSON (RFC 8259) into a struct sl_buf, as a stream.
 *
 * Keys come out in the order given. The result is always valid UTF-8: bytes that are none become
 * U+FFFD. Control characters (C0, DEL, C1), bidi controls, U+2028/2029, and the < of </ and <! are
 * escaped, so that a line is safe on a terminal and in a script element too. The writer owns
 * nothing; a wrong nesting is a broken invariant. Costs one pass over the text.
 */
#ifndef SL_JSON_H
#define SL_JSON_H

#include "buf.h"
#include "clock.h"

enum { SL_JSON_DEPTH = 63 };

struct sl_json {
	struct sl_buf *to;
	unsigned depth;
	uint64_t filled;  /* bit per level: something stands in it already */
	uint64_t objects; /* bit per level: an object, not an array */
	bool keyed;       /* a key was written, its value is due */
};

static inline struct sl_json sl_json_make(struct sl_buf *to)
{
	return (struct sl_json){ to, 0, 0, 0, false };
}

void sl_json_object(struct sl_json *json);
void sl_json_object_end(struct sl_json *json);
void sl_json_array(struct sl_json *json);
void sl_json_array_end(struct sl_json *json);
/* `key` is one of our own names: it is not escaped. */
void sl_json_key(struct sl_json *json, const char *key);

void sl_json_text(struct sl_json *json, struct sl_span text);
void sl_json_str(struct sl_json *json, const char *text);
/* null when the text is empty. */
void sl_json_text_or_null(struct sl_json *json, struct sl_span text);
void sl_json_u64(struct sl_json *json, uint64_t value);
void sl_json_bool(struct sl_json *json, bool value);
void sl_json_null(struct sl_json *json);
/* ISO 8601 in UTC; null for SL_TIME_NONE. */
void sl_json_time(struct sl_json *json, int64_t time);
/* Lower-case hexadecimal digits as a text. */
void sl_json_hex(struct sl_json *json, const void *bytes, size_t n);
/* Everything is closed: one value was written. Ends the line. */
void sl_json_line(struct sl_json *json);

#endif
