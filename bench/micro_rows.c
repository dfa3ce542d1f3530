/* SPDX-License-Identifier: Apache-2.0 */
#include "micro.h"

#include "pipeline/base/digest.h"
#include "pipeline/stage.h"
#include "stages/extract/scan.h"
#include "stages/extract/whatwg.h"
#include "stages/parse/language.h"
#include "stages/parse/normal.h"
#include "stages/parse/screen.h"
#include "stages/parse/transfer.h"
#include "stages/source/mbox.h"
#include "storage/codec.h"

/* ---- reading ---- */

static enum sl_rc begin_message(struct sl_sink *sink, const struct sl_slice *slice)
{
	(void)sink, (void)slice;
	return SL_OK;
}
static enum sl_rc write_message(struct sl_sink *sink, struct sl_span bytes)
{
	(void)sink, (void)bytes;
	return SL_OK;
}
static enum sl_rc end_message(struct sl_sink *sink, uint64_t length, bool drop)
{
	(void)sink, (void)length, (void)drop;
	return SL_OK;
}

static size_t run_mbox(struct micro_desk *d)
{
	struct sl_sink sink = { begin_message, write_message, end_message, NULL, NULL, NULL };
	struct sl_emit emit;
	struct sl_mbox mbox;
	struct sl_span rest = sl_buf_span(&d->in.mbox);
	sl_emit_init(&emit, &sink, SL_SPAN("box"), 0, SL_TIME_NONE);
	sl_mbox_init(&mbox, &emit, '\n', 0);
	for (; rest.n; rest = sl_span_from(rest, 64 * 1024))
		sl_mbox_feed(&mbox, sl_span_head(rest, 64 * 1024));
	sl_mbox_finish(&mbox);
	d->sink += emit.messages;
	return d->in.mbox.n;
}

/* ---- a mail up to a stage ---- */

static void prepare_mail(struct micro_desk *d)
{
	sl_mail_begin(
		&d->mail, &d->config, d->tables, &d->secret, d->arena, sl_buf_span(&d->in.mail));
}
static void prepare_screened(struct micro_desk *d)
{
	prepare_mail(d);
	sl_screen_mail(&d->mail);
}

static size_t run_fields(struct micro_desk *d)
{
	struct sl_head head;
	struct sl_cuts cuts = { 0 };
	uint64_t flags = 0;
	sl_head_split(d->arena, sl_buf_span(&d->in.mail), &d->config.limits, &head, &cuts, &flags);
	d->sink += head.n;
	return head.head.n;
}
static size_t run_screen(struct micro_desk *d)
{
	sl_screen_mail(&d->mail);
	d->sink += d->mail.n_fields;
	return d->mail.raw.n;
}
static size_t run_header(struct micro_desk *d)
{
	sl_stage_header.process(d->header, &d->mail);
	d->sink += d->mail.message.n_indicators;
	return d->mail.head.n;
}
static size_t run_mime(struct micro_desk *d)
{
	struct sl_mime_tree tree;
	sl_mime_split(d->mime, &d->mail, &tree);
	d->sink += tree.n_leaves;
	return d->mail.body.n;
}

/* ---- texts ---- */

static size_t decode_transfer(struct micro_desk *d, enum sl_transfer how, const struct sl_buf *in)
{
	d->sink += sl_transfer_decode(d->arena, how, sl_buf_span(in)).bytes.n;
	return in->n;
}
static size_t run_base64(struct micro_desk *d)
{
	return decode_transfer(d, SL_TRANSFER_BASE64, &d->in.file);
}
static size_t run_qp(struct micro_desk *d)
{
	return decode_transfer(d, SL_TRANSFER_QP, &d->in.qp);
}

static size_t decode_charset(struct micro_desk *d, struct sl_span label, const struct sl_buf *in)
{
	struct sl_decoded text =
		sl_charset_decode(d->charset, d->arena, label, sl_buf_span(in), false);
	d->sink += text.text.n + text.lost;
	return in->n;
}
static size_t run_ascii(struct micro_desk *d)
{
	return decode_charset(d, SL_SPAN("us-ascii"), &d->in.latin);
}
static size_t run_utf8(struct micro_desk *d)
{
	return decode_charset(d, SL_SPAN("utf-8"), &d->in.japanese);
}
static size_t run_jis(struct micro_desk *d)
{
	return decode_charset(d, SL_SPAN("iso-2022-jp"), &d->in.jis);
}
static size_t run_sjis(struct micro_desk *d)
{
	return decode_charset(d, SL_SPAN("shift_jis"), &d->in.sjis);
}

static size_t run_html(struct micro_desk *d)
{
	struct sl_html_text text;
	sl_html_read(d->html, &d->mail, 0, sl_buf_span(&d->in.html), &text);
	d->sink += text.visible.n;
	return d->in.html.n;
}

static size_t make_normal(struct micro_desk *d, const struct sl_buf *in)
{
	struct sl_normal normal;
	sl_normal_make(d->arena, sl_buf_span(in), SL_NORMAL_MAX, &normal);
	d->sink += normal.text.n;
	return in->n;
}
static size_t run_normal_latin(struct micro_desk *d)
{
	return make_normal(d, &d->in.latin);
}
static size_t run_normal_japanese(struct micro_desk *d)
{
	return make_normal(d, &d->in.japanese);
}
static size_t run_language(struct micro_desk *d)
{
	d->sink += sl_language_guess(d->normal).n;
	return d->normal.n;
}

/* ---- indicators ---- */

static size_t run_scan(struct micro_desk *d)
{
	struct sl_finder finder;
	struct sl_found found;
	sl_find_begin(&finder, d->arena, d->suffixes, sl_buf_span(&d->in.html));
	while (sl_find_next(&finder, &found))
		d->sink += found.value.n;
	return d->in.html.n;
}
static size_t run_urls(struct micro_desk *d)
{
	size_t n = 0;
	for (size_t i = 0; i < MICRO_URLS; i++) {
		struct sl_url url;
		d->sink += sl_url_parse(d->arena, d->in.urls[i], NULL, &url);
		n += d->in.urls[i].n;
	}
	return n;
}
static size_t run_suffixes(struct micro_desk *d)
{
	size_t n = 0;
	for (size_t i = 0; i < MICRO_HOSTS; i++) {
		d->sink += sl_suffixes_domain(d->suffixes, d->in.hosts[i]).n;
		n += d->in.hosts[i].n;
	}
	return n;
}
static size_t run_brands(struct micro_desk *d)
{
	struct sl_brand_hit hits[SL_BRANDS_MAX];
	d->sink += sl_tables_brand_hits(d->tables, d->folded, false, hits, SL_BRANDS_MAX);
	return d->folded.n;
}

/* ---- likeness, records, hashes ---- */

static size_t run_sketch(struct micro_desk *d)
{
	struct sl_grams grams;
	uint16_t bins[SL_BINS];
	sl_grams_make(d->grams, d->normal, &grams);
	sl_grams_bins(&grams, bins);
	d->sink += bins[0];
	return d->normal.n;
}

static size_t run_encode(struct micro_desk *d)
{
	sl_buf_reset(&d->encoded);
	for (size_t i = 0; i < MICRO_RESULTS; i++)
		sl_result_encode(&d->encoded, &d->in.results[i]);
	return d->encoded.n;
}
static size_t run_decode(struct micro_desk *d)
{
	struct sl_span from = sl_buf_span(&d->in.records);
	struct sl_result result;
	while (from.n && sl_result_decode(&from, d->arena, &result))
		d->sink += result.index;
	return d->in.records.n;
}

static size_t run_hash(struct micro_desk *d)
{
	d->sink += sl_hash_name(sl_buf_span(&d->in.mail)).b[0];
	return d->in.mail.n;
}
static size_t run_sha256(struct micro_desk *d)
{
	d->sink += sl_sha256_of(sl_buf_span(&d->in.mail)).b[0];
	return d->in.mail.n;
}

/* ---- all stages ---- */

/* Other letters in the text and in the HTML: leaves that nobody has seen. */
static void prepare_new(struct micro_desk *d)
{
	char three[3];
	uint64_t left = ++d->calls;
	for (size_t i = 0; i < sizeof(three); i++, left /= 26)
		three[i] = (char)('a' + left % 26);
	memcpy(d->in.mail.p + d->in.marks[0], three, sizeof(three));
	micro_base64(three, d->in.mail.p + d->in.marks[1]);
}
static size_t run_stages(struct micro_desk *d)
{
	d->sink += sl_mill_one(d->mill, sl_buf_span(&d->in.mail), SL_TIME_NONE)->n_parts;
	return d->in.mail.n;
}

static const struct micro_row rows[] = {
	{ "mbox split", NULL, run_mbox },
	{ "head and fields", NULL, run_fields },
	{ "screen", prepare_mail, run_screen },
	{ "header stage", prepare_screened, run_header },
	{ "mime split", prepare_screened, run_mime },
	{ "base64", NULL, run_base64 },
	{ "quoted-printable", NULL, run_qp },
	{ "charset us-ascii", NULL, run_ascii },
	{ "charset utf-8", NULL, run_utf8 },
	{ "charset iso-2022-jp", NULL, run_jis },
	{ "charset shift_jis", NULL, run_sjis },
	{ "html read", prepare_mail, run_html },
	{ "normal form, latin", NULL, run_normal_latin },
	{ "normal form, japanese", NULL, run_normal_japanese },
	{ "language", NULL, run_language },
	{ "scan html for urls", NULL, run_scan },
	{ "parse 64 urls", NULL, run_urls },
	{ "256 registered domains", NULL, run_suffixes },
	{ "brand names", NULL, run_brands },
	{ "sketch", NULL, run_sketch },
	{ "encode 64 records", NULL, run_encode },
	{ "decode 64 records", NULL, run_decode },
	{ "xxh3-128", NULL, run_hash },
	{ "sha-256", NULL, run_sha256 },
	{ "all stages, new mail", prepare_new, run_stages },
	{ "all stages, same mail", NULL, run_stages },
};

const struct micro_row *micro_row(size_t i)
{
	return i < SL_LEN(rows) ? &rows[i] : NULL;
}
