/* SPDX-License-Identifier: Apache-2.0 */
#include "trap_out.h"

#include "pipeline/base/fullio.h"
#include "trap_stamp.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

enum { BIG = 1 << 30, FLUSH = 1 << 20, LONG_WINDOW = 27, ZSTD_LEVEL = 3 };

enum container { STREAM, TAR, ZIP, SEVEN, MAILDIR };
enum filter { NONE, GZIP, XZ, ZSTD };

struct format {
	const char *name, *ending;
	enum container container;
	enum filter filter;
	int window; /* of zstd; 0: its default */
};

static const struct format formats[] = {
	{ "mbox", ".mbox", STREAM, NONE, 0 },
	{ "gz", ".mbox.gz", STREAM, GZIP, 0 },
	{ "zst", ".mbox.zst", STREAM, ZSTD, 0 },
	{ "zst-long", ".long.mbox.zst", STREAM, ZSTD, LONG_WINDOW },
	{ "xz", ".mbox.xz", STREAM, XZ, 0 },
	{ "tar", ".tar", TAR, NONE, 0 },
	{ "tar.gz", ".tar.gz", TAR, GZIP, 0 },
	{ "zip", ".zip", ZIP, NONE, 0 },
	{ "7z", ".7z", SEVEN, NONE, 0 },
	{ "maildir", ".maildir", MAILDIR, NONE, 0 },
};

struct trap_out {
	const struct trap_options *options;
	const struct format *format;
	const char *stem;
	uint64_t shard;
	bool open;
	char path[4096];
	int fd;
	struct archive *archive;
	ZSTD_CCtx *zstd;
	struct sl_buf held; /* a member, or what a stream has not written yet */
	struct sl_buf packed;
	uint64_t members, in_member;
};

SL_NORETURN static void die(const char *path, const char *why)
{
	fprintf(stderr, "make_trap: %s: %s\n", path, why ? why : "cannot be written");
	exit(SL_EXIT_IOERR);
}

static void check(struct trap_out *out, int rc)
{
	if (rc < ARCHIVE_WARN)
		die(out->path, archive_error_string(out->archive));
}

/* ---- one way out for each kind of file ---- */

static void open_archive(struct trap_out *out)
{
	struct archive *a = out->archive = archive_write_new();
	switch (out->format->container) {
	case TAR:
		check(out, archive_write_set_format_ustar(a));
		break;
	case ZIP:
		check(out, archive_write_set_format_zip(a));
		break;
	case SEVEN:
		check(out, archive_write_set_format_7zip(a));
		break;
	default:
		check(out, archive_write_set_format_raw(a));
	}
	if (out->format->filter == GZIP) {
		check(out, archive_write_add_filter_gzip(a));
		check(out, archive_write_set_filter_option(a, "gzip", "timestamp", NULL));
	} else if (out->format->filter == XZ) {
		check(out, archive_write_add_filter_xz(a));
	}
	check(out, archive_write_open_filename(a, out->path));
}

static void begin_entry(struct trap_out *out, const char *name, size_t size)
{
	struct archive_entry *entry = archive_entry_new();
	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_mtime(entry, (time_t)TRAP_FIRST_DAY, 0);
	if (size)
		archive_entry_set_size(entry, (la_int64_t)size);
	check(out, archive_write_header(out->archive, entry));
	archive_entry_free(entry);
}

static void pack(struct trap_out *out, struct sl_span bytes, ZSTD_EndDirective end)
{
	ZSTD_inBuffer in = { bytes.p, bytes.n, 0 };
	size_t left;
	do {
		sl_buf_reset(&out->packed);
		ZSTD_outBuffer to = { sl_buf_reserve(&out->packed, FLUSH), FLUSH, 0 };
		left = ZSTD_compressStream2(out->zstd, &to, &in, end);
		if (ZSTD_isError(left) || !sl_write_all(out->fd, sl_span_of(to.dst, to.pos)))
			die(out->path,
				ZSTD_isError(left) ? ZSTD_getErrorName(left) : strerror(errno));
	} while (in.pos < in.size || (end == ZSTD_e_end && left));
}

static void write_bytes(struct trap_out *out, struct sl_span bytes)
{
	if (out->zstd)
		pack(out, bytes, ZSTD_e_continue);
	else if (out->archive && archive_write_data(out->archive, bytes.p, bytes.n) < 0)
		die(out->path, archive_error_string(out->archive));
	else if (!out->archive && !sl_write_all(out->fd, bytes))
		die(out->path, strerror(errno));
}

static void open_plain(struct trap_out *out)
{
	out->fd = open(out->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (out->fd < 0)
		die(out->path, strerror(errno));
	if (out->format->filter != ZSTD)
		return;
	out->zstd = ZSTD_createCCtx();
	sl_assert(out->zstd);
	ZSTD_CCtx_setParameter(out->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL);
	ZSTD_CCtx_setParameter(out->zstd, ZSTD_c_checksumFlag, 1);
	if (out->format->window) {
		ZSTD_CCtx_setParameter(out->zstd, ZSTD_c_enableLongDistanceMatching, 1);
		ZSTD_CCtx_setParameter(out->zstd, ZSTD_c_windowLog, out->format->window);
	}
}

static void make_maildir(struct trap_out *out)
{
	static const char *const folders[] = { "", "/cur", "/new", "/tmp" };
	size_t n = strlen(out->path);
	for (size_t i = 0; i < SL_LEN(folders); i++) {
		snprintf(out->path + n, sizeof(out->path) - n, "%s", folders[i]);
		if (mkdir(out->path, 0777) != 0 && errno != EEXIST)
			die(out->path, strerror(errno));
	}
	out->path[n] = '\0';
}

static void open_shard(struct trap_out *out, uint64_t shard)
{
	int n = out->options->shards == 1
			? snprintf(out->path, sizeof(out->path), "%s%s", out->stem,
				  out->format->ending)
			: snprintf(out->path, sizeof(out->path), "%s-%03llu%s", out->stem,
				  (unsigned long long)shard, out->format->ending);
	if (n < 0 || (size_t)n + 64 > sizeof(out->path))
		die(out->stem, "too long a name");
	out->shard = shard;
	out->open = true;
	out->members = out->in_member = 0;
	if (out->format->container == MAILDIR) {
		make_maildir(out);
	} else if (out->format->container == STREAM && out->format->filter != GZIP &&
		   out->format->filter != XZ) {
		open_plain(out);
	} else {
		open_archive(out);
		if (out->format->container == STREAM)
			begin_entry(out, "mbox", 0);
	}
}

/* ---- mails ---- */

static void flush(struct trap_out *out)
{
	if (out->format->container != STREAM && out->in_member) {
		char name[64];
		snprintf(name, sizeof(name), "mail/%09llu.%s", (unsigned long long)out->members++,
			out->options->member > 1 ? "mbox" : "eml");
		begin_entry(out, name, out->held.n);
	}
	if (out->held.n)
		write_bytes(out, sl_buf_span(&out->held));
	sl_buf_reset(&out->held);
	out->in_member = 0;
}

static void close_shard(struct trap_out *out)
{
	if (!out->open)
		return;
	if (out->format->container != MAILDIR)
		flush(out);
	if (out->zstd)
		pack(out, SL_SPAN_NULL, ZSTD_e_end);
	ZSTD_freeCCtx(out->zstd);
	out->zstd = NULL;
	if (out->archive)
		check(out, archive_write_close(out->archive));
	archive_write_free(out->archive);
	out->archive = NULL;
	if (out->fd >= 0 && close(out->fd) != 0)
		die(out->path, strerror(errno));
	out->fd = -1;
	out->open = false;
}

/* mboxrd: one more ">" in front of "From ", with or without some already. */
static void add_mboxrd(
	struct sl_buf *to, struct sl_span raw, struct sl_span sender, const struct trap_mail *mail)
{
	const char *eol = mail->family.crlf ? "\r\n" : "\n";
	ssize_t at;
	size_t from = 0;
	trap_stamp_from_line(to, sender, mail->time);
	sl_buf_str(to, eol);
	while ((at = sl_span_find(raw, SL_SPAN("From "), from)) >= 0) {
		size_t line = (size_t)at;
		while (line > 0 && raw.p[line - 1] == '>')
			line--;
		bool starts = line == 0 || raw.p[line - 1] == '\n';
		sl_buf_add(to, sl_span_head(raw, starts ? line : (size_t)at + 5));
		if (starts)
			sl_buf_char(to, '>');
		if (starts)
			sl_buf_add(to, sl_span_of(raw.p + line, (size_t)at + 5 - line));
		raw = sl_span_from(raw, (size_t)at + 5);
	}
	sl_buf_add(to, raw);
	sl_buf_str(to, eol);
}

static void write_file(struct trap_out *out, const struct trap_mail *mail, struct sl_span raw)
{
	char path[sizeof(out->path) + 64];
	snprintf(path, sizeof(path), "%s/cur/%llu.M%09llu.trap:2,S", out->path,
		(unsigned long long)mail->time, (unsigned long long)mail->number);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0 || !sl_write_all(fd, raw) || close(fd) != 0)
		die(path, strerror(errno));
}

void trap_out_mail(struct trap_out *out, const struct trap_mail *mail, struct sl_span sender,
	struct sl_span raw)
{
	uint64_t each = (out->options->mails + out->options->shards - 1) / out->options->shards;
	if (!out->open || mail->number / each != out->shard) {
		close_shard(out);
		open_shard(out, mail->number / each);
	}
	if (out->format->container == MAILDIR) {
		write_file(out, mail, raw);
		return;
	}
	if (out->format->container != STREAM && out->options->member == 1)
		sl_buf_add(&out->held, raw);
	else
		add_mboxrd(&out->held, raw, sender, mail);
	out->in_member++;
	if (out->held.overflow)
		die(out->path, "a member is too large");
	if (out->format->container == STREAM ? out->held.n >= FLUSH
					     : out->in_member == out->options->member)
		flush(out);
}

struct trap_out *trap_out_open(const struct trap_options *options, const char *stem)
{
	for (size_t i = 0; i < SL_LEN(formats); i++) {
		if (strcmp(options->format, formats[i].name) != 0)
			continue;
		struct trap_out *out = sl_calloc(1, sizeof(*out));
		out->options = options;
		out->format = &formats[i];
		out->stem = stem;
		out->fd = -1;
		out->held = out->packed = sl_buf_make(BIG);
		return out;
	}
	return NULL;
}

void trap_out_close(struct trap_out *out)
{
	close_shard(out);
	sl_buf_free(&out->held);
	sl_buf_free(&out->packed);
	free(out);
}
