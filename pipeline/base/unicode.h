/* SPDX-License-Identifier: Apache-2.0 */
/* unicode.h - the only door to ICU: host names, normal forms, scripts.
 *
 * Input is UTF-8 (bytes that are not are read as U+FFFD); results live in the caller's arena. ASCII
 * input takes a fast path without ICU. Objects of ICU that are costly to open are opened once for
 * the process and are constant; all functions may be called from any thread.
 */
#ifndef SL_UNICODE_H
#define SL_UNICODE_H

#include "arena.h"

/* Host to its ASCII form as a browser does (WHATWG "domain to ASCII", UTS #46 non-transitional,
 * not strict): mapping of full-width letters and ideographic dots, lower case, Punycode. False: not
 * a valid host. `mapped_r`: something but the case of ASCII letters changed before Punycode. */
bool sl_unicode_host_to_ascii(
	struct sl_arena *arena, struct sl_span host, struct sl_span *ascii_r, bool *mapped_r);
/* A-labels to U-labels for people; the input again when it cannot be. */
struct sl_span sl_unicode_host_to_unicode(struct sl_arena *arena, struct sl_span ascii);
/* Letters of more than one script in one label, beyond what Japanese, Chinese and Korean mix
 * (UTS #39 highly restrictive). `host` is a U-label form. */
bool sl_unicode_mixed_script(struct sl_span host);

/* NFKC and full case folding, for matching. */
struct sl_span sl_unicode_fold(struct sl_arena *arena, struct sl_span text);
struct sl_span sl_unicode_nfc(struct sl_arena *arena, struct sl_span text);
/* NFKC without case folding. */
struct sl_span sl_unicode_nfkc(struct sl_arena *arena, struct sl_span text);

enum sl_script {
	SL_SCRIPT_OTHER, /* digits, punctuation, marks */
	SL_SCRIPT_LATIN,
	SL_SCRIPT_HAN,
	SL_SCRIPT_HIRAGANA,
	SL_SCRIPT_KATAKANA,
	SL_SCRIPT_HANGUL,
	SL_SCRIPT_CYRILLIC,
	SL_SCRIPT_GREEK,
	SL_SCRIPT_ARABIC,
	SL_SCRIPT_HEBREW,
	SL_SCRIPT_THAI,
	SL_SCRIPT_FOREIGN /* any other script of letters */
};
enum sl_script sl_unicode_script(uint32_t code_point);
bool sl_unicode_is_letter(uint32_t code_point);
bool sl_unicode_is_space(uint32_t code_point);
/* Draws nothing: format characters, fillers, variation selectors, tags, soft hyphen. */
bool sl_unicode_is_invisible(uint32_t code_point);
bool sl_unicode_is_bidi_control(uint32_t code_point);
/* Combining mark (general category M). */
bool sl_unicode_is_mark(uint32_t code_point);
/* Terminal columns of a text: 2 for wide East Asian characters. */
size_t sl_unicode_width(struct sl_span text);

/* Latin letter that this Cyrillic, Greek or other letter is confused with, or 0. A small closed
 * table (UTS #39 idea), for folding words that also hold Latin. */
uint32_t sl_unicode_latin_lookalike(uint32_t code_point);

/* A Latin letter without its marks (NFC form: U+00E9 gives 'e'); the character itself if it is
 * none. */
uint32_t sl_unicode_latin_base(uint32_t code_point);

/* ICU and Unicode versions, for --version and night.json. */
const char *sl_unicode_version(void);

#endif
