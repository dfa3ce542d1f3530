/* SPDX-License-Identifier: Apache-2.0 */
/* visit.h - one walk over the fields of a record that either writes or reads them.
 *
 * A record has one visitor function, and both directions run it, so that encoder and decoder cannot
 * drift apart. Writing: values go to `out` and are left alone. Reading: values come from `in`; the
 * first thing that is not as an encoder writes it sets `bad`, and from then on everything reads as
 * zero. Integers are LEB128 in their shortest form, byte strings are length + bytes. Internal to
 * storage/.
 */
#ifndef SL_VISIT_H
#define SL_VISIT_H

#include "codec.h"

/* Texts of a record that a later one may be found at the end of: where they end in the record, by
 * their last bytes. */
enum { SL_VISIT_TEXTS = 128 };
/* What the texts of a record that stand for earlier ones may add up to: no honest record is longer
 * when it is written out, and a few bytes must not become many. */
enum { SL_VISIT_ROOM = 20 << 20 };
struct sl_visit_texts {
	uint32_t ends[SL_VISIT_TEXTS];
};

struct sl_visit {
	bool reading, bad;
	uint8_t version; /* of the record's encoding */
	struct sl_buf *out;
	struct sl_span in;            /* what is left to read */
	struct sl_arena *arena;       /* for arrays that are read; NULL when the record has none */
	size_t room;                  /* that is left of SL_VISIT_ROOM */
	const char *start;            /* of the record that is read */
	size_t from;                  /* of the record that is written, in `out` */
	struct sl_visit_texts *texts; /* of the record that is written */
};

struct sl_visit sl_visit_writer(struct sl_buf *out);
struct sl_visit sl_visit_reader(struct sl_span in, struct sl_arena *arena);
/* Read to the last byte, and all was well. */
bool sl_visit_ended(const struct sl_visit *v);
/* Refuse the input. */
void sl_visit_refuse(struct sl_visit *v);

void sl_visit_u64(struct sl_visit *v, uint64_t *value);
void sl_visit_u32(struct sl_visit *v, uint32_t *value);
/* Any int64_t; SL_TIME_NONE takes one byte. */
void sl_visit_time(struct sl_visit *v, int64_t *time);
void sl_visit_bool(struct sl_visit *v, bool *value);
/* Enumerations and bit sets: the value that holds after the visit, at most `max`. */
uint64_t sl_visit_max(struct sl_visit *v, uint64_t value, uint64_t max) SL_MUST_CHECK;
/* Exactly `n` bytes, no length in front. */
void sl_visit_bytes(struct sl_visit *v, void *bytes, size_t n);
void sl_visit_id(struct sl_visit *v, struct sl_id *id);
/* Any bytes; what is read points into the input. */
void sl_visit_span(struct sl_visit *v, struct sl_span *span);
/* The same, and it must be UTF-8. */
void sl_visit_text(struct sl_visit *v, struct sl_span *text);
/* The same in a record of version 2, where a text that ends an earlier one is named by its place:
 * what is read then points there. */
void sl_visit_known_text(struct sl_visit *v, struct sl_span *text);
/* The same when most such texts lie within `whole`, or end it. */
void sl_visit_text_within(struct sl_visit *v, struct sl_span *text, struct sl_span whole);
void sl_visit_text_ending(struct sl_visit *v, struct sl_span *text, struct sl_span whole);

/* An array: count, then the items. Returns the array that holds after the visit. `min` is the
 * fewest bytes that an item takes: a count that cannot be there is refused before anything is
 * allocated. While writing, `item` gets a copy, so the caller's array is never stored to. */
void *sl_visit_array(struct sl_visit *v, void *items, size_t *n, size_t item_size, size_t min,
	void (*item)(struct sl_visit *v, void *item));
void sl_visit_span_item(struct sl_visit *v, void *span);
void sl_visit_id_item(struct sl_visit *v, void *id);

/* Mails without HTML have an empty sketch: one byte for it. */
void sl_visit_sketch(struct sl_visit *v, uint16_t sketch[SL_TAG_SKETCH]);

/* A record begins here; `texts` is for a writer. */
void sl_visit_record(struct sl_visit *v, struct sl_visit_texts *texts);

/* Records of pipeline/record.h (codec.c), with their version byte: of a message its face; all of
 * one that version 1 wrote. Without: the other part, behind the face's key. */
void sl_visit_face(struct sl_visit *v, struct sl_message *message);
void sl_visit_message_1(struct sl_visit *v, struct sl_message *message);
void sl_visit_copy(struct sl_visit *v, struct sl_message *message, struct sl_id *face);
/* The first fields of both, for readers: of a face all but its indicators, of the other part id,
 * digest and parent. */
void sl_visit_face_look(struct sl_visit *v, struct sl_message *message);
void sl_visit_copy_head(struct sl_visit *v, struct sl_message *message, struct sl_id *face);
void sl_visit_content(struct sl_visit *v, struct sl_content *content);

#endif
