/* SPDX-License-Identifier: Apache-2.0 */
/* limits.h - every bound on hostile input, by name.
 *
 * One row each in limits.c: option `limit.NAME`, default, and the message flag that says it was
 * hit. Every parser takes a const struct sl_limits; a limit that was hit never looks clean.
 */
#ifndef SL_LIMITS_H
#define SL_LIMITS_H

#include "kinds.h"

struct sl_limits {
	uint64_t message;      /* bytes of one message, 64 MB */
	uint64_t header_block; /* bytes, 1 MB */
	uint64_t header_line;  /* bytes of one field with its folds, 64 KB */
	uint64_t headers;      /* fields, 2,000 */
	uint64_t folds;        /* per field, 2,000 */
	uint64_t colons;       /* in an address field, 500 */
	uint64_t addresses;    /* 2,000 */
	uint64_t parameters;   /* 256 */
	uint64_t boundary;     /* bytes, 1,024 */
	uint64_t depth;        /* of MIME nesting, 64 */
	uint64_t parts;        /* MIME leaves, 2,000 */
	uint64_t decoded;      /* bytes a message, 256 MB */
	uint64_t html;         /* bytes, 8 MB */
	uint64_t html_depth;   /* open elements, 4,096 */
	uint64_t tags;         /* 100,000 */
	uint64_t urls;         /* a message, 5,000 */
	uint64_t url_length;   /* bytes, 8 KB */
	uint64_t received;     /* Received lines, 200 */
	uint64_t embedded;     /* mails inside one message, 100 */
	uint64_t url_bytes;    /* of all URLs of a message, 4 MB */
	/* of archives; no message flag, they are rejects */
	uint64_t ratio;         /* decompressed : compressed, 1,000 after 16 MB */
	uint64_t archive_depth; /* 4 */
	uint64_t spool;         /* bytes of one nested archive, 1 GB */
	uint64_t entries;       /* per archive, 50 M */
};

struct sl_limit_row {
	const char *name; /* option is "limit." + name */
	size_t offset;    /* into struct sl_limits */
	uint64_t value;   /* default */
	int flag;         /* enum sl_msg_flag, or -1 */
	const char *help;
};
extern const struct sl_limit_row sl_limit_rows[];
extern const size_t sl_limit_row_count;

void sl_limits_default(struct sl_limits *limits_r);

#endif
