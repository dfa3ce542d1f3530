/* SPDX-License-Identifier: Apache-2.0 */
/* url.c - the URLs of a message: links of HTML parts, running text, headers. */
#include "pipeline/stage.h"
#include "unwrap.h"
#include "url_job.h"
#include "views.h"

#include <stdlib.h>

#define FLAG(name) ((uint32_t)SL_BIT(SL_IND_##name))

enum { TALLY_FIRST = 64 };

struct sl_span sl_url_job_cut(const struct sl_url_job *job, struct sl_span url, uint32_t *flags)
{
	size_t most = (size_t)job->mail->config->limits.url_length;
	if (url.n <= most)
		return url;
	*flags |= FLAG(TRUNCATED);
	return sl_span_head(url, most);
}

static bool is_public_name(const struct sl_url *url)
{
	return url->ip.family != 0 || sl_span_chr(url->host, '.', 0) > 0;
}

bool sl_url_job_full(const struct sl_url_job *job)
{
	return job->full;
}

/* `domain`: the registered one, or empty when nobody asked for it yet. */
static bool add_one(struct sl_url_job *job, const struct sl_url *url, struct sl_span domain,
	const struct sl_url_place *place)
{
	struct sl_mail *mail = job->mail;
	sl_assert(url->text.n > 0 && url->host.n > 0);
	if (sl_url_job_full(job))
		return false;
	if (mail->n_urls >= mail->config->limits.urls ||
		url->text.n > mail->config->limits.url_bytes - mail->url_bytes) {
		job->full = true;
		return false;
	}
	job->cut |= (place->flags & FLAG(TRUNCATED)) != 0;
	size_t before = mail->content.n_indicators + mail->message.n_indicators;
	struct sl_indicator add = { .kind = SL_KIND_URL,
		.role = place->role,
		.view = place->view,
		.part = place->part,
		.flags = place->flags | url->flags,
		.value = url->text,
		.host = url->host };
	struct sl_indicator *there = sl_mail_add_indicator(mail, &add);
	job->full = !there;
	if (there && domain.n)
		there->domain = domain;
	if (mail->content.n_indicators + mail->message.n_indicators > before) {
		mail->n_urls++;
		mail->url_bytes += url->text.n;
	}
	return !job->full;
}

static bool is_followed(enum sl_role role)
{
	return role == SL_ROLE_LINK || role == SL_ROLE_FORM || role == SL_ROLE_REFRESH ||
	       role == SL_ROLE_EMBED || role == SL_ROLE_QR;
}

/* Walk through redirectors. The first answer decides what the URL itself is; `domain_r` is its own.
 */
static enum sl_unwrap follow(struct sl_url_job *job, const struct sl_url *url,
	struct sl_span *domain_r, struct sl_url *target_r)
{
	enum sl_unwrap first = SL_UNWRAP_NONE;
	*target_r = *url;
	for (int i = 0; i < SL_UNWRAP_STEPS; i++) {
		struct sl_url next;
		struct sl_span domain = sl_suffixes_domain(job->suffixes, target_r->host);
		enum sl_unwrap step = sl_unwrap_step(
			job->mail->arena, job->mail->tables, target_r, domain, &next);
		if (i == 0) {
			first = step;
			*domain_r = domain;
		}
		if (step != SL_UNWRAP_TARGET)
			break;
		*target_r = next;
	}
	return first;
}

bool sl_url_job_add(struct sl_url_job *job, const struct sl_url *url,
	const struct sl_url_place *place, struct sl_url *target_r)
{
	struct sl_url_place own = *place, inner = *place;
	struct sl_span domain = SL_SPAN_NULL;
	*target_r = *url;
	if (!is_followed(place->role))
		return add_one(job, url, domain, place);
	enum sl_unwrap kind = follow(job, url, &domain, target_r);
	if (kind == SL_UNWRAP_OPAQUE)
		own.role = SL_ROLE_OPAQUE;
	if (kind == SL_UNWRAP_TARGET || kind == SL_UNWRAP_EMPTY)
		own.role = SL_ROLE_WRAPPER;
	if (!add_one(job, url, domain, &own))
		return false;
	if (kind != SL_UNWRAP_TARGET || !is_public_name(target_r))
		return true;
	inner.role = SL_ROLE_TARGET;
	inner.flags = 0;
	return add_one(job, target_r, SL_SPAN_NULL, &inner);
}

bool sl_url_job_add_text(
	struct sl_url_job *job, struct sl_span text, const struct sl_url_place *place)
{
	struct sl_url url, target;
	struct sl_url_place here = *place;
	text = sl_url_job_cut(job, text, &here.flags);
	return sl_url_parse(job->mail->arena, text, NULL, &url) && is_public_name(&url) &&
	       sl_url_job_add(job, &url, &here, &target);
}

static struct sl_url_tally *tally_slot(const struct sl_url_job *job, uint64_t hash)
{
	sl_assert(job->tally_count < job->tally_room && hash != 0);
	size_t at = hash & (job->tally_room - 1);
	while (job->tally[at].hash && job->tally[at].hash != hash)
		at = (at + 1) & (job->tally_room - 1);
	return &job->tally[at];
}

static void tally_grow(struct sl_url_job *job)
{
	struct sl_url_tally *old = job->tally;
	size_t room = job->tally_room;
	job->tally_room = room ? room * 2 : TALLY_FIRST;
	job->tally = sl_arena_zalloc(job->mail->arena, job->tally_room * sizeof(*old));
	for (size_t i = 0; i < room; i++)
		if (old[i].hash)
			*tally_slot(job, old[i].hash) = old[i];
}

static uint64_t tally_hash(uint32_t part, struct sl_span value)
{
	return sl_hash_table(value, part) | 1;
}

void sl_url_tally_add(struct sl_url_job *job, uint32_t part, struct sl_span value)
{
	if (job->tally_count * 2 >= job->tally_room)
		tally_grow(job);
	struct sl_url_tally *slot = tally_slot(job, tally_hash(part, value));
	if (!slot->hash) {
		slot->hash = tally_hash(part, value);
		job->tally_count++;
	}
	slot->count++;
}

bool sl_url_tally_has(const struct sl_url_job *job, uint32_t part, struct sl_span value)
{
	return job->tally && tally_slot(job, tally_hash(part, value))->count > 0;
}

bool sl_url_tally_take(struct sl_url_job *job, uint32_t part, struct sl_span value)
{
	if (!job->tally)
		return false;
	struct sl_url_tally *slot = tally_slot(job, tally_hash(part, value));
	if (slot->count == 0)
		return false;
	slot->count--;
	return true;
}

/* A name that nobody is sent to: a shop's or bank's in a sentence, or, in the plain twin of an HTML
 * part, the one that an anchor there only shows. */
static bool is_only_named(struct sl_url_job *job, const struct sl_found *found, bool anchors)
{
	struct sl_url url;
	if (!(found->flags & FLAG(SCHEMELESS)) ||
		!sl_url_parse(job->mail->arena, found->value, NULL, &url))
		return false;
	if (!anchors && sl_url_tally_has(job, SL_URL_SHOWN, url.host))
		return true;
	if (url.path.n > 1 || !job->mail->tables || sl_span_istarts(url.host, SL_SPAN("www.")))
		return false;
	struct sl_span domain = sl_suffixes_domain(job->suffixes, url.host);
	unsigned known = sl_tables_known(job->mail->tables, url.host, domain);
	return (known & (SL_KNOWN_BRAND | SL_KNOWN_GOOD)) != 0;
}

/* A string of a certificate: a tag above 127, a length, the URL, and what comes next. Its addresses
 * of revocation lists are the issuer's. */
static bool is_in_certificate(struct sl_span text, const struct sl_found *found)
{
	if (found->begin < 2 || !(text.p[found->begin - 2] & (char)0x80))
		return false;
	size_t length = (uint8_t)text.p[found->begin - 1], n = found->end - found->begin;
	return length <= n && n - length <= 8 && length >= strlen("http://a.b");
}

/* How a text is read. */
struct reading {
	bool anchors; /* what stands in anchors was reported with them */
	bool prose;   /* names without a scheme count */
};

/* `finds`: keeps what is no URL; or NULL. */
static void scan_text(struct sl_url_job *job, struct sl_span text, const struct sl_url_place *place,
	struct reading reading, struct sl_view_finds *finds)
{
	struct sl_finder scan;
	struct sl_found found;
	sl_find_begin(&scan, job->mail->arena, job->suffixes, text);
	while (!sl_url_job_full(job)) {
		if (!sl_find_next(&scan, &found)) {
			if (finds)
				finds->whole = !finds->full;
			break;
		}
		bool bare = found.flags & FLAG(SCHEMELESS);
		if (finds && found.kind != SL_FOUND_URL)
			sl_view_finds_add(job->mail, finds, &found);
		if (found.kind != SL_FOUND_URL || (bare && !reading.prose))
			continue;
		if (!reading.prose && is_in_certificate(text, &found))
			continue;
		if (reading.anchors && sl_url_tally_take(job, place->part, found.value))
			continue;
		struct sl_url_place here = *place;
		here.flags |= found.flags;
		if ((found.flags & FLAG(DEFANGED)) || is_only_named(job, &found, reading.anchors))
			here.role = SL_ROLE_MENTION;
		sl_url_job_add_text(job, found.value, &here);
	}
}

static void scan_views(struct sl_url_job *job)
{
	for (size_t i = 0; i < job->mail->n_views; i++) {
		const struct sl_view *view = &job->mail->views[i];
		struct sl_url_place place = { .role = view->kind == SL_VIEW_QR ? SL_ROLE_QR
									       : SL_ROLE_LINK,
			.view = view->kind,
			.part = view->part };
		struct reading reading = { view->kind == SL_VIEW_HTML ||
						   view->kind == SL_VIEW_HIDDEN,
			sl_view_is_prose(job->mail, view) };
		if (view->kind != SL_VIEW_HEADER)
			scan_text(job, sl_view_text(job->mail, view), &place, reading,
				sl_view_is_searched(job->mail, i) ? sl_view_finds(job->mail, i)
								  : NULL);
	}
}

/* The URLs in angle brackets of RFC 2369. */
static void unsubscribe_field(struct sl_url_job *job, struct sl_span value)
{
	struct sl_url_place place = { .role = SL_ROLE_UNSUBSCRIBE, .view = SL_VIEW_HEADER };
	ssize_t open, at = 0;
	while ((open = sl_span_chr(value, '<', (size_t)at)) >= 0) {
		ssize_t close = sl_span_chr(value, '>', (size_t)open);
		if (close < 0)
			return;
		sl_url_job_add_text(job,
			sl_span_trim(sl_span_of(value.p + open + 1, (size_t)(close - open) - 1)),
			&place);
		at = close;
	}
}

static void scan_headers(struct sl_url_job *job)
{
	const struct sl_mail *mail = job->mail;
	struct sl_url_place link = { .role = SL_ROLE_LINK, .view = SL_VIEW_HEADER };
	struct sl_url_place mention = { .role = SL_ROLE_MENTION, .view = SL_VIEW_HEADER };
	struct reading prose = { false, true };
	scan_text(job, mail->message.subject, &link, prose, NULL);
	scan_text(job, mail->message.from_name, &mention, prose, NULL);
	for (const struct sl_field *field = sl_mail_field(mail, "List-Unsubscribe"); field;
		field = sl_mail_next_field(mail, field))
		unsubscribe_field(job, field->value);
}

static void process_urls(void *thread, struct sl_mail *mail)
{
	struct sl_url_job job = { .mail = mail, .suffixes = sl_suffixes_of_worker(thread) };
	sl_url_job_links(&job);
	scan_views(&job);
	/* the content belongs to all messages with this body: headers must not show in it */
	if (job.full || job.cut)
		sl_mail_flag_body(mail, SL_MSG_LIMIT_URLS);
	if (job.full)
		return;
	job.cut = false;
	scan_headers(&job);
	if (job.full || job.cut)
		sl_mail_flag_header(mail, SL_MSG_LIMIT_URLS);
}

const struct sl_stage sl_stage_url = { .name = "url",
	.thread_new = sl_suffixes_worker,
	.process = process_urls,
	.thread_free = free };
