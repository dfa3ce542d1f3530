/* SPDX-License-Identifier: Apache-2.0 */
#include "micro.h"

#include "storage/codec.h"
#include "tests/support/records.h"

#include <iconv.h>
#include <stdlib.h>

enum { MAILS = 32, TEXT = 16 * 1024, FILE_BYTES = 24 * 1024, ROOM = 4 << 20 };

static const char english[] =
	"Dear customer, we noticed a sign-in to your account from a new device and had to put it "
	"on hold for your own safety. Please confirm your details within 24 hours, or orders "
	"worth 1,980.00 EUR will be cancelled. Write to support@kestrel.example or call "
	"+44 20 7946 0123 if you did not ask for this.\n";
static const char japanese[] = "いつもご利用いただきありがとうございます。お客様のアカウントで異常"
			       "なログインが確認されました。"
			       "24時間以内に下記のリンクよりご本人様の確認をお願いいたします。\n";

static uint32_t next(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static void put_headers(struct sl_buf *to)
{
	for (int i = 0; i < 4; i++)
		sl_buf_printf(to,
			"Received: from mail%d.sender.example (mail%d.sender.example "
			"[203.0.113.%d])\n"
			"\tby mx%d.trap.example (Postfix) with ESMTPS id 4XyZ%dab12\n"
			"\tfor <reader@trap.example>; Mon, 23 Nov 2026 12:0%d:11 +0000 (UTC)\n",
			i, i, i + 10, i, i, i);
	sl_buf_str(to, "Authentication-Results: mx.trap.example; spf=pass "
		       "smtp.mailfrom=sender.example;\n dkim=none; dmarc=fail "
		       "header.from=kestrel.example\n");
	for (int i = 0; i < 30; i++)
		sl_buf_printf(to,
			"X-Forefront-Junk-%d: CIP:203.0.113.5;CTRY:;LANG:en;SCL:%d;SRV:;IPV:NLI;\n",
			i, i % 9);
	sl_buf_str(to,
		"From: =?utf-8?B?S2VzdHJlbCBCYW5r?= <notice@kestrel.example>\n"
		"To: Reader <reader@trap.example>\nReply-To: desk@sender.example\n"
		"Subject: =?utf-8?Q?Your_account_is_on_hold_=E2=80=93_act_now?=\n"
		"Date: Mon, 23 Nov 2026 12:00:00 +0000\nMessage-ID: <4711@sender.example>\n"
		"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"=_frame\"\n\n");
}

static void put_html(struct sl_buf *to)
{
	sl_buf_str(to, "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><style>td{color:#333;"
		       "font:14px Arial}.x{display:none}</style></head><body><table>\n");
	for (int i = 0; to->n < TEXT; i++)
		sl_buf_printf(to,
			"<tr><td style=\"padding:8px;color:#%06x\" align=\"left\"><p>%.*s</p><a "
			"href=\"https://login%d.kestrel-check.example/a/%d?id=%d&amp;k=v\" "
			"target=\"_blank\">Confirm &raquo;</a><img "
			"src=\"https://cdn.kestrel.example/p/%d.png\" width=\"1\"></td></tr>\n",
			(unsigned)i * 4919 % 0xffffff, (int)sizeof(english) - 2, english, i % 7, i,
			i * 31, i);
	sl_buf_str(to, "</table></body></html>\n");
}

void micro_base64(const char *three, char *four_r)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = 0;
	for (size_t k = 0; k < 3; k++)
		bits = bits << 8 | (unsigned char)three[k];
	for (int k = 18; k >= 0; k -= 6)
		*four_r++ = digits[bits >> k & 63];
}

static void put_base64(struct sl_buf *to, struct sl_span bytes)
{
	for (size_t i = 0; i + 3 <= bytes.n; i += 3) {
		char four[4];
		micro_base64(bytes.p + i, four);
		sl_buf_add(to, sl_span_of(four, sizeof(four)));
		if (i % 57 == 54)
			sl_buf_char(to, '\n');
	}
	sl_buf_char(to, '\n');
}

static void put_qp(struct sl_buf *to)
{
	while (to->n < TEXT)
		sl_buf_str(to,
			"Ihr Konto wurde gesperrt =E2=80=93 bitte best=C3=A4tigen Sie Ihre "
			"Daten =\ninnerhalb von 24 Stunden unter https://konto.example/?a=3D1 "
			"heute.\n");
}

static void put_mail(struct micro_input *in)
{
	struct sl_buf *to = &in->mail;
	put_headers(to);
	sl_buf_str(to, "--=_frame\nContent-Type: multipart/alternative; boundary=\"=_inner\"\n\n"
		       "--=_inner\nContent-Type: text/plain; charset=utf-8\n"
		       "Content-Transfer-Encoding: quoted-printable\n\nYour code: ");
	in->marks[0] = to->n;
	sl_buf_str(to, "00000000 =E2=80=93\nhttps://login.kestrel-check.example/a?x=3D1\n");
	for (int i = 0; i < 4; i++)
		sl_buf_str(to, english);
	sl_buf_str(to, "--=_inner\nContent-Type: text/html; charset=utf-8\n"
		       "Content-Transfer-Encoding: base64\n\n");
	in->marks[1] = to->n + 76 * 5 + 5 + 32; /* in the first paragraph */
	put_base64(to, sl_buf_span(&in->html));
	sl_buf_str(to,
		"--=_inner--\n--=_frame\nContent-Type: application/pdf; name=\"invoice.pdf\"\n"
		"Content-Transfer-Encoding: base64\nContent-Disposition: attachment\n\n");
	sl_buf_add(to, sl_span_head(sl_buf_span(&in->file), 77 * 100));
	sl_buf_str(to, "--=_frame--\n");
}

static void put_converted(struct sl_buf *to, struct sl_span text, const char *charset)
{
	iconv_t cd = iconv_open(charset, "UTF-8");
	char *from = (char *)(uintptr_t)text.p, *at = sl_buf_reserve(to, text.n * 2);
	size_t left = text.n, room = text.n * 2;
	if (cd == (iconv_t)-1 || iconv(cd, &from, &left, &at, &room) == (size_t)-1)
		abort();
	iconv(cd, NULL, NULL, &at, &room);
	sl_buf_filled(to, text.n * 2 - room);
	iconv_close(cd);
}

static void make_names(struct micro_input *in)
{
	static const char *const ends[] = { "com", "co.jp", "example", "github.io", "co.uk",
		"blob.core.windows.net", "tokyo.jp", "net" };
	for (unsigned i = 0; i < MICRO_HOSTS; i++)
		in->hosts[i] = sl_arena_printf(
			in->arena, "www%u.shop%u.%s", i % 5, i * 7919, ends[i % SL_LEN(ends)]);
	for (unsigned i = 0; i < MICRO_URLS; i++)
		in->urls[i] = sl_arena_printf(in->arena,
			"HTTPS://User@www%u.Shop%u.example:443/a/./b/%%7e/../c?d=%u&e=%%e3%%81#f",
			i % 5, i * 7919, i);
}

static void make_results(struct micro_input *in)
{
	in->records = sl_buf_make(ROOM);
	for (unsigned i = 0; i < MICRO_RESULTS; i++) {
		in->results[i] = made_result(in->arena, i, 0);
		sl_result_encode(&in->records, &in->results[i]);
	}
}

void micro_input_make(struct micro_input *in)
{
	uint32_t state = 4711;
	struct sl_buf file = sl_buf_make(ROOM);
	in->arena = sl_arena_new(0);
	in->mail = in->mbox = in->file = in->qp = in->latin = sl_buf_make(ROOM);
	in->japanese = in->sjis = in->jis = in->html = sl_buf_make(ROOM);
	for (size_t i = 0; i < FILE_BYTES; i++)
		sl_buf_char(&file, (char)next(&state));
	put_base64(&in->file, sl_buf_span(&file));
	sl_buf_free(&file);
	put_qp(&in->qp);
	while (in->latin.n < TEXT)
		sl_buf_str(&in->latin, english);
	while (in->japanese.n < TEXT)
		sl_buf_str(&in->japanese, japanese);
	put_converted(&in->sjis, sl_buf_span(&in->japanese), "CP932");
	put_converted(&in->jis, sl_buf_span(&in->japanese), "ISO-2022-JP");
	put_html(&in->html);
	put_mail(in);
	for (int i = 0; i < MAILS; i++) {
		sl_buf_str(&in->mbox, "From notice@kestrel.example Mon Nov 23 12:00:00 2026\n");
		sl_buf_add(&in->mbox, sl_buf_span(&in->mail));
		sl_buf_char(&in->mbox, '\n');
	}
	make_names(in);
	make_results(in);
}

void micro_input_free(struct micro_input *in)
{
	struct sl_buf *bufs[] = { &in->mail, &in->mbox, &in->file, &in->qp, &in->latin,
		&in->japanese, &in->sjis, &in->jis, &in->html, &in->records };
	for (size_t i = 0; i < SL_LEN(bufs); i++)
		sl_buf_free(bufs[i]);
	sl_arena_free(&in->arena);
}
