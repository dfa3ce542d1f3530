/* SPDX-License-Identifier: Apache-2.0 */
/* micro.h - what the micro benches work on, and the shape of one of them.
 *
 * All input is invented and made at the start. A row is timed call by call: `prepare` comes before
 * each call and is not counted.
 */
#ifndef MICRO_H
#define MICRO_H

#include "pipeline/mail.h"
#include "pipeline/mill.h"
#include "stages/cluster/sketch.h"
#include "stages/extract/suffixes.h"
#include "stages/parse/charset.h"
#include "stages/parse/html.h"
#include "stages/parse/mime.h"

enum { MICRO_HOSTS = 256, MICRO_URLS = 64, MICRO_RESULTS = 64 };

struct micro_input {
	struct sl_buf mail;  /* about 30 KB: 40 fields, text in quoted-printable, HTML and a file in
				base64 */
	size_t marks[2];     /* of letters in the text, and in the HTML within base64 */
	struct sl_buf mbox;  /* 32 such mails */
	struct sl_buf file;  /* base64 of 24 KB */
	struct sl_buf qp;    /* 16 KB of quoted-printable */
	struct sl_buf latin; /* 16 KB of English */
	struct sl_buf japanese, sjis, jis; /* the same text in UTF-8, Shift_JIS, ISO-2022-JP */
	struct sl_buf html;                /* 16 KB */
	struct sl_span hosts[MICRO_HOSTS], urls[MICRO_URLS];
	struct sl_result results[MICRO_RESULTS];
	struct sl_buf records;  /* the same, encoded */
	struct sl_arena *arena; /* of hosts, URLs and results */
};

struct micro_desk {
	struct sl_config config;
	struct sl_tables *tables;
	struct sl_suffixes *suffixes;
	struct sl_secret secret;
	struct sl_arena *arena;
	struct sl_mail mail;
	struct sl_mill *mill;
	struct sl_mime *mime;
	struct sl_charset *charset;
	struct sl_html *html;
	struct sl_gram_room *grams;
	void *header;
	struct micro_input in;
	struct sl_span normal, folded; /* of the Latin text */
	struct sl_buf encoded;
	uint64_t calls;
	uint64_t sink; /* something of each result, so that no call is left out */
};

struct micro_row {
	const char *name;
	void (*prepare)(struct micro_desk *desk); /* NULL: nothing */
	size_t (*run)(struct micro_desk *desk);   /* bytes worked on */
};

/* NULL behind the last. */
const struct micro_row *micro_row(size_t i);

void micro_input_make(struct micro_input *in);
void micro_input_free(struct micro_input *in);
/* Three bytes as base64. */
void micro_base64(const char *three, char *four_r);

#endif
