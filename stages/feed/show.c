/* SPDX-License-Identifier: Apache-2.0 */
/* show.c - the dossier of one campaign as text, in the order in which it is believed or doubted:
 * what it is, an example, the template, why these mails are one, when, from whom, from where, what
 * to block. */
#include "campaign_rows.h"
#include "page.h"
#include "tally.h"

#include "pipeline/report.h"

enum { FEW = 5, SOME = 10, MANY = 15, TEMPLATE_MOST = 30, WAVES_MOST = 24, BAR = 30 };

struct show {
	struct sl_page page;
	const struct sl_dossier *d;
	const struct sl_tables *tables;
};

static struct sl_span word(const struct show *s, enum sl_text text)
{
	return sl_span_str(sl_text(s->page.language, text));
}

static struct sl_span number(struct show *s, uint64_t value)
{
	return sl_page_number(&s->page, value);
}

/* The first of some rows carries the label. */
static void say_nth(struct show *s, size_t nth, enum sl_text label, struct sl_span value)
{
	if (nth == 0)
		sl_page_say(&s->page, label, value);
	else
		sl_page_more(&s->page, value);
}

static void say_rest(struct show *s, uint64_t shown, uint64_t all)
{
	if (all > shown)
		sl_page_more(&s->page, SL_FILL(&s->page, SL_TEXT_MORE, number(s, all - shown)));
}

static void say_counted(
	struct show *s, enum sl_text label, const struct sl_counted *items, size_t n, size_t most)
{
	for (size_t i = 0; i < n && i < most; i++) {
		struct sl_span value = items[i].value.n ? items[i].value : word(s, SL_TEXT_EMPTY);
		say_nth(s, i, label,
			SL_FILL(&s->page, SL_TEXT_COUNTED, number(s, items[i].count), value));
	}
	say_rest(s, most, n);
}

static void say_brand(struct show *s)
{
	const struct sl_brand *brand =
		s->d->brand.n ? sl_tables_brand_by_id(s->tables, s->d->brand) : NULL;
	if (brand)
		sl_page_say(&s->page, SL_TEXT_BRAND, brand->name);
	else if (s->d->brand.n)
		sl_page_say(&s->page, SL_TEXT_BRAND, s->d->brand);
}

static void say_head(struct show *s)
{
	const struct sl_dossier *d = s->d;
	struct sl_page *p = &s->page;
	sl_page_title(p, SL_FILL(p, SL_TEXT_TITLE_CAMPAIGN, sl_span_str(d->id.text)));
	sl_page_say(p, SL_TEXT_NAME, d->name);
	for (size_t i = 0; i < d->n_aliases; i++)
		say_nth(s, i, SL_TEXT_ALIASES, sl_span_str(d->aliases[i].text));
	sl_page_say(p, SL_TEXT_STATUS, sl_span_str(sl_status_name(d->status)));
	say_brand(s);
	sl_page_say(p, SL_TEXT_PRETEXT, d->pretext);
	say_counted(s, SL_TEXT_LANGUAGES, d->languages, d->n_languages, FEW);
	sl_page_say(p, SL_TEXT_SEEN,
		SL_FILL(p, SL_TEXT_SEEN_RANGE, sl_page_time(p, d->first_seen),
			sl_page_time(p, d->last_seen)));
	sl_page_say(p, SL_TEXT_SIZE,
		SL_FILL(p, SL_TEXT_SIZE_LINE, number(s, d->messages), number(s, d->variants),
			number(s, d->sightings), number(s, d->n_waves)));
	sl_page_say(
		p, SL_TEXT_CONFIDENCE, SL_FILL(p, SL_TEXT_OF_HUNDRED, number(s, d->confidence)));
}

static void say_exemplar(struct show *s)
{
	const struct sl_dossier *d = s->d;
	const struct sl_message *m = &d->exemplar;
	struct sl_page *p = &s->page;
	sl_page_head(p, SL_TEXT_HEAD_EXEMPLAR);
	sl_page_say(p, SL_TEXT_SUBJECT, m->subject);
	sl_page_say(p, SL_TEXT_NAME_SHOWN, m->from_name);
	sl_page_say(p, SL_TEXT_FROM, sl_page_defang(p, SL_KIND_EMAIL, m->from_addr));
	if (m->return_path.n)
		sl_page_say(
			p, SL_TEXT_RETURN_PATH, sl_page_defang(p, SL_KIND_EMAIL, m->return_path));
	sl_page_say(p, SL_TEXT_RECEIVED, sl_page_time(p, m->received));
	sl_page_say(p, SL_TEXT_FOUND_AT,
		SL_FILL(p, SL_TEXT_PLACE, d->exemplar_archive, d->exemplar_entry,
			number(s, d->exemplar_ordinal), number(s, d->exemplar_offset),
			number(s, d->exemplar_length)));
}

static void say_template(struct show *s)
{
	const struct sl_dossier *d = s->d;
	if (!d->n_template_lines)
		return;
	sl_page_head(&s->page, SL_TEXT_HEAD_TEMPLATE);
	for (size_t i = 0; i < d->n_template_lines && i < TEMPLATE_MOST; i++)
		sl_page_line(&s->page, 2, d->template_lines[i]);
	if (d->n_template_lines > TEMPLATE_MOST)
		sl_page_line(&s->page, 2,
			SL_FILL(&s->page, SL_TEXT_MORE,
				number(s, d->n_template_lines - TEMPLATE_MOST)));
}

static struct sl_span short_id(struct show *s, const struct sl_id *id)
{
	return sl_arena_printf(
		s->page.arena, "%02x%02x%02x%02x", id->b[0], id->b[1], id->b[2], id->b[3]);
}

static void say_why(struct show *s)
{
	const struct sl_dossier *d = s->d;
	size_t n = 0;
	sl_page_head(&s->page, SL_TEXT_HEAD_WHY);
	for (unsigned i = 0; i < SL_EVIDENCES; i++) {
		enum sl_evidence evidence = (enum sl_evidence)i;
		if (!d->evidence[i])
			continue;
		n++;
		sl_page_row(&s->page, sl_span_str(sl_evidence_name(evidence)),
			SL_FILL(&s->page, SL_TEXT_COUNTED, number(s, d->evidence[i]),
				sl_span_str(sl_evidence_text(evidence))));
	}
	if (d->has_weakest)
		sl_page_say(&s->page, SL_TEXT_WEAKEST,
			SL_FILL(&s->page, SL_TEXT_WEAKEST_LINE,
				sl_span_str(sl_evidence_name(d->weakest.evidence)),
				number(s, d->weakest.score), short_id(s, &d->weakest.a),
				short_id(s, &d->weakest.b)));
	if (!n)
		sl_page_say(&s->page, SL_TEXT_NOTE, word(s, SL_TEXT_FOUNDER_ONLY));
}

static void say_wave(struct show *s, const struct sl_wave *wave, uint64_t most)
{
	char first[SL_TIME_TEXT], last[SL_TIME_TEXT], bar[BAR + 1];
	sl_time_text(wave->first, first);
	sl_time_text(wave->last, last);
	size_t n = (size_t)((wave->messages * BAR + most - 1) / most);
	sl_assert(n <= BAR);
	memset(bar, '#', n);
	bar[n] = '\0';
	sl_page_line(&s->page, 2,
		sl_arena_printf(s->page.arena, "%.10s to %.10s  %-*s %llu", first, last, BAR, bar,
			(unsigned long long)wave->messages));
}

static void say_timeline(struct show *s)
{
	const struct sl_dossier *d = s->d;
	uint64_t most = 1;
	size_t from = d->n_waves > WAVES_MOST ? d->n_waves - WAVES_MOST : 0;
	sl_page_head(&s->page, SL_TEXT_HEAD_TIMELINE);
	for (size_t i = from; i < d->n_waves; i++) {
		if (d->waves[i].messages > most)
			most = d->waves[i].messages;
	}
	for (size_t i = from; i < d->n_waves; i++) {
		if (d->waves[i].first != SL_TIME_NONE && d->waves[i].last != SL_TIME_NONE)
			say_wave(s, &d->waves[i], most);
	}
	if (d->first_seen == SL_TIME_NONE)
		sl_page_say(&s->page, SL_TEXT_NOTE, word(s, SL_TEXT_NO_TIME));
}

static void say_senders(struct show *s)
{
	const struct sl_dossier *d = s->d;
	sl_page_head(&s->page, SL_TEXT_HEAD_SENDERS);
	say_counted(s, SL_TEXT_SENDER_NAMES, d->sender_names, d->n_sender_names, FEW);
	for (size_t i = 0; i < d->n_senders && i < FEW; i++)
		say_nth(s, i, SL_TEXT_SENDERS,
			SL_FILL(&s->page, SL_TEXT_COUNTED, number(s, d->senders[i].count),
				sl_page_defang(&s->page, SL_KIND_EMAIL, d->senders[i].value)));
	say_rest(s, FEW, d->n_senders);
	say_counted(s, SL_TEXT_SUBJECTS, d->subjects, d->n_subjects, FEW);
	say_counted(s, SL_TEXT_MAILERS, d->mailers, d->n_mailers, FEW);
	say_counted(s, SL_TEXT_ARCHIVES, d->traps, d->n_traps, FEW);
}

static struct sl_span place_of(struct show *s, const struct sl_answer *geo)
{
	struct sl_span country = sl_answer_get(geo, "country"), asn = sl_answer_get(geo, "asn");
	struct sl_span network = SL_SPAN_NULL;
	if (geo->status != SL_LOOKUP_FOUND)
		return word(s, SL_TEXT_UNKNOWN);
	if (asn.n)
		network = SL_FILL(&s->page, SL_TEXT_AS_NUMBER, asn, sl_answer_get(geo, "as_name"));
	if (!country.n || !network.n)
		return country.n ? country : network;
	return sl_arena_printf(s->page.arena, "%.*s, %.*s", SL_ARG(country), SL_ARG(network));
}

static void say_infrastructure(struct show *s)
{
	const struct sl_dossier *d = s->d;
	size_t n = 0;
	sl_page_head(&s->page, SL_TEXT_HEAD_INFRASTRUCTURE);
	for (size_t i = 0; i < d->n_used; i++) {
		const struct sl_used *used = &d->used[i];
		if (!sl_used_is_origin(used) || n++ >= MANY)
			continue;
		struct sl_span ip =
			sl_page_defang(&s->page, used->indicator.kind, used->indicator.value);
		sl_page_whole(&s->page, 2,
			sl_arena_printf(s->page.arena, "%6llu  %-24.*s %.*s",
				(unsigned long long)used->messages, SL_ARG(ip),
				SL_ARG(place_of(s, &used->geo))));
	}
	say_rest(s, MANY, n);
	if (!n)
		sl_page_say(&s->page, SL_TEXT_SENT_FROM, word(s, SL_TEXT_UNKNOWN));
	sl_page_say(&s->page, SL_TEXT_BLOCK_LISTS, word(s, SL_TEXT_NOT_ASKED));
}

/* Messages, what to do, the value, the rule. */
static void say_used(struct show *s, const struct sl_used *used)
{
	struct sl_span value =
		sl_page_defang(&s->page, used->indicator.kind, used->indicator.value);
	struct sl_span what =
		used->actionable ? SL_FILL(&s->page, SL_TEXT_BLOCK, number(s, used->confidence))
				 : word(s, SL_TEXT_DO_NOT_BLOCK);
	sl_page_whole(&s->page, 2,
		sl_arena_printf(s->page.arena, "%6llu  %-10.*s %.*s  (%s)",
			(unsigned long long)used->messages, SL_ARG(what), SL_ARG(value),
			used->why));
}

/* Each indicator stands under its strongest role, once. */
static void say_group(struct show *s, enum sl_role role, enum sl_kind kind)
{
	const struct sl_dossier *d = s->d;
	size_t n = 0;
	for (size_t i = 0; i < d->n_used; i++) {
		const struct sl_used *used = &d->used[i];
		if (used->indicator.role != role || used->indicator.kind != kind)
			continue;
		if (n++ == 0)
			sl_page_line(&s->page, 2,
				sl_arena_printf(s->page.arena, "%s, %s", sl_kind_name(kind),
					sl_text_role(s->page.language, role)));
		if (n <= SOME)
			say_used(s, used);
	}
	if (n > SOME)
		sl_page_line(&s->page, 10, SL_FILL(&s->page, SL_TEXT_MORE, number(s, n - SOME)));
}

static void say_indicators(struct show *s)
{
	static const enum sl_role roles[] = { SL_ROLE_LINK, SL_ROLE_FORM, SL_ROLE_REFRESH,
		SL_ROLE_QR, SL_ROLE_EMBED, SL_ROLE_WRAPPER, SL_ROLE_TARGET, SL_ROLE_OPAQUE,
		SL_ROLE_ATTACHMENT, SL_ROLE_MENTION, SL_ROLE_DISPLAY, SL_ROLE_SENDER,
		SL_ROLE_RETURN_PATH, SL_ROLE_REPLY_TO, SL_ROLE_UNSUBSCRIBE, SL_ROLE_IMAGE };
	static const enum sl_kind kinds[] = { SL_KIND_DOMAIN, SL_KIND_HOST, SL_KIND_URL,
		SL_KIND_IPV4, SL_KIND_IPV6, SL_KIND_EMAIL, SL_KIND_SHA256, SL_KIND_PHONE,
		SL_KIND_BTC, SL_KIND_ETH, SL_KIND_XMR, SL_KIND_LTC, SL_KIND_TRX, SL_KIND_DOGE,
		SL_KIND_SOL };
	sl_page_head(&s->page, SL_TEXT_HEAD_INDICATORS);
	for (size_t i = 0; i < SL_LEN(roles); i++) {
		for (size_t k = 0; k < SL_LEN(kinds); k++)
			say_group(s, roles[i], kinds[k]);
	}
}

/* Reasons name domains: no terminal shall make links of them. */
static struct sl_span disarmed(struct show *s, struct sl_span text)
{
	struct sl_buf to = sl_buf_make(SL_PAGE_VALUE);
	text = sl_redact_text(s->page.redact, s->page.arena, text);
	for (size_t i = 0; i < text.n; i++) {
		bool inner = text.p[i] == '.' && i && sl_is_alnum(text.p[i - 1]) &&
			     i + 1 < text.n && sl_is_alnum(text.p[i + 1]);
		if (inner)
			sl_buf_str(&to, "[.]");
		else
			sl_buf_char(&to, text.p[i]);
	}
	struct sl_span span = sl_arena_copy(s->page.arena, sl_buf_span(&to));
	sl_buf_free(&to);
	return span;
}

static void say_relations(struct show *s)
{
	const struct sl_dossier *d = s->d;
	sl_page_head(&s->page, SL_TEXT_HEAD_RELATIONS);
	for (size_t i = 0; i < d->n_related && i < MANY; i++) {
		const struct sl_relation *r = &d->related[i];
		sl_page_row(&s->page, sl_span_str(r->type),
			SL_FILL(&s->page, SL_TEXT_WITH_NOTE, sl_span_str(r->campaign.text),
				disarmed(s, r->reason)));
	}
	say_rest(s, MANY, d->n_related);
	if (!d->n_related)
		sl_page_say(&s->page, SL_TEXT_NOTE, word(s, SL_TEXT_NO_RELATIONS));
}

static void say_lineage(struct show *s)
{
	const struct sl_dossier *d = s->d;
	size_t from = d->n_lineage > MANY ? d->n_lineage - MANY : 0;
	sl_page_head(&s->page, SL_TEXT_HEAD_LINEAGE);
	for (size_t i = from; i < d->n_lineage; i++) {
		const struct sl_lineage *line = &d->lineage[i];
		struct sl_span other = sl_span_str(line->other.text);
		struct sl_span text =
			SL_FILL(&s->page, other.n ? SL_TEXT_LINEAGE_OTHER : SL_TEXT_LINEAGE_LINE,
				number(s, line->night), sl_span_str(line->op),
				number(s, line->moved), other);
		sl_page_row(&s->page, sl_span_str(line->id.text),
			line->reason.n ? SL_FILL(&s->page, SL_TEXT_WITH_NOTE, text,
						 disarmed(s, line->reason))
				       : text);
	}
}

static void say_verdict(struct show *s)
{
	const struct sl_verdict *v = &s->d->verdict;
	sl_page_head(&s->page, SL_TEXT_HEAD_VERDICT);
	sl_page_say(&s->page, SL_TEXT_VERDICT,
		SL_FILL(&s->page, SL_TEXT_VERDICT_LINE, sl_span_str(sl_verdict_name(v->label)),
			number(s, v->confidence)));
	for (size_t i = 0; i < v->n_reasons; i++) {
		struct sl_buf reason = sl_buf_make(SL_PAGE_VALUE);
		sl_text_reason(&reason, s->page.language, v->reasons[i]);
		say_nth(s, i, SL_TEXT_BECAUSE, sl_buf_span(&reason));
		sl_buf_free(&reason);
	}
	if (!v->n_reasons)
		sl_page_say(&s->page, SL_TEXT_BECAUSE, word(s, SL_TEXT_VERDICT_UNKNOWN));
}

void sl_show_text(const struct sl_dossier *dossier, const struct sl_tables *tables,
	const struct sl_config *config, struct sl_buf *to)
{
	struct show s = { .page = sl_page_make(config, to), .d = dossier, .tables = tables };
	say_head(&s);
	say_exemplar(&s);
	say_template(&s);
	say_why(&s);
	say_timeline(&s);
	say_senders(&s);
	say_infrastructure(&s);
	say_indicators(&s);
	say_relations(&s);
	say_lineage(&s);
	say_verdict(&s);
	sl_page_end(&s.page);
}
