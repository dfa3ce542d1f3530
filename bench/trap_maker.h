/* SPDX-License-Identifier: Apache-2.0 */
/* trap_maker.h - makes the raw mail of a number, and its truth.
 *
 * A maker owns what it returns, until the next mail. Memory: a few times the largest mail.
 */
#ifndef TRAP_MAKER_H
#define TRAP_MAKER_H

#include "trap_coding.h"
#include "trap_text.h"

enum { TRAP_SENDER_LINES = 8 };

struct trap_maker {
	const struct trap_options *options;
	struct trap_converters converters;
	struct trap_writer writer;
	struct trap_mail mail;
	struct trap_truth truth;
	struct trap_dice copy; /* for what each copy has of its own */
	char boundary[24], token[TRAP_TOKEN];
	uint32_t tokens;
	struct sl_buf sender, ip, text, converted, file;
	struct sl_buf content; /* Content-Type and -Transfer-Encoding of the whole mail */
	struct sl_buf body, raw, crlf;
};

void trap_maker_init(struct trap_maker *maker, const struct trap_options *options);
void trap_maker_free(struct trap_maker *maker);
/* Mail `number`; its plan and truth are in the maker. */
struct sl_span trap_maker_mail(struct trap_maker *maker, uint64_t number);

/* trap_body.c: fill `content` and `body`. */
void trap_body_write(struct trap_maker *maker);
/* trap_head.c: the envelope sender, and all fields in front of the body, into `raw`. */
void trap_head_write(struct trap_maker *maker);

#endif
