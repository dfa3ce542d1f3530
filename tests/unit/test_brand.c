/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "pipeline/stage.h"

static struct sl_tables *tables;
static struct sl_arena *arena;
static struct sl_config config;
static void *worker; /* of the stage */

static int setup(void **state)
{
	struct sl_err err = { 0 };
	(void)state;
	arena = sl_arena_new(0);
	if (sl_tables_load(&config, &tables, &err) != SL_OK)
		return -1;
	worker = sl_stage_brand.thread_new(&config, tables);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	sl_stage_brand.thread_free(worker);
	sl_tables_free(&tables);
	sl_arena_free(&arena);
	return 0;
}

struct row {
	const char *name, *subject, *from_domain, *visible, *link_host, *link_domain;
	const char *spf, *dkim, *dmarc;
	const char *brand, *named; /* named: content.brands, joined by a space */
	bool spoofed;
};

static const struct row rows[] = {
	{ .name = "Amazon",
		.subject = "重要なお知らせ",
		.from_domain = "zv.top",
		.visible = "Amazonの会員 Visa",
		.brand = "amazon",
		.named = "amazon",
		.spoofed = true },
	{ .name = "Amazon",
		.from_domain = "amazon.co.jp",
		.spf = "fail",
		.brand = "amazon",
		.spoofed = true },
	{ .name = "Amazon",
		.from_domain = "amazon.co.jp",
		.spf = "softfail",
		.dkim = "pass",
		.brand = "amazon" },
	{ .name = "Amazon",
		.from_domain = "mail.amazon.co.jp",
		.dmarc = "pass",
		.brand = "amazon" },
	/* the name goes before the subject, the longer alias before the one inside it */
	{ .name = "楽天カード株式会社",
		.subject = "Amazonギフト券",
		.from_domain = "zv.top",
		.brand = "rakutencard",
		.spoofed = true },
	{ .subject = "【 三 井 住 友 カ ー ド 】",
		.from_domain = "zv.top",
		.brand = "smbccard",
		.spoofed = true },
	/* common words count in the name, not in a subject alone */
	{ .name = "Apple", .from_domain = "zv.top", .brand = "apple", .spoofed = true },
	{ .subject = "an apple a day", .from_domain = "zv.top", .brand = "" },
	/* only the text, and the text names one party */
	{ .subject = "hello",
		.from_domain = "zv.top",
		.visible = "Ihr Netflix-Team",
		.brand = "netflix",
		.named = "netflix" },
	{ .subject = "hello",
		.from_domain = "zv.top",
		.visible = "netflix dhl paypal",
		.brand = "",
		.named = "dhl netflix paypal" },
	{ .subject = "hello",
		.from_domain = "zv.top",
		.visible = "netflix dhl netflix",
		.brand = "netflix",
		.named = "dhl netflix" },
	/* where the links pretend to lead */
	{ .subject = "hello",
		.from_domain = "zv.top",
		.link_host = "amaezon.qz.top",
		.link_domain = "qz.top",
		.brand = "amazon" },
	{ .from_domain = "paypa1.top", .brand = "paypal" },
	{ .subject = "hello", .from_domain = "gmail.com", .brand = "" },
	{ .brand = "" },
};

static void fill(struct sl_mail *mail, const struct row *row, struct sl_indicator *link)
{
	static const struct sl_secret secret;
	sl_mail_begin(mail, &config, tables, &secret, arena, SL_SPAN_NULL);
	mail->message.from_name = sl_span_str(row->name);
	mail->message.subject = sl_span_str(row->subject);
	mail->message.from_domain = sl_span_str(row->from_domain);
	mail->message.spf = sl_span_str(row->spf);
	mail->message.dkim = sl_span_str(row->dkim);
	mail->message.dmarc = sl_span_str(row->dmarc);
	mail->visible = sl_span_str(row->visible);
	mail->content.norm = mail->visible;
	*link = (struct sl_indicator){ .kind = SL_KIND_HOST,
		.role = SL_ROLE_LINK,
		.value = sl_span_str(row->link_host),
		.host = sl_span_str(row->link_host),
		.domain = sl_span_str(row->link_domain) };
	mail->content.indicators = link;
	mail->content.n_indicators = row->link_host ? 1 : 0;
}

static void check_named(const struct sl_content *c, const char *want, size_t row)
{
	struct sl_span joined = SL_SPAN_NULL;
	for (size_t i = 0; i < c->n_brands; i++)
		joined = sl_arena_printf(
			arena, "%.*s%s%.*s", SL_ARG(joined), i ? " " : "", SL_ARG(c->brands[i]));
	CHECK_SPAN_ROW(joined, want ? want : "", row);
}

static void test_brand(void **state)
{
	(void)state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_mail mail, again;
		struct sl_indicator link;
		fill(&mail, &rows[i], &link);
		sl_stage_brand.process(worker, &mail);
		CHECK_SPAN_ROW(mail.message.brand, rows[i].brand, i);
		bool spoofed = mail.message.flags & SL_BIT(SL_MSG_BRAND_SPOOFED);
		if (spoofed != rows[i].spoofed)
			fail_msg("row %zu: spoofed is %d", i, spoofed);
		check_named(&mail.content, rows[i].named, i);
		/* a cached content has no visible text any more, and gives the same */
		fill(&again, &rows[i], &link);
		again.content = mail.content;
		again.visible = SL_SPAN_NULL;
		sl_stage_brand.process(worker, &again);
		CHECK_SPAN_ROW(again.message.brand, rows[i].brand, i);
		assert_int_equal(again.message.flags, mail.message.flags);
	}
}

/* The same with a memo, when everything was met before, too. */
static void test_remembered(void **state)
{
	void *forgetful = worker;
	config.content_cache = 1 << 20;
	worker = sl_stage_brand.thread_new(&config, tables);
	for (int round = 0; round < 2; round++)
		test_brand(state);
	sl_stage_brand.thread_free(worker);
	config.content_cache = 0;
	worker = forgetful;
}

/* Headers and text are hostile: any bytes, and long ones, end in an answer. */
static void test_any_bytes(void **state)
{
	char noise[4096];
	(void)state;
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (char)(i * 167 + i / 7);
	for (size_t n = 0; n < 64; n++) {
		struct sl_mail mail;
		struct sl_indicator link;
		fill(&mail, &rows[0], &link);
		mail.message.subject = sl_span_of(noise, n);
		mail.message.from_name = sl_span_of(noise + n, sizeof(noise) - n);
		mail.message.from_domain = sl_span_of(noise + 64, n);
		mail.visible = sl_span_of(noise, sizeof(noise));
		sl_stage_brand.process(worker, &mail);
		sl_arena_reset(arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_brand),
		cmocka_unit_test(test_remembered),
		cmocka_unit_test(test_any_bytes),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
