/* SPDX-License-Identifier: Apache-2.0 */
#include "sniff.h"

enum { TAR_BLOCK = 512 };

struct magic {
	enum sl_sniff_kind kind;
	const char *format;
	struct sl_span bytes;
	size_t offset;
};

#define ROW(kind, format, offset, literal)                                                         \
	{                                                                                          \
		kind, format, { (literal), sizeof(literal) - 1 }, offset                           \
	}

/* From file(1), the specifications of the formats, and Debian's shared-mime-info. Order matters
 * only where one is a prefix of another. */
static const struct magic binary[] = {
	ROW(SL_SNIFF_GZIP, "", 0, "\x1f\x8b\x08"),
	ROW(SL_SNIFF_XZ, "", 0,
		"\xfd"
		"7zXZ\0"),
	ROW(SL_SNIFF_ZSTD, "", 0, "\x28\xb5\x2f\xfd"),
	ROW(SL_SNIFF_LZ4, "", 0, "\x04\x22\x4d\x18"),
	ROW(SL_SNIFF_LZ4, "", 0, "\x02\x21\x4c\x18"),
	ROW(SL_SNIFF_ZIP, "", 0, "PK\3\4"),
	ROW(SL_SNIFF_ZIP, "", 0, "PK\5\6"),
	ROW(SL_SNIFF_ZIP, "", 0, "PK\7\10PK\3\4"),
	ROW(SL_SNIFF_ZIP, "", 0, "PK00PK\3\4"),
	ROW(SL_SNIFF_7ZIP, "", 0, "7z\xbc\xaf\x27\x1c"),
	ROW(SL_SNIFF_UNSUPPORTED, "rar", 0, "Rar!\x1a\7"),
	ROW(SL_SNIFF_UNSUPPORTED, "rar", 0, "RE~^"),
	ROW(SL_SNIFF_UNSUPPORTED, "cab", 0, "MSCF\0\0\0\0"),
	ROW(SL_SNIFF_UNSUPPORTED, "arj", 0, "\x60\xea"),
	ROW(SL_SNIFF_UNSUPPORTED, "cpio", 0, "\xc7\x71"),
	ROW(SL_SNIFF_UNSUPPORTED, "cpio", 0, "\x71\xc7"),
	ROW(SL_SNIFF_UNSUPPORTED, "lzop", 0, "\x89LZO\0\r\n"),
	ROW(SL_SNIFF_UNSUPPORTED, "lzip", 0, "LZIP\1"),
	ROW(SL_SNIFF_UNSUPPORTED, "alz", 0, "ALZ\1"),
	ROW(SL_SNIFF_UNSUPPORTED, "rpm", 0, "\xed\xab\xee\xdb"),
	ROW(SL_SNIFF_UNSUPPORTED, "snappy", 0, "\xff\6\0\0sNaPpY"),
	ROW(SL_SNIFF_UNSUPPORTED, "tnef", 0, "\x78\x9f\x3e\x22"),
	ROW(SL_SNIFF_UNSUPPORTED, "grzip", 0, "GRZipII\0\2\4:)"),
	ROW(SL_SNIFF_UNSUPPORTED, "pack", 0, "\x1f\x1e"),
	ROW(SL_SNIFF_UNSUPPORTED, "compress-lzh", 0, "\x1f\xa0"),
	ROW(SL_SNIFF_METADATA, "", 0, "\0\5\x16\7"),
	ROW(SL_SNIFF_METADATA, "", 0, "\0\0\0\1Bud1"),
};

static const struct magic text[] = {
	ROW(SL_SNIFF_UNSUPPORTED, "ar", 0, "!<arch>\n"),
	ROW(SL_SNIFF_UNSUPPORTED, "cpio", 0, "070701"),
	ROW(SL_SNIFF_UNSUPPORTED, "cpio", 0, "070702"),
	ROW(SL_SNIFF_UNSUPPORTED, "cpio", 0, "070707"),
	ROW(SL_SNIFF_UNSUPPORTED, "xar", 0, "xar!"),
	ROW(SL_SNIFF_UNSUPPORTED, "lrzip", 0, "LRZI"),
	ROW(SL_SNIFF_UNSUPPORTED, "egg", 0, "EGGA"),
	ROW(SL_SNIFF_UNSUPPORTED, "warc", 0, "WARC/"),
	ROW(SL_SNIFF_UNSUPPORTED, "pst", 0, "!BDN"),
	ROW(SL_SNIFF_UNSUPPORTED, "babyl", 0, "BABYL OPTIONS:"),
	ROW(SL_SNIFF_UNSUPPORTED, "uuencode", 0, "begin 644 "),
	ROW(SL_SNIFF_UNSUPPORTED, "iso9660", 32769, "CD001"),
	ROW(SL_SNIFF_UNSUPPORTED, "ace", 7, "**ACE**"),
	ROW(SL_SNIFF_UNSUPPORTED, "zoo", 20, "\xdc\xa7\xc4\xfd"),
	ROW(SL_SNIFF_METADATA, "", 0, "// <!-- <mdb:mork"),
};

static bool has(struct sl_span head, size_t offset, struct sl_span bytes)
{
	return sl_span_starts(sl_span_from(head, offset), bytes);
}

static const struct magic *find(const struct magic *table, size_t n, struct sl_span head)
{
	for (size_t i = 0; i < n; i++) {
		if (has(head, table[i].offset, table[i].bytes))
			return &table[i];
	}
	return NULL;
}

static uint32_t le32(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;
	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* A number in octal digits, spaces around. */
static bool octal(struct sl_span field, uint32_t *value_r)
{
	size_t i = 0;
	uint32_t value = 0, digits = 0;
	while (i < field.n && field.p[i] == ' ')
		i++;
	for (; i < field.n && field.p[i] >= '0' && field.p[i] <= '7'; i++, digits++)
		value = value * 8 + (uint32_t)(field.p[i] - '0');
	for (; i < field.n; i++) {
		if (field.p[i] != ' ' && field.p[i] != '\0')
			return false;
	}
	*value_r = value;
	return digits > 0;
}

bool sl_sniff_is_tar_header(struct sl_span block)
{
	enum { AT = 148, SIZE = 8 };
	uint32_t want, sum = 0;
	int32_t signed_sum = 0;
	if (block.n < TAR_BLOCK || !octal(sl_span_of(block.p + AT, SIZE), &want))
		return false;
	for (size_t i = 0; i < TAR_BLOCK; i++) {
		char c = i >= AT && i < AT + SIZE ? ' ' : block.p[i];
		sum += (unsigned char)c;
		signed_sum += (signed char)c;
	}
	return want == sum || (int64_t)want == signed_sum;
}

/* Legacy .lzma has no magic: properties, a dictionary size that encoders write, and a size that
 * is unknown or sane. */
static bool is_lzma(struct sl_span head)
{
	if (head.n < 14 || head.p[0] != 0x5d || head.p[13] != 0)
		return false;
	uint32_t dictionary = le32(head.p + 1);
	uint32_t low_bits = dictionary & (dictionary - 1);
	bool usual = dictionary >= 4096 && (low_bits == 0 || (low_bits & (low_bits - 1)) == 0);
	uint32_t low = le32(head.p + 5), high = le32(head.p + 9);
	return usual && ((low == UINT32_MAX && high == UINT32_MAX) || high < 64);
}

static bool is_bzip2(struct sl_span head)
{
	return head.n >= 10 && has(head, 0, SL_SPAN("BZh")) && head.p[3] >= '1' &&
	       head.p[3] <= '9' &&
	       (has(head, 4, SL_SPAN("1AY&SY")) || has(head, 4, SL_SPAN("\x17rE8P\x90")));
}

static bool is_compress(struct sl_span head)
{
	return head.n >= 3 && has(head, 0, SL_SPAN("\x1f\x9d")) && (head.p[2] & 0x60) == 0 &&
	       (head.p[2] & 0x1f) >= 9 && (head.p[2] & 0x1f) <= 16;
}

static bool is_lha(struct sl_span head)
{
	return head.n > 20 && has(head, 2, SL_SPAN("-l")) && head.p[6] == '-' && head.p[20] <= 3;
}

/* zstd and lz4 share the magic of frames to be skipped: what follows decides. */
static enum sl_sniff_kind skippable(struct sl_span head)
{
	for (size_t at = 0; at + 4 <= head.n;) {
		uint32_t magic = le32(head.p + at);
		if (magic == 0x184d2204)
			return SL_SNIFF_LZ4;
		if ((magic & 0xfffffff0) != 0x184d2a50 || at + 8 > head.n)
			break;
		at += 8 + (size_t)le32(head.p + at + 4);
	}
	return SL_SNIFF_ZSTD;
}

/* Outlook's .msg is an OLE file with these streams; other OLE files are documents. */
static bool is_outlook_message(struct sl_span head)
{
	return has(head, 0, SL_SPAN("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) &&
	       sl_span_find(head, SL_SPAN("_\0_\0s\0u\0b\0s\0t\0g\0"), 0) >= 0;
}

enum sl_sniff_kind sl_magic_binary(struct sl_span head, const char **format_r)
{
	*format_r = "";
	if (sl_sniff_is_tar_header(head))
		return SL_SNIFF_TAR;
	/* POSIX and GNU write a NUL there, so no mail has this */
	if (has(head, 257, SL_SPAN("ustar\0")) || has(head, 257, SL_SPAN("ustar  \0")))
		return SL_SNIFF_TAR_DAMAGED;
	const struct magic *found = find(binary, SL_LEN(binary), head);
	if (found) {
		*format_r = found->format;
		return found->kind;
	}
	if (head.n >= 8 && (le32(head.p) & 0xfffffff0) == 0x184d2a50)
		return skippable(head);
	if (is_bzip2(head))
		return SL_SNIFF_BZIP2;
	if (is_compress(head))
		return SL_SNIFF_COMPRESS;
	if (is_lzma(head))
		return SL_SNIFF_LZMA;
	if (is_outlook_message(head)) {
		*format_r = "outlook-msg";
		return SL_SNIFF_UNSUPPORTED;
	}
	return SL_SNIFF_EMPTY;
}

enum sl_sniff_kind sl_magic_text(struct sl_span head, const char **format_r)
{
	*format_r = "";
	const struct magic *found = find(text, SL_LEN(text), head);
	if (found) {
		*format_r = found->format;
		return found->kind;
	}
	if (is_lha(head)) {
		*format_r = "lha";
		return SL_SNIFF_UNSUPPORTED;
	}
	return SL_SNIFF_EMPTY;
}
