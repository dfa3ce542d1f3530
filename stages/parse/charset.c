/* SPDX-License-Identifier: Apache-2.0 */
#include "charset.h"

#include "coding.h"
#include "coding_score.h"
#include "pipeline/base/utf8.h"

#include <stdlib.h>

enum { SAMPLE = 8192, META_SEARCH = 1024 };
/* So few high bytes say nothing against damaged UTF-8. */
enum { FEW = 8 };
/* Further from a high byte than this no decoder still waits for the end of a character. */
enum { NEAR = 8 };

struct sl_charset {
	struct sl_codings *codings;
	struct sl_arena *scratch; /* readings that are only compared */
	char thin[SAMPLE];
};

struct sl_charset *sl_charset_new(void)
{
	struct sl_charset *charset = sl_malloc(sizeof(*charset));
	charset->codings = sl_codings_new();
	charset->scratch = sl_arena_new(0);
	return charset;
}

void sl_charset_free(struct sl_charset **charset)
{
	if (!*charset)
		return;
	sl_codings_free(&(*charset)->codings);
	sl_arena_free(&(*charset)->scratch);
	free(*charset);
	*charset = NULL;
}

bool sl_charset_known(struct sl_span label)
{
	return sl_coding_of_label(label) != SL_CODING_NONE;
}

/* What the bytes themselves say, in one or two passes. */
struct look {
	bool ascii;
	bool utf8;    /* valid, with at least one character of more than one byte */
	size_t wide3; /* characters of three or four bytes in valid UTF-8 */
	size_t wide;  /* of two bytes and more */
	bool jis;     /* an escape to kanji or kana */
};

static bool has_jis_escape(struct sl_span s)
{
	for (ssize_t at = 0; (at = sl_span_chr(s, 0x1b, (size_t)at)) >= 0; at++) {
		struct sl_span rest = sl_span_from(s, (size_t)at + 1);
		if (sl_span_starts(rest, SL_SPAN("$B")) || sl_span_starts(rest, SL_SPAN("$@")) ||
			sl_span_starts(rest, SL_SPAN("(I")) ||
			sl_span_starts(rest, SL_SPAN("(J")) || sl_span_starts(rest, SL_SPAN("$(")))
			return true;
	}
	return false;
}

static struct look look_at(struct sl_span s)
{
	struct look look = { .jis = has_jis_escape(s) };
	look.ascii = sl_ascii_end(s, 0) == s.n;
	if (look.ascii || sl_utf8_valid_prefix(s) != s.n)
		return look;
	look.utf8 = true;
	for (size_t i = 0; i < s.n; i++) {
		look.wide += (unsigned char)s.p[i] >= 0xc0;
		look.wide3 += (unsigned char)s.p[i] >= 0xe0;
	}
	return look;
}

static enum sl_coding mark_of(struct sl_span s)
{
	if (sl_span_starts(s, SL_SPAN("\xef\xbb\xbf")))
		return SL_CODING_UTF8;
	if (sl_span_starts(s, SL_SPAN("\xff\xfe\0\0")) ||
		sl_span_starts(s, SL_SPAN("\0\0\xfe\xff")))
		return SL_CODING_UTF32;
	if (sl_span_starts(s, SL_SPAN("\xff\xfe")) || sl_span_starts(s, SL_SPAN("\xfe\xff")))
		return SL_CODING_UTF16;
	return SL_CODING_NONE;
}

/* UTF-16 text of mail has a zero in many of its units, on one side only. */
static bool looks_utf16(struct sl_span s)
{
	size_t zeros[2] = { 0, 0 }, n = s.n < SAMPLE ? s.n & ~(size_t)1 : SAMPLE;
	for (size_t i = 0; i < n; i++)
		zeros[i & 1] += s.p[i] == '\0';
	size_t more = zeros[0] > zeros[1] ? zeros[0] : zeros[1];
	size_t less = zeros[0] + zeros[1] - more;
	return n >= 8 && more * 5 >= n && less * 10 <= more;
}

static struct sl_decoded finish(struct sl_charset *charset, struct sl_arena *arena,
	enum sl_coding coding, struct sl_span bytes, bool repaired)
{
	struct sl_coded coded = sl_coding_decode(charset->codings, arena, coding, bytes);
	return (struct sl_decoded){ coded.text, sl_coding_name(coding), repaired, coded.lost };
}

/* Bytes that were found to be UTF-8: without their mark, and not looked at once more. */
static struct sl_decoded as_it_is(struct sl_span utf8)
{
	if (mark_of(utf8) == SL_CODING_UTF8)
		utf8 = sl_span_from(utf8, 3);
	return (struct sl_decoded){ utf8, sl_coding_name(SL_CODING_UTF8), false, 0 };
}

/* The part that says most: from the first byte on that is not ASCII. */
static struct sl_span sample_of(struct sl_span s)
{
	size_t from = sl_ascii_end(s, 0);
	return sl_span_head(sl_span_from(s, from > 16 ? from - 16 : 0), SAMPLE);
}

/* The sample without the middle of long ASCII runs: these earn no points in an encoding in which
 * ASCII stands for itself. */
static struct sl_span thinned(struct sl_charset *charset, struct sl_span sample)
{
	char *to = charset->thin;
	for (size_t at = 0; at < sample.n;) {
		size_t high = sl_ascii_end(sample, at);
		if (high - at > 2 * NEAR) {
			memcpy(to, sample.p + at, NEAR);
			to += NEAR;
			at = high - NEAR;
		}
		while (at < high || (at < sample.n && (sample.p[at] & (char)0x80)))
			*to++ = sample.p[at++];
	}
	sl_assert(to <= charset->thin + SAMPLE);
	return sl_span_of(charset->thin, (size_t)(to - charset->thin));
}

/* `full`: the text goes on behind the sample. */
static int64_t score_as(
	struct sl_charset *charset, enum sl_coding coding, struct sl_span sample, bool full)
{
	sl_arena_reset(charset->scratch);
	struct sl_coded coded =
		sl_coding_decode(charset->codings, charset->scratch, coding, sample);
	size_t lost = coded.lost - (coded.cut && full);
	return sl_coding_score(coding, coded.text, lost);
}

/* Encodings that raw text without a true label turns out to be; on a tie the first one. */
static const enum sl_coding candidates[] = { SL_CODING_CP932, SL_CODING_EUC_JP, SL_CODING_GB18030,
	SL_CODING_BIG5, SL_CODING_CP949, SL_CODING_CP1252, SL_CODING_CP1251, SL_CODING_KOI8_R };

/* *latin_r: what windows-1252 scored. */
static enum sl_coding best_candidate(
	struct sl_charset *charset, struct sl_span bytes, int64_t *score_r, int64_t *latin_r)
{
	struct sl_span sample = sample_of(bytes);
	bool full = sample.n == SAMPLE;
	enum sl_coding best = SL_CODING_CP1252;
	*score_r = INT64_MIN;
	sample = thinned(charset, sample);
	for (size_t i = 0; i < SL_LEN(candidates); i++) {
		int64_t score = score_as(charset, candidates[i], sample, full);
		if (candidates[i] == SL_CODING_CP1252)
			*latin_r = score;
		if (score > *score_r) {
			*score_r = score;
			best = candidates[i];
		}
	}
	return best;
}

static bool is_unicode_wide(enum sl_coding coding)
{
	return coding >= SL_CODING_UTF16 && coding <= SL_CODING_UTF32BE;
}

/* What is sure without weighing: a mark, valid UTF-8, escapes of ISO-2022-JP, UTF-16. */
static enum sl_coding sure_coding(struct sl_span bytes, const struct look *look)
{
	enum sl_coding mark = mark_of(bytes);
	if (mark != SL_CODING_NONE)
		return mark;
	if (looks_utf16(bytes))
		return SL_CODING_UTF16;
	if (look->jis && (look->ascii || !look->utf8))
		return look->ascii ? SL_CODING_ISO_2022_JP : SL_CODING_NONE;
	return look->utf8 || look->ascii ? SL_CODING_UTF8 : SL_CODING_NONE;
}

struct sl_decoded sl_charset_guess(
	struct sl_charset *charset, struct sl_arena *arena, struct sl_span bytes)
{
	struct look look = look_at(bytes);
	int64_t score, latin;
	if (look.ascii && !look.jis)
		return (struct sl_decoded){ bytes, "us-ascii", false, 0 };
	enum sl_coding coding = sure_coding(bytes, &look);
	if (coding == SL_CODING_UTF8 && look.utf8)
		return as_it_is(bytes);
	if (coding == SL_CODING_NONE)
		coding = best_candidate(charset, bytes, &score, &latin);
	return finish(charset, arena, coding, bytes, false);
}

/* Encodings in which ASCII bytes do not simply stand for themselves. */
static bool ascii_is_coded(enum sl_coding coding)
{
	return coding == SL_CODING_UTF7 || coding == SL_CODING_HZ ||
	       coding == SL_CODING_ISO_2022_KR || coding == SL_CODING_ISO_2022_JP ||
	       is_unicode_wide(coding);
}

/* A label that its own decoder would swallow, but that the bytes contradict. */
static enum sl_coding contradiction(
	enum sl_coding label, struct sl_span bytes, const struct look *look)
{
	if (look->jis && look->ascii && !ascii_is_coded(label))
		return SL_CODING_ISO_2022_JP;
	if (is_unicode_wide(label))
		return (look->ascii || look->utf8) && !memchr(bytes.p, 0, bytes.n) &&
				       mark_of(bytes) == SL_CODING_NONE && bytes.n >= 8
			       ? SL_CODING_UTF8
			       : SL_CODING_NONE;
	if (!look->utf8 || label == SL_CODING_UTF8)
		return SL_CODING_NONE;
	if (label >= SL_CODING_CP1252)
		return look->wide3 || look->wide >= 3 || label == SL_CODING_CP1252 ? SL_CODING_UTF8
										   : SL_CODING_NONE;
	return look->wide3 >= 2 ? SL_CODING_UTF8 : SL_CODING_NONE;
}

/* charset= of a <meta> in the first KB. */
static enum sl_coding meta_coding(struct sl_span html)
{
	struct sl_span head = sl_span_head(html, META_SEARCH);
	for (ssize_t at = 0; (at = sl_span_ifind(head, SL_SPAN("<meta"), (size_t)at)) >= 0; at++) {
		struct sl_span tag = sl_span_from(head, (size_t)at);
		ssize_t end = sl_span_chr(tag, '>', 0);
		if (end >= 0)
			tag = sl_span_head(tag, (size_t)end);
		ssize_t label = sl_span_ifind(tag, SL_SPAN("charset="), 0);
		if (label < 0)
			continue;
		tag = sl_span_head(sl_span_from(tag, (size_t)label + 8), 40);
		size_t n = 0;
		while (n < tag.n && (n == 0 || !strchr("\"' ;/>", tag.p[n]) || tag.p[n] == '\0'))
			n++;
		enum sl_coding coding = sl_coding_of_label(sl_span_head(tag, n));
		/* markup that can be read is in no wide encoding, whatever it says of itself */
		return is_unicode_wide(coding) || coding == SL_CODING_UTF7 ? SL_CODING_NONE
									   : coding;
	}
	return SL_CODING_NONE;
}

/* UTF-8 with damage stays UTF-8 unless another reading is plainly better. Structure decides: lead
 * bytes with continuation bytes behind them are hardly anything else. */
static bool damaged_utf8(struct sl_span s)
{
	size_t good = 0, broken = 0, other = 0;
	for (size_t i = 0; i < s.n;) {
		uint32_t c;
		unsigned char b = (unsigned char)s.p[i];
		size_t len = sl_utf8_decode(sl_span_from(s, i), &c);
		bool next = i + 1 < s.n && ((unsigned char)s.p[i + 1] & 0xc0) == 0x80;
		if (len == 0 && b >= 0xc0)
			*(next ? &broken : &other) += 1;
		else if (len == 0)
			broken += next; /* two stray continuation bytes */
		good += len > 1;
		i += len ? len : 1;
	}
	return good + broken > other;
}

/* Many CJK texts are no valid UTF-8 but hold such pairs by chance; these are few and score badly.
 */
static enum sl_coding better_than_label(
	struct sl_charset *charset, enum sl_coding label, struct sl_span bytes)
{
	int64_t best_score, latin;
	enum sl_coding best = best_candidate(charset, bytes, &best_score, &latin);
	bool wide = best < SL_CODING_CP1252;
	size_t high = 0;
	struct sl_span sample = sample_of(bytes);
	for (size_t i = 0; i < sample.n; i++)
		high += (sample.p[i] & (char)0x80) != 0;
	if (label == SL_CODING_UTF8) {
		if (best_score * 2 < (int64_t)high * 8)
			return label;
		return (!wide || high < FEW) && damaged_utf8(sample) ? label : best;
	}
	return best_score > score_as(charset, label, sample, sample.n == SAMPLE) ? best : label;
}

static struct sl_decoded repaired(struct sl_charset *charset, struct sl_arena *arena,
	enum sl_coding label, struct sl_span bytes, const struct look *look)
{
	int64_t score, latin;
	enum sl_coding coding = sure_coding(bytes, look);
	if (look->ascii && is_unicode_wide(label))
		coding = SL_CODING_UTF8;
	else if (coding == SL_CODING_NONE || (coding == SL_CODING_UTF8 && !look->utf8))
		coding = label == SL_CODING_NONE ? best_candidate(charset, bytes, &score, &latin)
						 : better_than_label(charset, label, bytes);
	return finish(charset, arena, coding, bytes, coding != label);
}

/* Latin labels are what software writes that does not know: high bytes may be anything. */
static bool doubtful(struct sl_charset *charset, enum sl_coding label, struct sl_span bytes,
	enum sl_coding *coding_r)
{
	if (label != SL_CODING_CP1252)
		return false;
	int64_t best, latin;
	*coding_r = best_candidate(charset, bytes, &best, &latin);
	return *coding_r != label && best >= 120 && best > latin + 60;
}

static struct sl_decoded decode_labelled(struct sl_charset *charset, struct sl_arena *arena,
	enum sl_coding label, struct sl_span bytes, const struct look *look)
{
	enum sl_coding other = contradiction(label, bytes, look);
	if (other != SL_CODING_NONE)
		return finish(charset, arena, other, bytes, true);
	if (doubtful(charset, label, bytes, &other))
		return finish(charset, arena, other, bytes, true);
	struct sl_decoded decoded = finish(charset, arena, label, bytes, false);
	/* text of single bytes has no zero bytes: a loss is then only a loss */
	if (is_unicode_wide(label) && memchr(bytes.p, 0, bytes.n))
		return decoded;
	return decoded.lost ? repaired(charset, arena, label, bytes, look) : decoded;
}

struct sl_decoded sl_charset_decode(struct sl_charset *charset, struct sl_arena *arena,
	struct sl_span label, struct sl_span bytes, bool html)
{
	enum sl_coding named = sl_coding_of_label(label);
	if (named == SL_CODING_UTF8 && sl_utf8_valid_prefix(bytes) == bytes.n &&
		!has_jis_escape(bytes)) /* nearly all mail */
		return as_it_is(bytes);
	struct look look = look_at(bytes);
	if (bytes.n == 0 || (look.ascii && !look.jis && !ascii_is_coded(named)))
		return (struct sl_decoded){ bytes, "us-ascii", false, 0 };
	/* us-ascii and iso-8859-1 say too little to stand against what the page says of itself */
	enum sl_coding meta = html && (named == SL_CODING_NONE || named == SL_CODING_CP1252)
				      ? meta_coding(bytes)
				      : SL_CODING_NONE;
	if (meta != SL_CODING_NONE) {
		struct sl_decoded decoded = decode_labelled(charset, arena, meta, bytes, &look);
		decoded.repaired = decoded.repaired || (named != SL_CODING_NONE && named != meta);
		if (decoded.lost == 0)
			return decoded;
	}
	if (named != SL_CODING_NONE)
		return decode_labelled(charset, arena, named, bytes, &look);
	struct sl_decoded decoded = repaired(charset, arena, SL_CODING_NONE, bytes, &look);
	decoded.repaired = label.n > 0;
	return decoded;
}
