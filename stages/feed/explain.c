/* SPDX-License-Identifier: Apache-2.0 */
/* explain.c - the analysis of one mail, in the order in which an analyst works. */
#include "explain_work.h"

#include "pipeline/base/json.h"

static bool is(struct sl_span s, const char *text)
{
	return sl_span_ieq(s, sl_span_str(text));
}

static struct sl_span domain_of(struct sl_span address)
{
	ssize_t at = -1, next = -1;
	while ((next = sl_span_chr(address, '@', (size_t)(next + 1))) >= 0)
		at = next;
	return at < 0 ? SL_SPAN_NULL : sl_span_from(address, (size_t)at + 1);
}

/* Registered domain of an address in the header, as the stages found it; else its host. */
static struct sl_span registered(const struct sl_mail *mail, struct sl_span address)
{
	for (size_t i = 0; i < mail->message.n_indicators; i++) {
		const struct sl_indicator *found = &mail->message.indicators[i];
		if (found->kind == SL_KIND_EMAIL && found->domain.n &&
			sl_span_ieq(found->value, address))
			return found->domain;
	}
	return domain_of(address);
}

/* What is to be said of the domain of an address; empty: nothing. */
static struct sl_span domain_note(struct sl_explain *e, struct sl_span address)
{
	struct sl_span host = domain_of(address), domain = registered(e->mail, address);
	const struct sl_brand *owner = sl_tables_brand_of_domain(e->tables, domain);
	if (owner)
		return SL_FILL(&e->page, SL_TEXT_DOMAIN_OWN, owner->name);
	if (sl_tables_known(e->tables, host, domain) & SL_KNOWN_FREEMAIL)
		return sl_explain_word(e, SL_TEXT_DOMAIN_FREEMAIL);
	const struct sl_brand *imitated = sl_lookalike_of(e->tables, host, domain);
	if (imitated)
		return SL_FILL(&e->page, SL_TEXT_DOMAIN_IMITATES, imitated->name);
	return SL_SPAN_NULL;
}

static struct sl_span noted(struct sl_explain *e, struct sl_span value, struct sl_span note)
{
	return note.n ? SL_FILL(&e->page, SL_TEXT_WITH_NOTE, value, note) : value;
}

static void say_address(struct sl_explain *e, enum sl_text label, struct sl_span address)
{
	const struct sl_message *m = &e->mail->message;
	if (!address.n) {
		sl_page_say(&e->page, label, sl_explain_word(e, SL_TEXT_NONE));
		return;
	}
	struct sl_span shown =
		noted(e, sl_page_defang(&e->page, SL_KIND_EMAIL, address), domain_note(e, address));
	sl_page_say(&e->page, label, shown);
	if (label != SL_TEXT_FROM && m->from_addr.n &&
		!sl_span_ieq(registered(e->mail, address), registered(e->mail, m->from_addr)))
		sl_page_more(&e->page, sl_explain_word(e, SL_TEXT_DOMAIN_DIFFERS));
}

static bool is_proved(const struct sl_message *m)
{
	return is(m->dmarc, "pass") || (is(m->dkim, "pass") && is(m->spf, "pass"));
}

static void say_claim(struct sl_explain *e)
{
	const struct sl_message *m = &e->mail->message;
	struct sl_span domain = registered(e->mail, m->from_addr);
	const struct sl_brand *owner = sl_tables_brand_of_domain(e->tables, domain);
	struct sl_span text;
	if (!e->brand)
		text = sl_explain_word(e, SL_TEXT_CLAIM_NOBODY);
	else if (!owner || !sl_span_eq(owner->id, e->brand->id))
		text = SL_FILL(&e->page, SL_TEXT_CLAIM_FALSE, e->brand->name,
			sl_page_defang(&e->page, SL_KIND_DOMAIN, domain));
	else
		text = SL_FILL(&e->page,
			is_proved(m) ? SL_TEXT_CLAIM_OWN_PROVED : SL_TEXT_CLAIM_OWN_UNPROVED,
			e->brand->name);
	sl_page_say(&e->page, SL_TEXT_CLAIMS, text);
	if (m->flags & SL_BIT(SL_MSG_ADDRESS_IN_NAME))
		sl_page_more(&e->page, sl_explain_word(e, SL_TEXT_ADDRESS_IN_NAME));
	if (m->flags & SL_BIT(SL_MSG_MULTI_FROM))
		sl_page_more(&e->page, sl_explain_word(e, SL_TEXT_MANY_FROM));
}

static void say_head(struct sl_explain *e)
{
	const struct sl_message *m = &e->mail->message;
	struct sl_span date = sl_page_time(&e->page, m->date);
	sl_page_title(&e->page, sl_explain_word(e, SL_TEXT_TITLE_MAIL));
	sl_page_say(&e->page, SL_TEXT_SUBJECT, m->subject);
	sl_page_say(&e->page, SL_TEXT_DATE,
		m->flags & SL_BIT(SL_MSG_DATE_IMPLAUSIBLE)
			? SL_FILL(&e->page, SL_TEXT_DATE_BAD, date)
			: date);
	sl_page_say(&e->page, SL_TEXT_RECEIVED, sl_page_time(&e->page, m->received));
}

static void say_sender(struct sl_explain *e)
{
	const struct sl_message *m = &e->mail->message;
	sl_page_head(&e->page, SL_TEXT_HEAD_SENDER);
	sl_page_say(&e->page, SL_TEXT_NAME_SHOWN, m->from_name);
	say_address(e, SL_TEXT_FROM, m->from_addr);
	say_address(e, SL_TEXT_RETURN_PATH, m->return_path);
	say_address(e, SL_TEXT_REPLY_TO, m->reply_to);
	say_claim(e);
}

static void say_verdict(struct sl_explain *e)
{
	struct sl_verdict v;
	sl_verdict_judge(e->tables, &e->mail->message, &e->mail->content, &v);
	sl_page_head(&e->page, SL_TEXT_HEAD_VERDICT);
	sl_page_say(&e->page, SL_TEXT_VERDICT,
		SL_FILL(&e->page, SL_TEXT_VERDICT_LINE, sl_span_str(sl_verdict_name(v.label)),
			sl_page_number(&e->page, v.confidence)));
	for (size_t i = 0; i < v.n_reasons; i++) {
		struct sl_buf reason = sl_buf_make(SL_PAGE_VALUE);
		sl_text_reason(&reason, e->page.language, v.reasons[i]);
		if (i == 0)
			sl_page_say(&e->page, SL_TEXT_BECAUSE, sl_buf_span(&reason));
		else
			sl_page_more(&e->page, sl_buf_span(&reason));
		sl_buf_free(&reason);
	}
	if (!v.n_reasons)
		sl_page_say(&e->page, SL_TEXT_BECAUSE, sl_explain_word(e, SL_TEXT_VERDICT_UNKNOWN));
}

void sl_explain_text(const struct sl_mail *mail, const struct sl_tables *tables,
	const struct sl_config *config, const struct sl_report_geo *geo, struct sl_buf *to)
{
	struct sl_explain e = { .page = sl_page_make(config, to),
		.mail = mail,
		.tables = tables,
		.config = config,
		.geo = geo };
	e.brand = mail->message.brand.n ? sl_tables_brand_by_id(tables, mail->message.brand) : NULL;
	say_head(&e);
	say_sender(&e);
	sl_explain_origin(&e);
	sl_explain_auth(&e);
	sl_explain_body(&e);
	sl_explain_links(&e);
	sl_explain_files(&e);
	say_verdict(&e);
	sl_page_end(&e.page);
}

static struct sl_span base_name(struct sl_span path)
{
	ssize_t slash = -1, next = -1;
	while ((next = sl_span_chr(path, '/', (size_t)(next + 1))) >= 0)
		slash = next;
	return sl_span_from(path, (size_t)(slash + 1));
}

static void put_verdict(struct sl_json *json, const struct sl_verdict *v)
{
	sl_json_object(json);
	sl_json_key(json, "label");
	sl_json_str(json, sl_verdict_name(v->label));
	sl_json_key(json, "confidence");
	sl_json_u64(json, v->confidence);
	sl_json_key(json, "reasons");
	sl_json_array(json);
	for (size_t i = 0; i < v->n_reasons; i++)
		sl_json_str(json, v->reasons[i]);
	sl_json_array_end(json);
	sl_json_object_end(json);
}

void sl_explain_json(const struct sl_mail *mail, const struct sl_tables *tables,
	const struct sl_config *config, struct sl_span name, struct sl_buf *to)
{
	struct sl_arena *arena = sl_arena_new(0);
	struct sl_redact *redact = sl_redact_new(config);
	struct sl_json json = sl_json_make(to);
	struct sl_verdict verdict;
	struct sl_told_message told = { .tables = tables,
		.config = config,
		.redact = redact,
		.message = &mail->message,
		.content = &mail->content,
		.archive = base_name(name),
		.length = mail->raw.n,
		.sightings = 1,
		.with_sha256 = true };
	sl_verdict_judge(tables, &mail->message, &mail->content, &verdict);
	sl_json_object(&json);
	sl_rows_json_members(&json, &sl_fields_messages, &told, arena);
	sl_json_key(&json, "text");
	sl_json_text(&json, sl_redact_text(redact, arena, mail->visible));
	sl_json_key(&json, "verdict");
	put_verdict(&json, &verdict);
	sl_json_object_end(&json);
	sl_json_line(&json);
	sl_redact_free(&redact);
	sl_arena_free(&arena);
}
