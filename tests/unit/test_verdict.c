/* SPDX-License-Identifier: Apache-2.0 */
#include "tables.h"

#include "pipeline/verdict.h"

static void test_lookalike(void **state)
{
	static const struct {
		const char *host, *domain, *brand;
	} rows[] = {
		{ "www.anzcam-co-jp.amaezon.qzvnwseg.top", "qzvnwseg.top", "amazon" },
		{ "amazon.qzvnwseg.cn", "qzvnwseg.cn", "amazon" },
		{ "amazon.co.jp.qzvnwseg.cn", "qzvnwseg.cn", "amazon" },
		{ "arnazon-login.top", "arnazon-login.top", "amazon" },
		{ "paypa1.top", "paypa1.top", "paypal" },
		{ "paypalsecure.top", "paypalsecure.top", "paypal" },
		{ "loginpaypal.top", "loginpaypal.top", "paypal" },
		{ "loginpaypalsecure.top", "loginpaypalsecure.top", NULL },
		{ "email.zv.top", "zv.top", NULL },
		{ "cloud.zv.top", "zv.top", NULL },
		{ "online-news.zv.top", "zv.top", NULL },
		{ "abc.onmicrosoft.com", "onmicrosoft.com", NULL },
		{ "northwestern.zv.top", "zv.top", NULL },
		{ "netf1ix.zv.top", "zv.top", "netflix" },
		{ "my-jcb.8388zv.com", "8388zv.com", "jcb" },
		{ "smbc-card-co.vx.cn", "vx.cn", "smbccard" },
		{ "amzaon.top", "amzaon.top", "amazon" },
		{ "x.paypal-help.web.app", "paypal-help.web.app", "paypal" },
		{ "www.amazon.co.jp", "amazon.co.jp", NULL },
		{ "wikipedia.org", "wikipedia.org", NULL },
		{ "www.evil.top", "evil.top", NULL },
		{ "evil.amazon", "evil.amazon", NULL },
		{ "45.143.138.29", "", NULL },
		{ "", "", NULL },
		{ "a", "", NULL },
		{ "amazon.top", "", "amazon" },
		/* U+0430 for the first letter */
		{ "xn--mazon-3ve.zv.top", "zv.top", "amazon" },
		{ "xn--.zv.top", "zv.top", NULL },
	};
	(void)state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		const struct sl_brand *brand = sl_lookalike_of(
			tables, sl_span_str(rows[i].host), sl_span_str(rows[i].domain));
		struct sl_span id = brand ? brand->id : SL_SPAN_NULL;
		CHECK_SPAN_ROW(id, rows[i].brand ? rows[i].brand : "", i);
	}
}

enum { MAX_INDICATORS = 4 };

/* A mail in a few words; `links` are "ROLE host domain" triples. */
struct mail_row {
	const char *from_domain, *from_addr, *brand, *subject, *text, *spf, *dkim, *dmarc;
	uint64_t flags;
	struct sl_indicator in[MAX_INDICATORS];
	const char *file;
	enum sl_verdict_label want;
	const char *reason;
};

#define TEXT(literal)                                                                              \
	{                                                                                          \
		(literal), sizeof(literal) - 1                                                     \
	}
#define LINK(host_text, domain_text)                                                               \
	{                                                                                          \
		.kind = SL_KIND_URL, .role = SL_ROLE_LINK, .value = TEXT("http://" host_text),     \
		.host = TEXT(host_text), .domain = TEXT(domain_text)                               \
	}
#define OF_KIND(k, r)                                                                              \
	{                                                                                          \
		.kind = SL_KIND_##k, .role = SL_ROLE_##r, .value = TEXT("x")                       \
	}

static const struct mail_row mails[] = {
	{ .from_domain = "amazon.co.jp",
		.brand = "amazon",
		.subject = "【amazon】重要なお知らせ",
		.text = "アカウントの利用制限",
		.spf = "fail",
		.dmarc = "fail",
		.flags = SL_BIT(SL_MSG_BRAND_SPOOFED),
		.in = { LINK("amaezon.qzvnwseg.top", "qzvnwseg.top") },
		.want = SL_VERDICT_PHISHING,
		.reason = "lookalike-link" },
	{ .from_domain = "amazon.co.jp",
		.brand = "amazon",
		.subject = "ご注文の発送",
		.text = "配送状況は",
		.spf = "pass",
		.dkim = "pass",
		.dmarc = "pass",
		.in = { LINK("www.amazon.co.jp", "amazon.co.jp") },
		.want = SL_VERDICT_GENUINE,
		.reason = "real-sender" },
	/* real sender by its own word, but a link that imitates: not genuine */
	{ .from_domain = "amazon.co.jp",
		.brand = "amazon",
		.dkim = "pass",
		.dmarc = "pass",
		.in = { LINK("amaezon.qzvnwseg.top", "qzvnwseg.top") },
		.want = SL_VERDICT_PHISHING,
		.reason = "lookalike-link" },
	/* the party's hijacked mail service: a redirector leads elsewhere */
	{ .from_domain = "amazon.co.jp",
		.brand = "amazon",
		.dkim = "pass",
		.dmarc = "pass",
		.in = { LINK("www.amazon.co.jp", "amazon.co.jp"),
			{ .kind = SL_KIND_URL,
				.role = SL_ROLE_TARGET,
				.value = TEXT("https://qzvnwseg.top/"),
				.host = TEXT("qzvnwseg.top"),
				.domain = TEXT("qzvnwseg.top") } },
		.want = SL_VERDICT_UNKNOWN },
	{ .from_domain = "bait.cc",
		.text = "your camera recorded you, trojan. bitcoin wallet",
		.in = { OF_KIND(BTC, MENTION) },
		.want = SL_VERDICT_SCAM,
		.reason = "extortion" },
	{ .from_domain = "x.cc",
		.from_addr = "a@x.cc",
		.text = "dear friend, next of kin of my late client, million dollars",
		.want = SL_VERDICT_SCAM,
		.reason = "advance-fee" },
	{ .from_domain = "x.cc",
		.text = "anbei die rechnung",
		.file = "r.PDF.js",
		.want = SL_VERDICT_MALWARE,
		.reason = "program-attached" },
	{ .from_domain = "x.cc",
		.text = "invoice",
		.file = "r.zip",
		.want = SL_VERDICT_MALWARE,
		.reason = "archive-attached" },
	{ .from_domain = "x.cc",
		.text = "see the page",
		.file = "r.shtml",
		.want = SL_VERDICT_PHISHING,
		.reason = "page-attached" },
	{ .from_domain = "shop.cc",
		.text = "special offer, discount, free shipping",
		.dmarc = "pass",
		.in = { LINK("news.shop.cc", "shop.cc"), OF_KIND(URL, UNSUBSCRIBE) },
		.want = SL_VERDICT_ADVERT,
		.reason = "can-unsubscribe" },
	{ .from_domain = "amazon.co.jp",
		.brand = "amazon",
		.text = "重要なお知らせ",
		.flags = SL_BIT(SL_MSG_BACKSCATTER) | SL_BIT(SL_MSG_BRAND_SPOOFED),
		.in = { LINK("amaezon.qzvnwseg.top", "qzvnwseg.top") },
		.want = SL_VERDICT_BACKSCATTER,
		.reason = "bounce" },
	{ .from_domain = "x.cc",
		.text = "out of office",
		.flags = SL_BIT(SL_MSG_AUTO_REPLY),
		.want = SL_VERDICT_AUTO_REPLY,
		.reason = "auto-reply" },
	{ .from_domain = "x.cc", .text = "hello", .want = SL_VERDICT_UNKNOWN },
	{ .want = SL_VERDICT_UNKNOWN },
};

static struct sl_verdict judge(const struct mail_row *row)
{
	struct sl_attachment file = { .name = sl_span_str(row->file) };
	struct sl_message m = { .from_domain = sl_span_str(row->from_domain),
		.from_addr = sl_span_str(row->from_addr),
		.brand = sl_span_str(row->brand),
		.subject_norm = sl_span_str(row->subject),
		.spf = sl_span_str(row->spf),
		.dkim = sl_span_str(row->dkim),
		.dmarc = sl_span_str(row->dmarc),
		.flags = row->flags };
	struct sl_indicator in[MAX_INDICATORS];
	struct sl_content c = { .norm = sl_span_str(row->text),
		.indicators = in,
		.attachments = &file,
		.n_attachments = row->file ? 1 : 0 };
	memcpy(in, row->in, sizeof(in));
	while (c.n_indicators < MAX_INDICATORS && in[c.n_indicators].value.n)
		c.n_indicators++;
	struct sl_verdict v;
	sl_verdict_judge(tables, &m, &c, &v);
	assert_true(sl_verdict_may_be_honest(tables, &m) || !sl_verdict_is_honest(v.label));
	return v;
}

static void test_verdicts(void **state)
{
	(void)state;
	for (size_t i = 0; i < SL_LEN(mails); i++) {
		struct sl_verdict v = judge(&mails[i]);
		if (v.label != mails[i].want)
			fail_msg("row %zu: got %s, want %s", i, sl_verdict_name(v.label),
				sl_verdict_name(mails[i].want));
		assert_true(v.confidence <= 100);
		assert_int_equal(v.confidence > 0, v.label != SL_VERDICT_UNKNOWN);
		if (mails[i].reason)
			assert_string_equal(v.reasons[0], mails[i].reason);
		else
			assert_int_equal(v.n_reasons, 0);
	}
}

static void test_may_be_honest(void **state)
{
	(void)state;
	struct sl_message stranger = { .from_domain = SL_SPAN("x.cc"), .dmarc = SL_SPAN("pass") };
	struct sl_message forged = { .from_domain = SL_SPAN("amazon.co.jp"),
		.brand = SL_SPAN("amazon"),
		.dmarc = SL_SPAN("pass"),
		.flags = SL_BIT(SL_MSG_BRAND_SPOOFED) };
	struct sl_message real = forged, answer = stranger;
	real.flags = 0;
	answer.flags = SL_BIT(SL_MSG_AUTO_REPLY);
	assert_false(sl_verdict_may_be_honest(tables, &stranger));
	assert_false(sl_verdict_may_be_honest(tables, &forged));
	assert_true(sl_verdict_may_be_honest(tables, &real));
	assert_true(sl_verdict_may_be_honest(tables, &answer));
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(sl_verdict_name(SL_VERDICT_UNKNOWN), "unknown");
	assert_string_equal(sl_verdict_name(SL_VERDICT_AUTO_REPLY), "auto-reply");
	assert_string_equal(sl_verdict_name(SL_VERDICT_GENUINE), "genuine");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lookalike),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_may_be_honest),
		cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests(tests, tables_set_up, tables_tear_down);
}
