/* SPDX-License-Identifier: Apache-2.0 */
/* bytes.h - reading without understanding: bytes made fit for the scan of links.
 *
 * For what a limit kept from the parsers, for parts that no tree shows, and for messages that
 * killed a cell. No library, no table of charsets, no recursion; linear, and never more memory than
 * a few times the input.
 */
#ifndef SL_BYTES_H
#define SL_BYTES_H

#include "pipeline/mail.h"

/* Could these bytes hold a link? */
bool sl_bytes_telling(struct sl_span bytes);

/* UTF-8 out of any bytes: what is none becomes a space, NUL vanishes. The input itself when it is
 * clean. */
struct sl_span sl_bytes_text(struct sl_arena *arena, struct sl_span bytes);

/* Raw views of what an encoding hides: each run of lines that are base64 and nothing else, decoded;
 * and all of it with quoted-printable undone, when it looks so. Only views that are telling. */
void sl_bytes_decoded_views(struct sl_mail *mail, uint32_t part, struct sl_span bytes);

#endif
