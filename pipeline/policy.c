/* SPDX-License-Identifier: Apache-2.0 */
/* The rules stand in docs/INDICATORS.md in the same order. A name on a list never drops an
 * indicator, it withholds it from blockers and says so; and a shared platform withholds its own
 * name only: the URL, or the customer's host, stays (misp-warninglists #74). */
#include "policy.h"

#include "hostmemo.h"
#include "listline.h"

#define ROLE(name) (UINT32_C(1) << SL_ROLE_##name)

enum {
	LURE = ROLE(LINK) | ROLE(FORM) | ROLE(REFRESH) | ROLE(EMBED) | ROLE(TARGET) | ROLE(QR),
	HEADER = ROLE(RELAY) | ROLE(SENDER) | ROLE(RETURN_PATH) | ROLE(MESSAGE_ID),
	SIGHTINGS = 3, /* messages before a sending address is believed to be a sender of spam */
	DAY = 86400
};

/* One indicator on its way through the rules. */
struct deed {
	const struct sl_tables *tables;
	struct sl_hostmemo *memo; /* or NULL */
	const struct sl_indicator *indicator;
	struct sl_policy_facts facts;
	unsigned known;
	struct sl_policy_answer *answer;
};

static void refuse(struct deed *d, const char *why)
{
	d->answer->actionable = false;
	d->answer->why = why;
	d->answer->confidence = 0;
}

static void feed(struct deed *d, const char *why, unsigned confidence)
{
	sl_assert(confidence > 0 && confidence <= 100);
	d->answer->actionable = true;
	d->answer->why = why;
	d->answer->confidence = confidence;
}

/* ---- rules for all kinds ---- */

struct known_row {
	unsigned known;
	const char *why;
};
static const struct known_row never[] = {
	{ SL_KNOWN_TRAP, "trap" },
	{ SL_KNOWN_OWN, "own" },
	{ SL_KNOWN_ALLOWED, "allowed" },
	{ SL_KNOWN_PLACEHOLDER, "reserved" },
	{ SL_KNOWN_NAMESPACE, "namespace" },
	{ 0, NULL },
};
/* Whole sites of others: neither URL nor host. */
static const struct known_row sites[] = {
	{ SL_KNOWN_BRAND, "brand" },
	{ SL_KNOWN_GOOD, "good" },
	{ SL_KNOWN_TOPLIST, "toplist" },
	{ 0, NULL },
};
/* Services where strangers have links: a URL at most. */
static const struct known_row services[] = {
	{ SL_KNOWN_SHORTENER, "shortener" },
	{ SL_KNOWN_REDIRECTOR, "redirector" },
	{ SL_KNOWN_TRACKER, "tracker" },
	{ SL_KNOWN_FREEMAIL, "freemail" },
	{ 0, NULL },
};

/* Why, by the first row that is known; or NULL. */
static const char *first_of(const struct known_row *row, unsigned known)
{
	while (row->why && !(row->known & known))
		row++;
	return row->why;
}

/* Why nothing in these roles is ever fed to a blocker. */
static const char *role_reason(uint32_t roles)
{
	if (roles & HEADER)
		return "header";
	if (roles & ROLE(WRAPPER))
		return "wrapper";
	if (roles & ROLE(IMAGE))
		return "image";
	if (roles & ROLE(NAMESPACE))
		return "namespace";
	return "role";
}

static const char *lure_reason(uint32_t roles)
{
	if (roles & ROLE(FORM))
		return "lure-form";
	if (roles & ROLE(QR))
		return "lure-qr";
	if (roles & ROLE(TARGET))
		return "lure-target";
	return "lure-link";
}

/* ---- rules by kind ---- */

static void judge_url(struct deed *d)
{
	const char *why = first_of(sites, d->known);
	uint32_t roles = d->facts.roles;
	unsigned less = d->known & SL_KNOWN_WARNINGLIST ? 20 : 0;
	if (!(roles & (LURE | ROLE(OPAQUE))))
		refuse(d, role_reason(roles));
	else if (why)
		refuse(d, why);
	else if (d->known & SL_KNOWN_SHORTENER)
		feed(d, "shortener", 50 - less);
	else if ((why = first_of(services, d->known)))
		refuse(d, why);
	else if (d->known & SL_KNOWN_SHARED)
		feed(d, "shared-hosting", 55 - less);
	else if (roles & LURE)
		feed(d, lure_reason(roles), 65 - less);
	else
		feed(d, "opaque-link", 40 - less);
}

/* Names as short as "ab.to" cost much and live long: nearly all that mail links to are shorteners,
 * more than any table knows. */
static bool like_shortener(const struct sl_indicator *i)
{
	enum { SHORT = 6 };
	return i->value.n <= SHORT && (i->domain.n == 0 || sl_span_eq(i->value, i->domain));
}

static void judge_name(struct deed *d)
{
	const char *why = first_of(sites, d->known);
	bool customer = d->known & SL_KNOWN_CUSTOMER;
	if (!(d->facts.roles & LURE))
		refuse(d, d->facts.roles & ROLE(OPAQUE) ? "opaque-link"
							: role_reason(d->facts.roles));
	else if (why || (why = first_of(services, d->known)))
		refuse(d, why);
	else if (d->known & SL_KNOWN_SHARED && !customer)
		refuse(d, "shared-hosting");
	else if (customer)
		feed(d, "customer-host", 55);
	else if (d->known & SL_KNOWN_WARNINGLIST)
		refuse(d, "warninglist");
	else if (like_shortener(d->indicator))
		refuse(d, "short-name");
	else
		feed(d, lure_reason(d->facts.roles), d->indicator->kind == SL_KIND_HOST ? 60 : 50);
}

static void judge_ip(struct deed *d)
{
	uint32_t roles = d->facts.roles;
	unsigned less = d->known & SL_KNOWN_SHARED ? 10 : 0; /* a cloud's addresses change hands */
	if (d->known & SL_KNOWN_RELAY)
		refuse(d, "relay");
	else if (d->known & (SL_KNOWN_WARNINGLIST | SL_KNOWN_GOOD))
		refuse(d, "warninglist");
	else if (roles & LURE)
		feed(d, lure_reason(roles), 65 - less);
	else if (!(roles & ROLE(SENDING_IP)))
		refuse(d, role_reason(roles));
	else if (d->facts.messages >= SIGHTINGS || d->facts.listed)
		feed(d, "sending-ip", 50 - less);
	else
		refuse(d, "few-sightings");
}

/* Drop boxes: what answers to the lure would reach. A single mail cannot tell them from the
 * recipient's own address. */
static void judge_email(struct deed *d)
{
	const char *why = first_of(sites, d->known);
	bool contact = d->facts.roles & (ROLE(REPLY_TO) | ROLE(LINK));
	if (!contact)
		refuse(d, role_reason(d->facts.roles));
	else if (why && !(d->known & SL_KNOWN_FREEMAIL))
		refuse(d, why);
	else if (d->facts.messages < SIGHTINGS)
		refuse(d, "few-sightings");
	else
		feed(d, "drop-box", 50);
}

static bool type_starts(const struct deed *d, const char *prefix)
{
	return sl_span_starts(d->facts.file_type, sl_span_str(prefix));
}

static void judge_file(struct deed *d)
{
	static const char empty[] =
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
	if (sl_span_eq(d->indicator->value, SL_SPAN(empty)))
		refuse(d, "reserved");
	else if (type_starts(d, "image/") || type_starts(d, "text/plain"))
		refuse(d, "image");
	else
		feed(d, "attachment", d->facts.file_type.n ? 60 : 50);
}

static void judge_kind(struct deed *d)
{
	switch (d->indicator->kind) {
	case SL_KIND_URL:
		judge_url(d);
		break;
	case SL_KIND_HOST:
	case SL_KIND_DOMAIN:
		judge_name(d);
		break;
	case SL_KIND_IPV4:
	case SL_KIND_IPV6:
		judge_ip(d);
		break;
	case SL_KIND_EMAIL:
		judge_email(d);
		break;
	case SL_KIND_SHA256:
		judge_file(d);
		break;
	case SL_KIND_PHONE: /* lures quote the real number of the party they claim to be */
		refuse(d, "phone");
		break;
	default: /* a wallet passed its checksum, and nobody blocks it by mistake */
		feed(d, "wallet", 75);
		break;
	}
}

/* ---- how sure, for how long ---- */

static bool takes_lookalike(enum sl_kind kind)
{
	return kind == SL_KIND_URL || kind == SL_KIND_HOST || kind == SL_KIND_DOMAIN;
}

static bool imitates(const struct deed *d)
{
	const struct sl_indicator *i = d->indicator;
	return d->memo ? sl_hostmemo_like(d->memo, i->host, i->domain) != NULL
		       : sl_lookalike_of(d->tables, i->host, i->domain) != NULL;
}

static void weigh(struct deed *d)
{
	const struct sl_policy_facts *f = &d->facts;
	unsigned sum = d->answer->confidence;
	sum += f->messages >= 10 ? 10 : f->messages >= 3 ? 5 : 0;
	sum += f->campaigns >= 2 ? 5 : 0;
	sum += f->listed >= 3 ? 20 : f->listed ? 10 : 0;
	if (takes_lookalike(d->indicator->kind) && !(d->known & SL_KNOWN_SHORTENER) && imitates(d))
		sum += 15;
	d->answer->confidence = sum > 100 ? 100 : sum;
}

/* Days after the last sighting. Addresses change hands soonest, hashes never. */
static int64_t lifetime(const struct deed *d)
{
	switch (d->indicator->kind) {
	case SL_KIND_URL:
		return 30;
	case SL_KIND_HOST:
		return d->known & SL_KNOWN_SHARED ? 30 : 60;
	case SL_KIND_DOMAIN:
		return d->known & SL_KNOWN_SHARED ? 30 : 90;
	case SL_KIND_IPV4:
	case SL_KIND_IPV6:
		return d->facts.roles & LURE ? 14 : 7;
	case SL_KIND_EMAIL:
		return 180;
	default:
		return 365;
	}
}

static unsigned known_name(const struct deed *d, struct sl_span host, struct sl_span domain)
{
	return d->memo ? sl_hostmemo_known(d->memo, host, domain)
		       : sl_tables_known(d->tables, host, domain);
}

static unsigned known_of(const struct deed *d)
{
	const struct sl_indicator *i = d->indicator;
	switch (i->kind) {
	case SL_KIND_IPV4:
	case SL_KIND_IPV6:
		return sl_tables_known_ip(d->tables, i->value);
	case SL_KIND_HOST:
	case SL_KIND_DOMAIN:
		return known_name(d, i->value, i->domain);
	case SL_KIND_URL:
		return known_name(d, i->host, i->domain) | sl_tables_known_ip(d->tables, i->host);
	case SL_KIND_EMAIL: {
		ssize_t at = sl_span_chr(i->value, '@', 0);
		return known_name(d, sl_span_from(i->value, (size_t)(at + 1)), SL_SPAN_NULL);
	}
	default:
		return 0;
	}
}

void sl_policy_judge_many(struct sl_hostmemo *memo, const struct sl_tables *tables,
	const struct sl_indicator *indicator, const struct sl_policy_facts *facts,
	struct sl_policy_answer *answer_r)
{
	struct deed d = {
		.tables = tables, .memo = memo, .indicator = indicator, .answer = answer_r
	};
	d.facts = facts ? *facts
			: (struct sl_policy_facts){
				  .messages = 1, .campaigns = 1, .last_seen = SL_TIME_NONE
			  };
	if (d.facts.roles == 0)
		d.facts.roles = UINT32_C(1) << indicator->role;
	d.known = known_of(&d);
	*answer_r = (struct sl_policy_answer){ .expires = SL_TIME_NONE };
	const char *why = first_of(never, d.known);
	if (d.facts.genuine_only)
		refuse(&d, "genuine");
	else if (why)
		refuse(&d, why);
	else
		judge_kind(&d);
	if (answer_r->actionable && !sl_list_takes(indicator->kind, indicator->value))
		refuse(&d, "bad-name");
	sl_assert(answer_r->why);
	if (!answer_r->actionable)
		return;
	weigh(&d);
	if (d.facts.last_seen != SL_TIME_NONE)
		answer_r->expires = d.facts.last_seen + lifetime(&d) * DAY;
}

void sl_policy_judge(const struct sl_tables *tables, const struct sl_config *config,
	const struct sl_indicator *indicator, const struct sl_policy_facts *facts,
	struct sl_policy_answer *answer_r)
{
	(void)config; /* what it says on names is in the tables already */
	sl_policy_judge_many(NULL, tables, indicator, facts, answer_r);
}

/* ---- defanging ---- */

/* Where the host of a URL lies. */
static void host_range(struct sl_span url, size_t *from_r, size_t *to_r)
{
	ssize_t colon = -1;
	size_t from = 0, to;
	while ((colon = sl_span_chr(url, ':', (size_t)(colon + 1))) >= 0 && from == 0)
		if (sl_span_starts(sl_span_from(url, (size_t)colon), SL_SPAN("://")))
			from = (size_t)colon + 3;
	for (to = from; to < url.n; to++) {
		char c = url.p[to];
		if (c == '/' || c == '?' || c == '#' || c == '\0')
			break;
		if (c == '@')
			from = to + 1;
	}
	*from_r = from;
	*to_r = to;
}

static bool is_armed(enum sl_kind kind, char c)
{
	return c == '.' || (c == '@' && kind == SL_KIND_EMAIL) ||
	       (c == ':' && kind == SL_KIND_IPV6);
}

struct sl_span sl_defang(struct sl_arena *arena, enum sl_kind kind, struct sl_span value)
{
	size_t from = 0, to = value.n, n;
	bool address = kind == SL_KIND_IPV4 || kind == SL_KIND_IPV6;
	if (kind == SL_KIND_URL)
		host_range(value, &from, &to);
	else if (kind != SL_KIND_HOST && kind != SL_KIND_DOMAIN && kind != SL_KIND_EMAIL &&
		 !address)
		return value;
	char *out = sl_arena_alloc(arena, value.n + 2 * (to - from) + 1);
	if (value.n)
		memcpy(out, value.p, from);
	n = from;
	for (size_t i = from; i < to; i++) {
		char c = value.p[i];
		if (!is_armed(kind, c)) {
			out[n++] = c;
			continue;
		}
		out[n++] = '[';
		out[n++] = c;
		out[n++] = ']';
	}
	sl_assert(n <= value.n + 2 * (to - from));
	if (to < value.n)
		memcpy(out + n, value.p + to, value.n - to);
	n += value.n - to;
	if (kind == SL_KIND_URL && sl_span_istarts(value, SL_SPAN("http")))
		out[1] = out[2] = 'x';
	out[n] = '\0';
	return sl_span_of(out, n);
}
