/* SPDX-License-Identifier: Apache-2.0 */
/* trap_coding.h - charsets and transfer encodings, on the way out.
 *
 * Runs of ASCII are copied, the others go through iconv and come back to the initial state, so that
 * pieces of ISO-2022-JP can be put one behind the other. Line ends are "\n".
 */
#ifndef TRAP_CODING_H
#define TRAP_CODING_H

#include "trap_dice.h"

#include <iconv.h>

enum { TRAP_CODING_CHARSETS = 8 };

/* The open converters; made empty ({ 0 }), given back by trap_coding_close(). */
struct trap_converters {
	struct {
		const char *charset;
		iconv_t handle;
	} open[TRAP_CODING_CHARSETS];
	size_t n;
};

void trap_coding_close(struct trap_converters *converters);
/* `text` is UTF-8 that the charset can express: anything else is a broken table, hence asserted. */
void trap_coding_convert(struct trap_converters *converters, const char *charset,
	struct sl_span text, struct sl_buf *to);
/* Lines of 76 characters (RFC 2045). */
void trap_coding_base64(struct sl_span bytes, struct sl_buf *to);
void trap_coding_quoted(struct sl_span bytes, struct sl_buf *to);
/* One encoded word (RFC 2047) for each 12 characters, folded; ASCII as it is. */
void trap_coding_words(struct trap_converters *converters, const char *charset, struct sl_span text,
	struct sl_buf *to);

#endif
