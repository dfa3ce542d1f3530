/* SPDX-License-Identifier: Apache-2.0 */
/* baseline.c - the ruler: libarchive reads, GMime parses and decodes every message. Nothing else.
 *
 *   baseline ARCHIVE...     prints messages, parts, decoded bytes, and a hash over the raw mails
 *
 * One thread, no store, no indicators, no clustering. Each mail is hashed once, as spamloom does. A
 * file that begins with "From " is split at "\nFrom "; everything else is one mail.
 */
#include <archive.h>
#include <archive_entry.h>
#include <gmime/gmime.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct totals {
	unsigned long messages, parts;
	unsigned long long text, bytes;
	XXH64_hash_t hash;
};

static void decode_part(GMimeObject *parent, GMimeObject *object, gpointer arg)
{
	struct totals *t = arg;
	(void)parent;
	if (GMIME_IS_TEXT_PART(object)) {
		char *text = g_mime_text_part_get_text(GMIME_TEXT_PART(object));
		t->text += text ? strlen(text) : 0;
		g_free(text);
		t->parts++;
	} else if (GMIME_IS_PART(object)) {
		GMimeDataWrapper *content = g_mime_part_get_content(GMIME_PART(object));
		GMimeStream *null = g_mime_stream_null_new();
		if (content)
			t->text += (unsigned long long)g_mime_data_wrapper_write_to_stream(
				content, null);
		g_object_unref(null);
		t->parts++;
	}
}

static void parse_mail(char *p, size_t n, struct totals *t)
{
	GMimeStream *stream = g_mime_stream_mem_new();
	GByteArray bytes = { (guint8 *)p, (guint)n }; /* borrowed: no copy */
	g_mime_stream_mem_set_byte_array(GMIME_STREAM_MEM(stream), &bytes);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
	t->messages++;
	t->bytes += n;
	t->hash ^= XXH3_64bits(p, n);
	if (message) {
		g_mime_message_foreach(message, decode_part, t);
		g_object_unref(message);
	}
	g_object_unref(parser);
	g_object_unref(stream);
}

static void split(char *p, size_t n, struct totals *t)
{
	if (n < 5 || memcmp(p, "From ", 5) != 0) {
		if (n)
			parse_mail(p, n, t);
		return;
	}
	while (n) {
		char *body = memchr(p, '\n', n);
		if (!body)
			return;
		n -= (size_t)(body + 1 - p);
		p = body + 1;
		char *next = memmem(p, n, "\nFrom ", 6);
		size_t length = next ? (size_t)(next - p) : n;
		parse_mail(p, length, t);
		if (!next)
			return;
		p += length + 1;
		n -= length + 1;
	}
}

static int read_archive(const char *path, struct totals *t)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	char *content = NULL;
	size_t room = 0;
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_format_tar(a);
	archive_read_support_format_zip(a);
	archive_read_support_format_raw(a);
	if (archive_read_open_filename(a, path, 1 << 20) != ARCHIVE_OK) {
		fprintf(stderr, "%s: %s\n", path, archive_error_string(a));
		return 1;
	}
	while (archive_read_next_header(a, &entry) == ARCHIVE_OK) {
		size_t n = 0;
		la_ssize_t got;
		if (archive_entry_filetype(entry) == AE_IFDIR)
			continue;
		for (;;) {
			if (room - n < 1 << 20)
				content = realloc(content, room = room ? room * 2 : 1 << 22);
			if ((got = archive_read_data(a, content + n, room - n)) <= 0)
				break;
			n += (size_t)got;
		}
		split(content, n, t);
	}
	free(content);
	archive_read_free(a);
	return 0;
}

int main(int argc, char **argv)
{
	struct totals t = { 0 };
	int failed = 0;
	g_mime_init();
	for (int i = 1; i < argc; i++)
		failed |= read_archive(argv[i], &t);
	printf("%lu messages, %lu parts, %llu bytes decoded, %llu bytes raw, hash %016llx\n",
		t.messages, t.parts, t.text, t.bytes, (unsigned long long)t.hash);
	return failed;
}
