/* SPDX-License-Identifier: Apache-2.0 */
/* trap_text.h - fills the slots of text and frames, and notes what it puts in.
 *
 * A writer belongs to one mail at a time and is used again. All it writes is UTF-8.
 */
#ifndef TRAP_TEXT_H
#define TRAP_TEXT_H

#include "trap_frame.h"
#include "trap_truth.h"

enum { TRAP_LINKS = 3, TRAP_PICTURES = 2, TRAP_TOKEN = 16 };

struct trap_writer {
	const struct trap_options *options;
	const struct trap_mail *mail;
	struct trap_truth *truth;
	struct sl_buf brand, contact, subject, sentence, scratch;
	struct sl_buf links[TRAP_LINKS], pictures[TRAP_PICTURES], machine;
	char token[TRAP_TOKEN + 1]; /* behind links of the part in hand; empty: none */
	uint32_t tokens;            /* how many links get it */
	uint32_t n_links, n_pictures, used_links, used_pictures;
	uint32_t amount, reference, person, day;
	struct trap_dice frame; /* for $k and $w: the same for a whole family */
};

void trap_writer_init(struct trap_writer *writer, const struct trap_options *options);
void trap_writer_free(struct trap_writer *writer);
/* Another mail: draw what its slots hold. Both are borrowed until the next call. */
void trap_writer_begin(
	struct trap_writer *writer, const struct trap_mail *mail, struct trap_truth *truth);
/* Another part: links are counted anew; `token` as above, or NULL. */
void trap_writer_part(struct trap_writer *writer, const char *token, uint32_t tokens);
/* The subject, all slots filled; it is no part of the truth. */
struct sl_span trap_writer_subject(struct trap_writer *writer);
/* The part as text, and as HTML of about `size` bytes. */
void trap_writer_text(struct trap_writer *writer, struct sl_buf *to);
void trap_writer_html(struct trap_writer *writer, size_t size, struct sl_buf *to);

#endif
