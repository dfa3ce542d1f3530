/* SPDX-License-Identifier: Apache-2.0 */
/* scan_internal.h - what the files of the text scanner share. */
#ifndef SL_SCAN_INTERNAL_H
#define SL_SCAN_INTERNAL_H

#include "scan.h"

/* Classes of bytes, by sl_find_classes[]. */
enum {
	SL_C_TRIGGER = 1, /* a candidate can be seen from here */
	SL_C_NAME = 2,    /* letters, digits, '-', '_' */
	SL_C_URL = 4,     /* may stand in path, query or fragment of a URL in text */
	SL_C_USER = 8,    /* may stand in a userinfo or a local part */
	SL_C_TRAIL = 16,  /* punctuation that a URL loses at its end */
	SL_C_BRACKET = 32
};
extern const uint8_t sl_find_classes[256];

static inline bool sl_find_is(char c, unsigned classes)
{
	return (sl_find_classes[(uint8_t)c] & classes) != 0;
}

/* The first place at or behind `at` from which a candidate can be seen, or the end of the text. The
 * neighbours of a byte tell most full stops and brackets of prose from those of names; what is
 * passed over is what every reader below would refuse. About a byte and a half an instruction with
 * AVX2. */
size_t sl_find_trigger(struct sl_span text, size_t at);
/* The same, byte by byte, for other processors. */
size_t sl_find_trigger_plain(struct sl_span text, size_t at);

/* A dot of a host at `at`: '.', a bracketed "[.]" "(dot)" "{.}", or an ideographic one. Its length,
 * or 0. Sets DEFANGED in *flags for the bracketed ones. */
size_t sl_find_dot(struct sl_span text, size_t at, bool ideographic, uint32_t *flags);

/* A host that begins at `from`: refanged text, and where it ends. `ascii`: names without a scheme
 * may hold no other letters. False: no host there. */
struct sl_host_text {
	struct sl_span text;
	size_t end;
	size_t run_end; /* of all that could have been a host; set in any case */
	uint32_t flags;
	bool known; /* under a top-level domain that exists */
};
bool sl_find_host(struct sl_finder *scan, size_t from, bool ascii, struct sl_host_text *host_r);

/* What was left over of the run is no part of a longer name: nothing, punctuation, or the start of
 * a sentence that lacks its space. */
bool sl_find_host_is_whole(struct sl_span text, const struct sl_host_text *host);

/* Where port, path, query and fragment behind a host end; trimmed as a reader would. `open`: the
 * byte in front of the URL, or 0. */
size_t sl_find_path(struct sl_span text, size_t from, char open);
/* The same for a path, query or fragment whose first byte, already known to be one, is at `from`.
 */
size_t sl_find_tail(struct sl_span text, size_t from, char open);

/* A URL whose ':' (or the bracket around it) is at scan->at. Moves scan->at behind it. */
bool sl_find_schemed(struct sl_finder *scan, struct sl_found *found_r);
/* A run of name characters around the dot at scan->at: bare name, IPv4 address, or nothing. Moves
 * scan->at behind the run. */
bool sl_find_bare(struct sl_finder *scan, struct sl_found *found_r);
/* An address whose @ is at scan->at. Moves scan->at on. */
bool sl_find_email(struct sl_finder *scan, struct sl_found *found_r);
/* An IPv6 address around the ':' at scan->at; moves scan->at behind the run when there is one. */
bool sl_find_ip6(struct sl_finder *scan, struct sl_found *found_r);

#endif
