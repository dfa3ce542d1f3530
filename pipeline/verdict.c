/* SPDX-License-Identifier: Apache-2.0 */
/* Rules add weight to labels; the heaviest label wins when it is heavy enough. Weights, in the same
 * order, stand in docs/VERDICTS.md. */
#include "verdict.h"

#include "policy.h"
#include "tables_internal.h"

enum { ENOUGH = 40, LINKS_MOST = 256 };

static const char *const label_names[SL_VERDICTS] = { "unknown", "phishing", "scam", "malware",
	"advert", "backscatter", "auto-reply", "genuine" };

const char *sl_verdict_name(enum sl_verdict_label label)
{
	sl_assert((unsigned)label < SL_VERDICTS);
	return label_names[label];
}

/* What the rules look at. */
struct facts {
	const struct sl_message *message;
	const struct sl_content *content;
	uint64_t flags;
	const struct sl_brand *brand;
	bool foreign_target;         /* a redirector leads to a site of nobody known */
	bool sender_owned;           /* From is a domain of the brand it claims, or of any brand */
	bool authentic, unauthentic; /* what a trusted receiver wrote */
	unsigned phrases[SL_PHRASES];
	unsigned links, brand_links, foreign_links, lookalike_links, ip_links, mismatched;
	bool obfuscated, form, qr, opaque, unsubscribe, wallet, phone, freemail_reply;
	bool sender_lookalike, sender_freemail;
	bool program, page, archive, document;
};

/* ---- gathering ---- */

static bool is(struct sl_span s, const char *text)
{
	return sl_span_ieq(s, sl_span_str(text));
}

static struct sl_span domain_of(struct sl_span address)
{
	ssize_t at = -1;
	for (size_t i = 0; i < address.n; i++)
		if (address.p[i] == '@')
			at = (ssize_t)i;
	return at < 0 ? SL_SPAN_NULL : sl_span_from(address, (size_t)at + 1);
}

static void gather_link(const struct sl_tables *t, const struct sl_indicator *i, struct facts *f)
{
	const uint64_t tricks = SL_BIT(SL_IND_USERINFO) | SL_BIT(SL_IND_IP_OBFUSCATED) |
				SL_BIT(SL_IND_MIXED_SCRIPT) | SL_BIT(SL_IND_MAPPED) |
				SL_BIT(SL_IND_PCT_HOST) | SL_BIT(SL_IND_BACKSLASH) |
				SL_BIT(SL_IND_CTL);
	f->links++;
	f->mismatched += (i->flags & SL_BIT(SL_IND_MISMATCH)) != 0;
	f->ip_links += (i->flags & SL_BIT(SL_IND_IP)) != 0;
	f->obfuscated = f->obfuscated || (i->flags & tricks) != 0;
	f->form = f->form || i->role == SL_ROLE_FORM;
	f->qr = f->qr || i->role == SL_ROLE_QR;
	unsigned known = sl_tables_known(t, i->host, i->domain);
	bool owned = f->brand ? sl_brand_owns(f->brand, i->host) : (known & SL_KNOWN_BRAND) != 0;
	if (owned)
		f->brand_links++;
	else if (!(known & (SL_KNOWN_GOOD | SL_KNOWN_BRAND | SL_KNOWN_TOPLIST | SL_KNOWN_TRACKER |
				   SL_KNOWN_NAMESPACE | SL_KNOWN_ALLOWED | SL_KNOWN_OWN))) {
		f->foreign_links++;
		f->foreign_target = f->foreign_target || i->role == SL_ROLE_TARGET;
	}
	if (f->links <= LINKS_MOST && sl_lookalike_of(t, i->host, i->domain))
		f->lookalike_links++;
}

static void gather_indicator(
	const struct sl_tables *t, const struct sl_indicator *i, struct facts *f)
{
	if (i->kind >= SL_KIND_BTC && i->kind <= SL_KIND_SOL)
		f->wallet = true;
	f->phone = f->phone || i->kind == SL_KIND_PHONE;
	f->unsubscribe = f->unsubscribe || i->role == SL_ROLE_UNSUBSCRIBE;
	if (i->kind != SL_KIND_URL)
		return;
	f->opaque = f->opaque || i->role == SL_ROLE_OPAQUE;
	switch (i->role) {
	case SL_ROLE_LINK:
	case SL_ROLE_FORM:
	case SL_ROLE_REFRESH:
	case SL_ROLE_EMBED:
	case SL_ROLE_TARGET:
	case SL_ROLE_QR:
		gather_link(t, i, f);
		break;
	default:
		break;
	}
}

static bool name_ends(struct sl_span name, const char *const *endings)
{
	for (; *endings; endings++)
		if (sl_span_iends(name, sl_span_str(*endings)))
			return true;
	return false;
}

static void gather_file(const struct sl_attachment *a, struct facts *f)
{
	static const char *const programs[] = { ".exe", ".scr", ".com", ".pif", ".bat", ".cmd",
		".js", ".jse", ".vbs", ".vbe", ".wsf", ".wsh", ".ps1", ".hta", ".lnk", ".iso",
		".img", ".vhd", ".jar", ".msi", ".docm", ".xlsm", ".xlam", ".pptm", ".xll", ".one",
		".chm", ".cpl", ".apk", ".reg", NULL };
	static const char *const pages[] = { ".htm", ".html", ".shtml", ".xhtml", ".svg", ".mht",
		NULL };
	static const char *const archives[] = { ".zip", ".rar", ".7z", ".ace", ".gz", ".tgz", ".z",
		".arj", ".cab", ".uue", ".lzh", ".tar", ".xz", NULL };
	static const char *const documents[] = { ".pdf", ".doc", ".docx", ".xls", ".xlsx", ".ppt",
		".pptx", ".rtf", ".ics", NULL };
	f->program = f->program || name_ends(a->name, programs);
	f->page = f->page || name_ends(a->name, pages);
	f->archive = f->archive || name_ends(a->name, archives);
	f->document =
		f->document || name_ends(a->name, documents) || is(a->type, "application/pdf");
}

static void gather_proof(const struct sl_message *m, unsigned known, struct facts *f)
{
	f->sender_owned =
		f->brand ? sl_brand_owns(f->brand, m->from_domain) : (known & SL_KNOWN_BRAND) != 0;
	f->authentic = is(m->dmarc, "pass") || (is(m->dkim, "pass") && is(m->spf, "pass"));
	f->unauthentic = is(m->dmarc, "fail") ||
			 (!is(m->dkim, "pass") && (is(m->spf, "fail") || is(m->spf, "softfail")));
}

static void gather_sender(const struct sl_tables *t, struct facts *f)
{
	const struct sl_message *m = f->message;
	unsigned known = sl_tables_known(t, m->from_domain, SL_SPAN_NULL);
	unsigned reply = sl_tables_known(t, domain_of(m->reply_to), SL_SPAN_NULL);
	gather_proof(m, known, f);
	f->sender_freemail = known & SL_KNOWN_FREEMAIL;
	f->freemail_reply = reply & SL_KNOWN_FREEMAIL && !sl_span_ieq(m->reply_to, m->from_addr);
	f->sender_lookalike = sl_lookalike_of(t, m->from_domain, SL_SPAN_NULL) != NULL;
}

static void gather_words(const struct sl_tables *t, struct facts *f)
{
	unsigned subject[SL_PHRASES];
	sl_tables_phrases(t, f->message->subject_norm, subject);
	sl_tables_phrases(t, f->content->norm, f->phrases);
	for (size_t i = 0; i < SL_PHRASES; i++)
		f->phrases[i] += subject[i];
}

static void gather(const struct sl_tables *t, struct facts *f)
{
	const struct sl_message *m = f->message;
	const struct sl_content *c = f->content;
	f->flags = m->flags | c->flags;
	f->brand = m->brand.n ? sl_tables_brand_by_id(t, m->brand) : NULL;
	gather_sender(t, f);
	gather_words(t, f);
	for (size_t i = 0; i < c->n_indicators; i++)
		gather_indicator(t, &c->indicators[i], f);
	for (size_t i = 0; i < m->n_indicators; i++)
		gather_indicator(t, &m->indicators[i], f);
	for (size_t i = 0; i < c->n_attachments; i++)
		gather_file(&c->attachments[i], f);
}

static bool flag(const struct facts *f, enum sl_msg_flag bit)
{
	return f->flags & SL_BIT(bit);
}

/* ---- rules ---- */

static bool bounce(const struct facts *f)
{
	return flag(f, SL_MSG_BACKSCATTER);
}
static bool auto_reply(const struct facts *f)
{
	return flag(f, SL_MSG_AUTO_REPLY) && !flag(f, SL_MSG_BACKSCATTER);
}
static bool lookalike_link(const struct facts *f)
{
	return f->lookalike_links > 0;
}
static bool brand_spoofed(const struct facts *f)
{
	return flag(f, SL_MSG_BRAND_SPOOFED);
}
static bool lookalike_sender(const struct facts *f)
{
	return f->sender_lookalike;
}
static bool links_elsewhere(const struct facts *f)
{
	return f->brand && f->foreign_links > 0 && !(f->sender_owned && f->authentic);
}
static bool link_text_lies(const struct facts *f)
{
	return f->mismatched > 0 && !(f->sender_owned && f->authentic);
}
static bool sender_not_proved(const struct facts *f)
{
	return f->brand && f->unauthentic;
}
static bool pressure(const struct facts *f)
{
	return f->phrases[SL_PHRASE_PRESSURE] > 0 && (f->links || f->document || f->page);
}
static bool much_pressure(const struct facts *f)
{
	return f->phrases[SL_PHRASE_PRESSURE] > 2 && f->foreign_links + f->opaque > 0;
}
static bool address_link(const struct facts *f)
{
	return f->ip_links > 0;
}
static bool hidden_host(const struct facts *f)
{
	return f->obfuscated;
}
static bool form_in_mail(const struct facts *f)
{
	return f->form && f->foreign_links > 0;
}
static bool qr_link(const struct facts *f)
{
	return f->qr;
}
static bool page_attached(const struct facts *f)
{
	return f->page;
}
static bool document_lure(const struct facts *f)
{
	return f->document && (f->brand || f->phrases[SL_PHRASE_INVOICE]) && !f->authentic;
}
static bool parcel_or_invoice(const struct facts *f)
{
	return f->phrases[SL_PHRASE_INVOICE] > 0 && f->foreign_links + f->opaque > 0;
}
static bool disguised_text(const struct facts *f)
{
	return flag(f, SL_MSG_MIXED_SCRIPT) || flag(f, SL_MSG_BIDI) ||
	       flag(f, SL_MSG_ADDRESS_IN_NAME);
}
static bool extortion(const struct facts *f)
{
	return f->phrases[SL_PHRASE_EXTORTION] > 0 && f->wallet;
}
static bool threat(const struct facts *f)
{
	return f->phrases[SL_PHRASE_EXTORTION] > 1;
}
static bool wallet(const struct facts *f)
{
	return f->wallet;
}
static bool advance_fee(const struct facts *f)
{
	return f->phrases[SL_PHRASE_FEE] > 0;
}
static bool prize_link(const struct facts *f)
{
	return f->phrases[SL_PHRASE_FEE] > 0 && f->foreign_links + f->opaque > 0;
}
static bool much_advance_fee(const struct facts *f)
{
	return f->phrases[SL_PHRASE_FEE] > 2;
}
static bool reply_to_freemail(const struct facts *f)
{
	return f->freemail_reply;
}
static bool freemail_no_link(const struct facts *f)
{
	return f->sender_freemail && f->links == 0 && !f->opaque;
}
static bool call_this_number(const struct facts *f)
{
	return f->phone && f->links == 0 && f->brand && !f->sender_owned;
}
static bool program_attached(const struct facts *f)
{
	return f->program;
}
static bool archive_attached(const struct facts *f)
{
	return f->archive && (f->phrases[SL_PHRASE_INVOICE] || f->unauthentic);
}
static bool can_unsubscribe(const struct facts *f)
{
	return f->unsubscribe;
}
static bool sale_words(const struct facts *f)
{
	return f->phrases[SL_PHRASE_SALE] > 0;
}
static bool many_sale_words(const struct facts *f)
{
	return f->phrases[SL_PHRASE_SALE] > 2;
}
static bool tracked(const struct facts *f)
{
	return f->opaque;
}
static bool stranger_link(const struct facts *f)
{
	return (f->foreign_links || f->opaque) && !f->authentic;
}
static bool from_list(const struct facts *f)
{
	return flag(f, SL_MSG_LIST);
}
static bool proved_unknown(const struct facts *f)
{
	return f->authentic && !f->brand && !f->sender_owned && f->unsubscribe;
}
static bool answers_by_itself(const struct facts *f)
{
	return f->phrases[SL_PHRASE_AUTOMATIC] > 0;
}
static bool real_sender(const struct facts *f)
{
	return f->sender_owned && f->authentic && !flag(f, SL_MSG_BRAND_SPOOFED);
}
static bool own_links_only(const struct facts *f)
{
	return f->sender_owned && !f->unauthentic && f->brand_links > 0 && f->foreign_links == 0;
}

static const struct {
	const char *name;
	enum sl_verdict_label label;
	unsigned weight;
	bool (*holds)(const struct facts *f);
} rules[] = {
	{ "bounce", SL_VERDICT_BACKSCATTER, 300, bounce },
	{ "auto-reply", SL_VERDICT_AUTO_REPLY, 250, auto_reply },
	{ "answers-by-itself", SL_VERDICT_AUTO_REPLY, 25, answers_by_itself },
	{ "lookalike-link", SL_VERDICT_PHISHING, 40, lookalike_link },
	{ "brand-spoofed", SL_VERDICT_PHISHING, 40, brand_spoofed },
	{ "lookalike-sender", SL_VERDICT_PHISHING, 25, lookalike_sender },
	{ "links-elsewhere", SL_VERDICT_PHISHING, 25, links_elsewhere },
	{ "link-text-lies", SL_VERDICT_PHISHING, 25, link_text_lies },
	{ "sender-not-proved", SL_VERDICT_PHISHING, 20, sender_not_proved },
	{ "pressure", SL_VERDICT_PHISHING, 25, pressure },
	{ "much-pressure", SL_VERDICT_PHISHING, 20, much_pressure },
	{ "address-link", SL_VERDICT_PHISHING, 20, address_link },
	{ "hidden-host", SL_VERDICT_PHISHING, 25, hidden_host },
	{ "form-in-mail", SL_VERDICT_PHISHING, 30, form_in_mail },
	{ "qr-link", SL_VERDICT_PHISHING, 25, qr_link },
	{ "page-attached", SL_VERDICT_PHISHING, 40, page_attached },
	{ "document-lure", SL_VERDICT_PHISHING, 40, document_lure },
	{ "parcel-or-invoice", SL_VERDICT_PHISHING, 20, parcel_or_invoice },
	{ "disguised-text", SL_VERDICT_PHISHING, 15, disguised_text },
	{ "extortion", SL_VERDICT_SCAM, 70, extortion },
	{ "threat", SL_VERDICT_SCAM, 45, threat },
	{ "wallet", SL_VERDICT_SCAM, 40, wallet },
	{ "advance-fee", SL_VERDICT_SCAM, 30, advance_fee },
	{ "prize-link", SL_VERDICT_SCAM, 20, prize_link },
	{ "much-advance-fee", SL_VERDICT_SCAM, 30, much_advance_fee },
	{ "reply-to-freemail", SL_VERDICT_SCAM, 25, reply_to_freemail },
	{ "freemail-no-link", SL_VERDICT_SCAM, 15, freemail_no_link },
	{ "call-this-number", SL_VERDICT_SCAM, 40, call_this_number },
	{ "program-attached", SL_VERDICT_MALWARE, 80, program_attached },
	{ "archive-attached", SL_VERDICT_MALWARE, 50, archive_attached },
	{ "can-unsubscribe", SL_VERDICT_ADVERT, 25, can_unsubscribe },
	{ "sale-words", SL_VERDICT_ADVERT, 20, sale_words },
	{ "many-sale-words", SL_VERDICT_ADVERT, 20, many_sale_words },
	{ "tracked-links", SL_VERDICT_ADVERT, 10, tracked },
	{ "stranger-link", SL_VERDICT_ADVERT, 20, stranger_link },
	{ "mailing-list", SL_VERDICT_ADVERT, 5, from_list },
	{ "proved-sender", SL_VERDICT_ADVERT, 20, proved_unknown },
	{ "real-sender", SL_VERDICT_GENUINE, 90, real_sender },
	{ "own-links-only", SL_VERDICT_GENUINE, 30, own_links_only },
};

/* Genuine is a strong word: one sure sign against it and it is off. */
static bool against_genuine(const struct facts *f)
{
	return f->lookalike_links || f->foreign_target || f->sender_lookalike ||
	       flag(f, SL_MSG_BRAND_SPOOFED) || f->obfuscated || f->program;
}

static enum sl_verdict_label heaviest(const unsigned weights[SL_VERDICTS])
{
	enum sl_verdict_label best = SL_VERDICT_UNKNOWN;
	for (unsigned l = 1; l < SL_VERDICTS; l++)
		if (weights[l] > weights[best] && weights[l] >= ENOUGH)
			best = (enum sl_verdict_label)l;
	return best;
}

/* The winner's own reasons, heaviest first; table order breaks ties. */
static void reasons(const bool *held, struct sl_verdict *v)
{
	unsigned weights[SL_VERDICT_REASONS];
	for (size_t i = 0; i < SL_LEN(rules); i++) {
		size_t at = v->n_reasons;
		if (!held[i] || rules[i].label != v->label)
			continue;
		if (v->n_reasons < SL_VERDICT_REASONS)
			v->n_reasons++;
		else if (rules[i].weight <= weights[--at])
			continue;
		for (; at > 0 && weights[at - 1] < rules[i].weight; at--) {
			weights[at] = weights[at - 1];
			v->reasons[at] = v->reasons[at - 1];
		}
		weights[at] = rules[i].weight;
		v->reasons[at] = rules[i].name;
	}
}

void sl_verdict_judge(const struct sl_tables *tables, const struct sl_message *message,
	const struct sl_content *content, struct sl_verdict *verdict_r)
{
	struct facts f = { .message = message, .content = content };
	unsigned weights[SL_VERDICTS] = { 0 };
	bool held[SL_LEN(rules)];
	gather(tables, &f);
	for (size_t i = 0; i < SL_LEN(rules); i++) {
		held[i] = rules[i].holds(&f);
		weights[rules[i].label] += held[i] ? rules[i].weight : 0;
	}
	if (against_genuine(&f))
		weights[SL_VERDICT_GENUINE] = 0;
	*verdict_r = (struct sl_verdict){ .label = heaviest(weights) };
	unsigned second = 0;
	for (unsigned l = 1; l < SL_VERDICTS; l++)
		if (l != (unsigned)verdict_r->label && weights[l] > second)
			second = weights[l];
	unsigned sure = weights[verdict_r->label];
	sure = sure > second / 2 ? sure - second / 2 : 0;
	if (verdict_r->label != SL_VERDICT_UNKNOWN)
		verdict_r->confidence = sure > 99 ? 99 : sure;
	reasons(held, verdict_r);
	sl_assert(verdict_r->confidence <= 100);
}

/* The rules for honest labels by what the header says, and the best of the body for the rest. Flags
 * that such rules look at come out of the header. */
bool sl_verdict_may_be_honest(const struct sl_tables *tables, const struct sl_message *message)
{
	struct facts f = { .message = message, .flags = message->flags, .brand_links = 1 };
	unsigned weights[SL_VERDICTS] = { 0 };
	f.brand = message->brand.n ? sl_tables_brand_by_id(tables, message->brand) : NULL;
	f.phrases[SL_PHRASE_AUTOMATIC] = 1;
	gather_proof(message, sl_tables_known(tables, message->from_domain, SL_SPAN_NULL), &f);
	for (size_t i = 0; i < SL_LEN(rules); i++)
		if (sl_verdict_is_honest(rules[i].label) && rules[i].holds(&f))
			weights[rules[i].label] += rules[i].weight;
	return weights[SL_VERDICT_GENUINE] >= ENOUGH || weights[SL_VERDICT_AUTO_REPLY] >= ENOUGH;
}
