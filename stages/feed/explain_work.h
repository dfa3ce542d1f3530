/* SPDX-License-Identifier: Apache-2.0 */
/* explain_work.h - what the files of `explain` share. */
#ifndef SL_EXPLAIN_WORK_H
#define SL_EXPLAIN_WORK_H

#include "message_rows.h"
#include "page.h"

#include "pipeline/report.h"

struct sl_explain {
	struct sl_page page;
	const struct sl_mail *mail;
	const struct sl_tables *tables;
	const struct sl_config *config;
	const struct sl_report_geo *geo; /* may be NULL */
	const struct sl_brand *brand;    /* that it claims to be; may be NULL */
};

static inline struct sl_span sl_explain_word(const struct sl_explain *e, enum sl_text text)
{
	return sl_span_str(sl_text(e->page.language, text));
}

/* explain_origin.c: the sending address, where it is, who vouches for the sender. */
void sl_explain_origin(struct sl_explain *e);
void sl_explain_auth(struct sl_explain *e);
/* explain_links.c: links with the evidence for each. */
void sl_explain_links(struct sl_explain *e);
/* explain_body.c: how the text was decoded, what it says, attachments. */
void sl_explain_body(struct sl_explain *e);
void sl_explain_files(struct sl_explain *e);

#endif
