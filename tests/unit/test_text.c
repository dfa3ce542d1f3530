/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "pipeline/base/unicode.h"
#include "pipeline/base/utf8.h"
#include "pipeline/stage.h"
#include "stages/parse/language.h"
#include "stages/parse/normal.h"
#include "stages/parse/tagsketch.h"
#include "stages/parse/textfold.h"

#include <stdlib.h>

static struct sl_arena *arena;
static struct sl_config config;
static const struct sl_secret secret;
static void *header, *body, *text;

static int setup(void **state)
{
	(void)state;
	arena = sl_arena_new(0);
	sl_limits_default(&config.limits);
	header = sl_stage_header.thread_new(&config, NULL);
	body = sl_stage_body.thread_new(&config, NULL);
	text = sl_stage_text.thread_new(&config, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	sl_stage_header.thread_free(header);
	sl_stage_body.thread_free(body);
	sl_stage_text.thread_free(text);
	sl_arena_free(&arena);
	return 0;
}

static void test_normal(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "", "" },
		{ "Hello,  World!\n\n  Again. ", "hello world\nagain" },
		{ "see HTTP://a.example/x?y=1 now", "see \x01 now" },
		{ "see hxxps://a.example, www.b.example", "see \x01" },
		{ "go to a.example/login now", "go to \x01 now" },
		{ "end.Next and/or a.b", "end next and or a b" },
		{ "write Ann.Lee+x@mail.example.", "write \x02" },
		{ "a@b and @you", "a b and you" },
		{ "pay 1,980 or 12 30 on 2026/11/24", "pay \x03 or \x03 on \x03" },
		{ "order AB12CD34 of web2", "order \x03 of web\x03" },
		{ "2026年11月24日", "\x03年\x03月\x03日" },
		{ "Ｆｕｌｌ ＷＩＤＴＨ ｱﾏｿﾞﾝ", "full width アマゾン" },
		{ "𝗕𝗼𝗹𝗱 ⓘⓝ", "bold in" },
		{ "caf\xc3\xa9 cafe\xcc\x81 \xc3\x9c"
		  "ber",
			"cafe cafe uber" },
		{ "か\xe3\x82\x99", "が" },
		{ "p\xe2\x80\x8b"
		  "ay\xc2\xadpal \xe2\xa0\x80x",
			"paypal x" },
		/* Cyrillic letters in a Latin word, and a Cyrillic word */
		{ "\xd0\xa0\xd0\xb0ypal \xd1\x80\xd0\xb0\xd0\xbc\xd0\xb0", "paypal рама" },
		{ "a=3Db c=\nd e=20f", "a b cd e f" },
		{ "A | B . c", "a b c" },
		{ "the quick brown fox jumps over the lazy dog at fox@a.example at once",
			"the quick brown fox jumps over the lazy dog at \x02 at once" },
		{ "the quick brown fox  jumps over the lazy dog of www.a.example/fox",
			"the quick brown fox jumps over the lazy dog of \x01" },
		{ "the quick brown fox jumps over the lazy dog no12345 ", "the quick brown fox "
									  "jumps over the lazy dog "
									  "\x03" },
		{ "\xff"
		  "a\xfe"
		  "b",
			"a b" },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_normal normal;
		sl_normal_make(arena, sl_span_str(rows[i].in), SL_NORMAL_MAX, &normal);
		CHECK_SPAN_ROW(normal.text, rows[i].out, i);
	}
}

static void check_fold(struct sl_span whole)
{
	struct sl_normal normal;
	sl_normal_make(arena, whole, SL_NORMAL_MAX, &normal);
	struct sl_span want = sl_unicode_fold(arena, whole);
	if (!sl_span_eq(normal.folded, want))
		fail_msg("\"%.*s\" gave \"%.*s\", not \"%.*s\"", SL_ARG(whole),
			SL_ARG(normal.folded), SL_ARG(want));
}

/* Text that is folded in pieces is folded as ICU folds the whole: every character between two
 * others, and any mixture. */
static void test_folding(void **state)
{
	static const char *const pieces[] = { "E",
		"more than SIXTY-FOUR plain letters and spaces, so that a piece has its end ", " ",
		"か", "が", "カ", "漢", "’", "\xe3\x81", "\u00a0", "Ａ", "\u3000", "\xf0", "\u3099",
		"\u0301", "é", "ﾞ", "ｶ", "Ａ", "、", "\u200b", "ß", "각", "\u1100", "\u1161", "…",
		"ー", "かかかかかかかかかかかかかかかかかかかかかかかか" };
	uint32_t random = 3;
	char bytes[1024];
	(void)state;
	for (uint32_t c = 0x80; c < 0x20000; c++) {
		size_t n = (size_t)snprintf(bytes, sizeof(bytes), "Eか");
		n += sl_utf8_encode(c, bytes + n);
		n += (size_t)snprintf(bytes + n, sizeof(bytes) - n, "かE");
		check_fold(sl_span_of(bytes, n));
		sl_arena_reset(arena);
	}
	for (int round = 0; round < 20000; round++) {
		size_t n = 0;
		for (int i = 0; i < 9; i++) {
			random = random * 1664525 + 1013904223;
			n += (size_t)snprintf(bytes + n, sizeof(bytes) - n, "%s",
				pieces[(random >> 16) % SL_LEN(pieces)]);
		}
		check_fold(sl_span_of(bytes, n));
		sl_arena_reset(arena);
	}
}

/* Each character by itself, behind and before others, and before marks that may join it. */
static void test_fold_each(void **state)
{
	(void)state;
	for (uint32_t c = 0x80; c < 0x20000; c++) {
		char bytes[4];
		struct sl_span one = sl_span_of(bytes, sl_utf8_encode(c, bytes));
		sl_arena_reset(arena);
		check_fold(SL_ARENA_JOIN(arena, SL_SPAN("A"), one, SL_SPAN("é"), one,
			SL_SPAN("\u0301\u0327"), one, one, SL_SPAN("カ"), one, SL_SPAN("\u3099ｶ"),
			one, SL_SPAN("한"), one, SL_SPAN("\u11a8\u200c\u0301Z"), one));
		if (c >= 0xd800 && c < 0xe000)
			continue;
		if (sl_fold_simply(c)) {
			assert_false(sl_unicode_is_invisible(c));
			assert_false(sl_unicode_is_bidi_control(c));
			assert_false(sl_unicode_is_mark(c));
		}
		if (!sl_is_east(c))
			continue;
		assert_int_equal(sl_fold_simply(c), c);
		assert_true(sl_unicode_is_letter(c));
		assert_int_equal(sl_unicode_latin_base(c), c);
		assert_int_equal(sl_unicode_latin_lookalike(c), 0);
		enum sl_script script = sl_unicode_script(c);
		assert_true(script == SL_SCRIPT_HAN || script == SL_SCRIPT_HIRAGANA ||
			    script == SL_SCRIPT_KATAKANA);
		assert_int_equal(sl_east_end(one, 0), one.n);
	}
}

/* A form that is cut ends before the first character that finds no room. */
static void test_cut(void **state)
{
	(void)state;
	struct sl_normal whole, part;
	struct sl_span s = SL_SPAN("カタカナ漢字 abc かなー　漢字, x 日本\n語Ａ漢");
	sl_normal_make(arena, s, 1000, &whole);
	CHECK_SPAN(whole.text, "カタカナ漢字 abc かなー 漢字 x 日本\n語a漢");
	for (size_t max = 20; max < whole.text.n; max++) {
		sl_normal_make(arena, s, max, &part);
		struct sl_span rest = sl_span_from(whole.text, part.text.n);
		uint32_t c;
		size_t gap =
			sl_span_starts(rest, SL_SPAN(" ")) || sl_span_starts(rest, SL_SPAN("\n"));
		assert_true(sl_span_starts(whole.text, part.text));
		size_t next = gap + sl_utf8_decode(sl_span_from(rest, gap), &c);
		assert_true(part.text.n <= max && part.text.n + next > max);
	}
}

static void test_anchors(void **state)
{
	(void)state;
	static const struct {
		const char *in;
		const char *anchors; /* joined by one space */
	} rows[] = {
		{ "nothing here in 2026", "" },
		{ "pay $4,999.00 or 1980円", "amount:1980 amount:4999" },
		{ "\xef\xbf\xa5"
		  "12,800 twice: ¥12,800",
			"amount:12800" },
		{ "call +81 3-1234-5678", "phone:81312345678" },
		{ "call 03-1234-5678 or (800) 555-0199 now", "phone:0312345678 phone:8005550199" },
		{ "on 24.11.2026 at 10:15", "" },
		{ "Mail To Ann@Mail.example", "email:ann@mail.example" },
		{ "Dear {{ first.name }} %EMAIL% [UserName] {name} [important]",
			"macro:%email% macro:[username] macro:{name} macro:{{ first.name }}" },
		{ "send to 1BoatSLRHtKNngkdXEeobR76b53LETtpyT!",
			"wallet:1BoatSLRHtKNngkdXEeobR76b53LETtpyT" },
		{ "http://a.example/1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "" },
		{ "0x52908400098527886E0F7030069857D2E4169EE7",
			"wallet:0x52908400098527886E0F7030069857D2E4169EE7" },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_normal normal;
		char joined[512] = "";
		sl_normal_make(arena, sl_span_str(rows[i].in), SL_NORMAL_MAX, &normal);
		for (size_t k = 0; k < normal.n_anchors; k++)
			snprintf(joined + strlen(joined), sizeof(joined) - strlen(joined), "%s%.*s",
				k ? " " : "", SL_ARG(normal.anchors[k]));
		CHECK_SPAN_ROW(sl_span_str(joined), rows[i].anchors, i);
	}
}

static void test_tricks(void **state)
{
	(void)state;
	static const struct {
		const char *in;
		bool invisible, bidi, mixed;
	} rows[] = {
		{ "plain", false, false, false },
		{ "pay\xe2\x80\x8bpal", true, false, false },
		{ "end \xe2\x80\x8b next", false, false, false },
		{ "sym\xc2\xad"
		  "bol",
			false, false, false },
		{ "a\xc2\xad"
		  "b\xc2\xad"
		  "c\xc2\xad"
		  "d",
			true, false, false },
		{ "\xe2\x80\xae"
		  "fdp.exe",
			false, true, false },
		{ "p\xd0\xb0y", false, false, true },
		{ "\xd1\x80\xd0\xb0\xd0\xbc\xd0\xb0 frame", false, false, false },
		{ "heart \xe2\x9d\xa4\xef\xb8\x8f you", false, false, false },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_normal n;
		sl_normal_make(arena, sl_span_str(rows[i].in), SL_NORMAL_MAX, &n);
		if (n.invisible != rows[i].invisible || n.bidi != rows[i].bidi ||
			n.mixed != rows[i].mixed)
			fail_msg("row %zu: invisible %d bidi %d mixed %d", i, n.invisible, n.bidi,
				n.mixed);
	}
}

/* Linear, cut between characters, valid UTF-8, whatever comes. */
static void test_floods(void **state)
{
	(void)state;
	static const char *const units[] = { "a", "a.", "a@", "a1", "1", "1-", "日", "\xcc\x81",
		"{{", "%a", "\xe2\x80\x8b", "http://", "a-", "<name", "=", "\xff", "\n", "ﷺ",
		"0x52908400098527886E0F" };
	for (size_t i = 0; i < SL_LEN(units); i++) {
		size_t len = strlen(units[i]), n = 300000 / len * len;
		char *all = sl_malloc(n);
		for (size_t k = 0; k < n; k += len)
			memcpy(all + k, units[i], len);
		struct sl_normal normal;
		sl_normal_make(arena, sl_span_of(all, n), SL_NORMAL_MAX, &normal);
		assert_true(normal.text.n <= SL_NORMAL_MAX);
		assert_true(normal.n_anchors <= SL_ANCHORS_MAX);
		assert_int_equal(sl_utf8_valid_prefix(normal.text), normal.text.n);
		free(all);
		sl_arena_reset(arena);
	}
}

static void test_languages(void **state)
{
	(void)state;
	static const struct {
		const char *in, *language;
	} rows[] = {
		{ "", "" },
		{ "ok", "" },
		{ "重要なお知らせです", "ja" },
		{ "Amazonプライム会員の更新 account service update", "ja" },
		{ "您的账户已被暂停请立即验证", "zh" },
		{ "귀하의 계정이 정지되었습니다", "ko" },
		{ "Ваш счёт заблокирован, подтвердите", "ru" },
		{ "Ваш рахунок заблоковано, підтвердіть її дані", "uk" },
		{ "تم تعليق حسابك يرجى التحقق", "ar" },
		{ "החשבון שלך הושעה נא לאמת", "he" },
		{ "Ο λογαριασμός σας έχει ανασταλεί", "el" },
		{ "บัญชีของคุณถูกระงับ", "th" },
		{ "Your account has been suspended and you will have to confirm it", "en" },
		{ "Ihr Konto wurde gesperrt, bitte bestätigen Sie die Daten für uns", "de" },
		{ "Votre compte est suspendu, vous devez confirmer les données pour nous", "fr" },
		{ "Su cuenta ha sido suspendida, por favor confirme los datos para el banco",
			"es" },
		{ "A sua conta foi suspensa, para não perder os dados confirme em nosso site",
			"pt" },
		{ "Il suo conto è stato sospeso, per favore confermi i dati della carta con il "
		  "sito",
			"it" },
		{ "Uw rekening is geblokkeerd, wij vragen u om het te bevestigen voor de bank",
			"nl" },
		{ "Twoje konto jest zablokowane, prosimy o potwierdzenie przez stronę do jutra",
			"pl" },
		{ "lorem ipsum dolor amet consectetur adipiscing elit tempor", "" },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_normal normal;
		sl_normal_make(arena, sl_span_str(rows[i].in), SL_NORMAL_MAX, &normal);
		CHECK_SPAN_ROW(sl_language_guess(normal.text), rows[i].language, i);
	}
}

static void process(struct sl_mail *mail, const char *raw)
{
	sl_arena_reset(arena);
	sl_mail_begin(mail, &config, NULL, &secret, arena, sl_span_str(raw));
	sl_stage_header.process(header, mail);
	sl_stage_body.process(body, mail);
	sl_stage_text.process(text, mail);
}

static void test_source(void **state)
{
	(void)state;
	static const struct {
		const char *raw, *norm;
		enum sl_view_kind kind;
		uint64_t flags;
	} rows[] = {
		{ "\nSome plain words of a letter\n", "some plain words of a letter", SL_VIEW_TEXT,
			0 },
		{ "Content-Type: text/html\n\n<p>Some words of a page that one sees\n",
			"some words of a page that one sees", SL_VIEW_HTML, 0 },
		{ "Content-Type: text/html\n\n<p style='display:none'>Some words that nobody "
		  "sees\n",
			"some words that nobody sees", SL_VIEW_HIDDEN,
			SL_BIT(SL_MSG_EMPTY_TEXT) | SL_BIT(SL_MSG_HIDDEN_TEXT) },
		{ "Content-Type: multipart/alternative; boundary=b\n\n--b\n\nplain words of a long "
		  "letter\n"
		  "--b\nContent-Type: text/html\n\n<p>short\n--b--\n",
			"plain words of a long letter", SL_VIEW_TEXT, 0 },
		{ "Content-Type: text/html\n\n<p>x<p style='display:none'>y\n", "x", SL_VIEW_HTML,
			SL_BIT(SL_MSG_EMPTY_TEXT) },
		{ "\n\n", "", SL_VIEW_TEXT, SL_BIT(SL_MSG_EMPTY_TEXT) },
	};
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_mail mail;
		process(&mail, rows[i].raw);
		CHECK_SPAN_ROW(mail.content.norm, rows[i].norm, i);
		if (mail.content.text_source != rows[i].kind || mail.content.flags != rows[i].flags)
			fail_msg("row %zu: source %s flags %llx", i,
				sl_view_name(mail.content.text_source),
				(unsigned long long)mail.content.flags);
	}
}

static void test_header_norms(void **state)
{
	(void)state;
	struct sl_mail mail;
	process(&mail, "Subject: [Shop] Order 12345: YOUR Parcel!\nFrom: \"The Sh\xd0\xbep\" "
		       "<a@b.example>\n\nx\n");
	CHECK_SPAN(mail.message.subject_norm, "shop order \x03 your parcel");
	CHECK_SPAN(mail.message.sender_norm, "the shop");
	assert_true(mail.message.flags & SL_BIT(SL_MSG_MIXED_SCRIPT));
	process(&mail, "Subject: =?utf-8?B?6YeN6KaB44Gq44GK55+l44KJ44Gb?=\n\nx\n");
	CHECK_SPAN(mail.message.language, "ja");
	CHECK_SPAN(mail.content.language, "");
}

static void test_sketch_of_tags(void **state)
{
	(void)state;
	struct sl_content a = { 0 }, b = { 0 };
	char tags[400];
	for (size_t i = 0; i < sizeof(tags); i++)
		tags[i] = (char)(i * i % 37);
	sl_tagsketch_make(sl_span_of(tags, sizeof(tags)), &a);
	assert_int_equal(a.html_tags, sizeof(tags));
	assert_true(a.skeleton != 0);
	tags[200] = 99; /* one tag more or less moves little */
	sl_tagsketch_make(sl_span_of(tags, sizeof(tags)), &b);
	size_t same = 0;
	for (size_t i = 0; i < SL_TAG_SKETCH; i++) {
		assert_true(a.tag_sketch[i] != 0);
		same += a.tag_sketch[i] == b.tag_sketch[i];
	}
	assert_true(same >= 24);
	assert_true(a.skeleton != b.skeleton);
	sl_tagsketch_make(SL_SPAN("p"), &b);
	assert_true(b.tag_sketch[0] != 0 && b.tag_sketch[31] != 0);
	sl_tagsketch_make(SL_SPAN(""), &b);
	assert_int_equal(b.skeleton, 0);
	assert_int_equal(b.tag_sketch[0], 0);
}

static void check_alike(const struct sl_mail *a, const struct sl_mail *b)
{
	const struct sl_content *x = &a->content, *y = &b->content;
	assert_true(sl_span_eq(x->norm, y->norm) && sl_span_eq(x->language, y->language));
	assert_int_equal(x->flags, y->flags);
	assert_int_equal(x->n_anchors, y->n_anchors);
	for (size_t i = 0; i < x->n_anchors; i++)
		assert_true(sl_span_eq(x->anchors[i], y->anchors[i]));
	const struct sl_message *m = &a->message, *n = &b->message;
	assert_true(sl_span_eq(m->subject_norm, n->subject_norm));
	assert_true(sl_span_eq(m->sender_norm, n->sender_norm));
	assert_true(sl_span_eq(m->language, n->language));
	assert_int_equal(m->flags, n->flags);
}

/* A text that was met before gives what it gave then, as a body and as a name. */
static void test_remembered(void **state)
{
	static const char *const texts[] = { "",
		"Your account order AB12CD34 was held, please write to ann@mail.example or pay "
		"1,980 JPY to us and you",
		"p\xe2\x80\x8b"
		"assword \xe2\x80\xae p\xd0\xb0ypal {{name}}" };
	struct sl_arena *memories = sl_arena_new(0);
	struct sl_config remembers = config;
	(void)state;
	remembers.content_cache = 1 << 20;
	void *with = sl_stage_text.thread_new(&remembers, NULL), *without = text;
	for (size_t i = 0; i < 3 * SL_LEN(texts); i++) {
		struct sl_mail mail = { .arena = memories, .secret = &secret }, again;
		mail.visible = mail.message.subject = sl_span_str(texts[i % SL_LEN(texts)]);
		mail.message.from_name = mail.visible;
		again = mail;
		sl_stage_text.process(without, &mail);
		sl_stage_text.process(with, &again);
		check_alike(&mail, &again);
		assert_int_equal(again.folded_from.n, i < SL_LEN(texts) ? mail.visible.n : 0);
	}
	sl_stage_text.thread_free(with);
	sl_arena_free(&memories);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_normal),
		cmocka_unit_test(test_folding),
		cmocka_unit_test(test_fold_each),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_anchors),
		cmocka_unit_test(test_tricks),
		cmocka_unit_test(test_floods),
		cmocka_unit_test(test_languages),
		cmocka_unit_test(test_source),
		cmocka_unit_test(test_header_norms),
		cmocka_unit_test(test_sketch_of_tags),
		cmocka_unit_test(test_remembered),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
