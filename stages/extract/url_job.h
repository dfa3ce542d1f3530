/* SPDX-License-Identifier: Apache-2.0 */
/* url_job.h - what the files of the URL stage share: one message at work. */
#ifndef SL_URL_JOB_H
#define SL_URL_JOB_H

#include "pipeline/mail.h"
#include "scan.h"
#include "whatwg.h"

struct sl_url_job {
	struct sl_mail *mail;
	const struct sl_suffixes *suffixes;
	/* URLs that stand in the text of anchors and so are no links of their own: hash -> count */
	struct sl_url_tally {
		uint64_t hash;
		size_t count;
	} * tally;
	size_t tally_room, tally_count;
	uint64_t resolved; /* bytes that links were resolved to, repeats included */
	bool full;         /* a limit was passed: no further URL is looked at */
	bool cut;          /* a URL that was added is not whole */
};

/* Where a URL was seen. */
struct sl_url_place {
	enum sl_role role;
	enum sl_view_kind view;
	uint32_t part;
	uint32_t flags;
};

/* Cut to the limit; sets TRUNCATED. */
struct sl_span sl_url_job_cut(const struct sl_url_job *job, struct sl_span url, uint32_t *flags);
/* Some limit of URLs was passed. */
bool sl_url_job_full(const struct sl_url_job *job);
/* Add the URL, and what it leads to when it is a redirector. False when the limit is reached. The
 * innermost target is given back when there is one, else the URL itself. */
bool sl_url_job_add(struct sl_url_job *job, const struct sl_url *url,
	const struct sl_url_place *place, struct sl_url *target_r);
/* The same for text as written; false when it is no URL that can be reported. */
bool sl_url_job_add_text(
	struct sl_url_job *job, struct sl_span text, const struct sl_url_place *place);

/* In place of a part's number: hosts that an anchor showed and did not lead to. */
#define SL_URL_SHOWN UINT32_MAX

/* All URL-valued places of HTML parts. */
void sl_url_job_links(struct sl_url_job *job);

/* One more occurrence of `value` in an anchor of `part`. */
void sl_url_tally_add(struct sl_url_job *job, uint32_t part, struct sl_span value);
/* There is one left. */
bool sl_url_tally_has(const struct sl_url_job *job, uint32_t part, struct sl_span value);
/* Take one occurrence out; false when there is none left. */
bool sl_url_tally_take(struct sl_url_job *job, uint32_t part, struct sl_span value);

#endif
