/* SPDX-License-Identifier: Apache-2.0 */
/* report.h - texts for people: the analysis of one mail, the dossier of one campaign.
 *
 * Plain text of 80 columns (wide characters counted as two; a URL is never broken), everything
 * foreign escaped for a terminal, indicators defanged, the trap's own addresses taken out. In the
 * language of config->language. The JSON form of `explain` is the object of messages.jsonl, for
 * scripts, live.
 */
#ifndef SL_REPORT_H
#define SL_REPORT_H

#include "base/buf.h"
#include "config.h"
#include "dossier.h"
#include "lookup.h"
#include "mail.h"
#include "tables.h"

/* Where to ask about an address. */
struct sl_report_geo {
	void *arg;
	/* As sl_lookup.ask; `answer_r` lives in the arena. */
	void (*ask)(void *arg, enum sl_kind kind, struct sl_span value, struct sl_arena *arena,
		struct sl_answer *answer_r);
};

/* The analysis of a mail that went through all stages, in the order in which an analyst works:
 * sender, sending address, authentication, body, links, attachments, verdict. `geo` NULL: no
 * database is configured. */
void sl_explain_text(const struct sl_mail *mail, const struct sl_tables *tables,
	const struct sl_config *config, const struct sl_report_geo *geo, struct sl_buf *to);
/* The object of messages.jsonl with "text" and "verdict" behind it, as one line. `name` is printed
 * as the archive. */
void sl_explain_json(const struct sl_mail *mail, const struct sl_tables *tables,
	const struct sl_config *config, struct sl_span name, struct sl_buf *to);

/* The dossier of one campaign: head, exemplar, template, why grouped, timeline, senders,
 * infrastructure, indicators, relations, lineage, verdict. */
void sl_show_text(const struct sl_dossier *dossier, const struct sl_tables *tables,
	const struct sl_config *config, struct sl_buf *to);

#endif
