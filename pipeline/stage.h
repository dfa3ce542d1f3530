/* SPDX-License-Identifier: Apache-2.0 */
/* stage.h - the shape of a per-message stage, and of an extractor, which is the same thing.
 *
 * life of a stage
 *   thread_new   once per worker: per-thread state (converters, caches); may return NULL
 *   process      per message, on the worker's thread; reads and fills the mail; cannot fail
 *   thread_free  once per worker
 * A stage keeps no pointer into a mail after process() returned. When the content of a mail is
 * `known`, it is complete and shared: a stage then fills the message and leaves the content alone.
 */
#ifndef SL_STAGE_H
#define SL_STAGE_H

#include "base/err.h"
#include "mail.h"

struct sl_stage {
	const char *name; /* also in run.json, CPU by stage */
	void *(*thread_new)(const struct sl_config *config, const struct sl_tables *tables);
	void (*process)(void *thread, struct sl_mail *mail);
	void (*thread_free)(void *thread);
};

/* The stages, in the order in which run.c walks them. */
extern const struct sl_stage sl_stage_screen; /* stages/parse: limits, head and body, fields */
extern const struct sl_stage sl_stage_header; /* stages/parse: addresses, Received, auth */
extern const struct sl_stage sl_stage_key;    /* stages/parse: the key of the content */
extern const struct sl_stage sl_stage_body;   /* stages/parse: MIME, charsets, HTML */
extern const struct sl_stage sl_stage_bytes;  /* in place of body: no parser, a scan of bytes */
extern const struct sl_stage sl_stage_text;   /* stages/parse: normal form, language, skeleton */
extern const struct sl_stage sl_stage_attachment; /* stages/extract: one file each */
extern const struct sl_stage sl_stage_url;
extern const struct sl_stage sl_stage_email;
extern const struct sl_stage sl_stage_ip;
extern const struct sl_stage sl_stage_host;    /* after all that have hosts */
extern const struct sl_stage sl_stage_domain;  /* after host; fills `domain` everywhere */
extern const struct sl_stage sl_stage_brand;   /* stages/cluster */
extern const struct sl_stage sl_stage_variant; /* stages/cluster: the variant key, last */

/* Make content.key anew: of all bytes of the body, names of boundaries included. Costs a hash of
 * the body. (stages/parse/bodykey.c) */
void sl_body_key_whole(struct sl_mail *mail);

/* Read the public suffix list (--psl, else the system's and our supplement) for all workers of this
 * process, before the first of them starts. Exit 78: missing or empty; a wrong guess would be
 * worse. (stages/extract/suffixes.c) */
enum sl_rc sl_suffixes_preload(const struct sl_config *config, const struct sl_tables *tables,
	struct sl_err *err) SL_MUST_CHECK;

/* Which list that is, for night.json: a name with a piece of its digest, and the date it gives
 * itself (may be empty). Both empty when none is loaded. */
void sl_suffixes_edition(struct sl_span *name_r, struct sl_span *date_r);

#endif
