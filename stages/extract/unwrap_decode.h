/* SPDX-License-Identifier: Apache-2.0 */
/* unwrap_decode.h - the codings in which redirectors carry their target. All O(length). */
#ifndef SL_UNWRAP_DECODE_H
#define SL_UNWRAP_DECODE_H

#include "whatwg.h"

/* base64 in both alphabets, up to the first byte that is none; padding is optional. */
struct sl_span sl_unwrap_base64(struct sl_arena *arena, struct sl_span s);
/* The value of a parameter of a query, still escaped; p NULL: not there. Case of names ignored. */
struct sl_span sl_unwrap_param(struct sl_span query, struct sl_span name);
/* A target as written by people: "//host", "@https://host", "host/x", escaped once more, or base64.
 * `scheme` is used for "//". False: no web page. */
bool sl_unwrap_target(struct sl_arena *arena, struct sl_span value, struct sl_span scheme,
	struct sl_url *target_r);
/* urldefense v2: '-' for '%', '_' for '/'. */
struct sl_span sl_unwrap_defense2(struct sl_arena *arena, struct sl_span value);
/* urldefense v3: "__URL__;CHARS!!..." with '*' for a character of base64 CHARS, "**L" for a run. */
struct sl_span sl_unwrap_defense3(struct sl_arena *arena, struct sl_span path);
/* "___URL___." of Check Point; empty when it is not there. */
struct sl_span sl_unwrap_underscores(struct sl_span path);
/* The "url" inside a JSON text, also one that is a string inside another. */
struct sl_span sl_unwrap_json_url(struct sl_arena *arena, struct sl_span json);
/* translate.goog: '-' for '.', '--' for '-', the start of a long name in _x_tr_hp. */
bool sl_unwrap_translate(struct sl_arena *arena, const struct sl_url *url, struct sl_url *target_r);

#endif
