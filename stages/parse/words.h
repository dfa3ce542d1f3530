/* SPDX-License-Identifier: Apache-2.0 */
/* words.h - header text to UTF-8: encoded words (RFC 2047), parameters (RFC 2231), raw 8-bit.
 *
 * As lenient as mail clients are: words without white space between them, spaces inside a word,
 * words in quoted strings and in parameters, multi-byte characters cut between two words of one
 * charset, missing padding. Linear time. Results are valid UTF-8 in the arena, or the input itself.
 */
#ifndef SL_WORDS_H
#define SL_WORDS_H

#include "charset.h"
#include "pipeline/kinds.h"

/* Unfold, decode encoded words, guess the charset of raw 8-bit bytes. Sets RAW_8BIT,
 * CHARSET_REPAIRED and CHARSET_LOSS in *flags_r; never clears a flag. `charset` keeps the open
 * converters. */
struct sl_span sl_words_decode(struct sl_charset *charset, struct sl_arena *arena,
	struct sl_span value, uint64_t *flags_r);

/* The main value of a structured field, without comments and parameters, as written:
 * "text/html; charset=x" gives "text/html". */
struct sl_span sl_parameter_main(struct sl_arena *arena, struct sl_span value);

/* The parameter `name` ("filename", "boundary", ...) of a raw field value, decoded; p NULL when it
 * is not there, n 0 and p set when it is empty. Continuations (name*0*=), charsets (name*=), and
 * the broken but common encoded word as value. The first one wins; RFC 2231 forms win over the
 * plain one. At most `max_parameters` are read, then LIMIT_PARAMETERS is set in *flags_r. */
struct sl_span sl_parameter(struct sl_charset *charset, struct sl_arena *arena,
	struct sl_span value, const char *name, uint64_t max_parameters, uint64_t *flags_r);

#endif
