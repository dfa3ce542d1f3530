/* SPDX-License-Identifier: Apache-2.0 */
/* quarantine.h - messages that ended a cell twice: their bytes, and where they came from.
 *
 * DIR/quarantine is made with mode 0700 and files with 0600; nothing in a name comes from the mail:
 * XX/ID.eml and XX/ID.json, ID the message id in hex, XX its first two digits. Everything is opened
 * relative to the folder and without following links. Writing the same message again changes
 * nothing, so a run that was killed may do it once more. When `budget` bytes are taken, only the
 * .json is written, with "kept": false.
 */
#ifndef SL_QUARANTINE_H
#define SL_QUARANTINE_H

#include "base/err.h"
#include "base/hash.h"
#include "base/span.h"

struct sl_quarantine;

struct sl_quarantined {
	struct sl_id id;      /* unseeded XXH3-128 of the bytes */
	struct sl_span bytes; /* the raw message */
	struct sl_span archive, entry;
	uint64_t ordinal, offset, length;
	struct sl_span cause; /* "signal 11 (Segmentation fault)" */
	struct sl_span stage; /* what was at work: "body"; may be empty */
};

/* Open or make the folder inside `store`. Exit 73 it cannot be made, or something else (a link, a
 * file, another user's folder) is in its place. `budget`: bytes of all .eml files. */
enum sl_rc sl_quarantine_open(const char *store, uint64_t budget, struct sl_quarantine **q_r,
	struct sl_err *err) SL_MUST_CHECK;
void sl_quarantine_close(struct sl_quarantine **q);
/* Put one message there: temporary name, fsync, rename. `kept_r`: its bytes are there. Exit 74 on
 * a full disk and the like. */
enum sl_rc sl_quarantine_put(struct sl_quarantine *q, const struct sl_quarantined *item,
	bool *kept_r, struct sl_err *err) SL_MUST_CHECK;

#endif
