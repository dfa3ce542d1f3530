/* SPDX-License-Identifier: Apache-2.0 */
#include "closed.h"
#include "pipeline/mill.h"
#include "reading_log.h"
#include "stages/parse/coding.h"

#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

/* ---- what goes on ---- */

static int pair[2]; /* a socket: the parent's end, the children's end */

static void use_memory(void)
{
	enum { BIG = 100 << 20 };
	char *p = malloc(BIG);
	MUST(p != NULL);
	memset(p, 1, BIG);
	p = realloc(p, BIG + (10 << 20));
	MUST(p != NULL && p[BIG - 1] == 1);
	free(p);
	for (size_t n = 1; n < 10000; n++)
		free(malloc(n * 7));
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* So large that libc asks how much memory there is. */
static void use_qsort(void)
{
	static int numbers[100000];
	for (size_t i = 0; i < SL_LEN(numbers); i++)
		numbers[i] = (int)(i * 7919 % SL_LEN(numbers));
	qsort(numbers, SL_LEN(numbers), sizeof(*numbers), by_number);
	for (size_t i = 0; i < SL_LEN(numbers); i++)
		MUST(numbers[i] == (int)i);
}

static void use_fstat(void)
{
	struct stat st = { .st_size = -1 };
	errno = 5;
	MUST(fstat(pair[1], &st) == 0 && S_ISSOCK(st.st_mode) && errno == 5);
	MUST(fstat(1000, &st) < 0 && errno == EBADF);
}

static void use_socket(void)
{
	char got[8];
	struct pollfd ready = { pair[1], POLLIN, 0 };
	MUST(send(pair[1], "x", 1, 0) == 1);
	MUST(poll(&ready, 1, -1) == 1 && ready.revents == POLLIN);
	MUST(recv(pair[1], got, sizeof(got), 0) == 4 && memcmp(got, "ping", 4) == 0);
}

/* A descriptor comes with a message: a reader may have it, a worker cannot. */
static int received_descriptor(void)
{
	char got[8], room[CMSG_SPACE(sizeof(int))];
	struct iovec bytes = { got, sizeof(got) };
	struct msghdr message = { .msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = room,
		.msg_controllen = sizeof(room) };
	MUST(recvmsg(pair[1], &message, MSG_CMSG_CLOEXEC) == 4);
	const struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	if (!head) {
		MUST(message.msg_flags & MSG_CTRUNC);
		return -1;
	}
	int fd;
	memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	return fd;
}

static void get_descriptor(void)
{
	char text[8];
	int fd = received_descriptor();
	MUST(fd >= 0);
	MUST(pread(fd, text, sizeof(text), 0) == 4 && memcmp(text, "here", 4) == 0);
	MUST(close(fd) == 0);
}

static void get_no_descriptor(void)
{
	MUST(received_descriptor() < 0);
}

static void use_memory_file(void)
{
	char text[8];
	int fd = memfd_create("x", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	MUST(fd >= 0 && ftruncate(fd, 8192) == 0);
	MUST(pwrite(fd, "abc", 3, 100) == 3 && lseek(fd, 100, SEEK_SET) == 100);
	MUST(read(fd, text, 3) == 3 && memcmp(text, "abc", 3) == 0);
	char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	MUST(map != MAP_FAILED && map[101] == 'b' && munmap(map, 8192) == 0);
	MUST(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_WRITE) == 0);
	int again = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	MUST(again >= 0 && fcntl(again, F_GETFL) >= 0 && dup(again) >= 0);
}

static void use_clocks(void)
{
	struct timespec now;
	struct timeval then;
	MUST(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
	MUST(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0);
	MUST(gettimeofday(&then, NULL) == 0 && time(NULL) > 0);
	MUST(sched_yield() == 0 && getpid() != parent);
}

static void say(void)
{
	fprintf(stderr, "%s", "");
	if (!SANITIZED) /* there, exit() looks for leaks with another process */
		exit(LIVED);
}

struct allowed_row {
	const char *what;
	act *act;
	int roles;
};

static const struct allowed_row allowed_rows[] = {
	{ "memory", use_memory, BOTH },
	{ "qsort", use_qsort, BOTH },
	{ "fstat", use_fstat, BOTH },
	{ "socket", use_socket, BOTH },
	{ "a descriptor that comes", get_descriptor, READER },
	{ "a descriptor that cannot come", get_no_descriptor, WORKER },
	{ "memory file", use_memory_file, READER },
	{ "clocks", use_clocks, BOTH },
	{ "stdio and exit", say, BOTH },
};

static void send_descriptor(void)
{
	int fd = open(victim, O_RDONLY | O_CLOEXEC);
	char room[CMSG_SPACE(sizeof(int))] = "", ping[] = "ping";
	struct iovec bytes = { ping, 4 };
	struct msghdr message = { .msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = room,
		.msg_controllen = sizeof(room) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	assert_int_equal(sendmsg(pair[0], &message, 0), 4);
	close(fd);
}

static void allowed_calls(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * SL_LEN(allowed_rows); i++) {
		const struct allowed_row *row = &allowed_rows[i / 2];
		if (!(row->roles >> i % 2 & 1))
			continue;
		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
		send_descriptor();
		struct sl_sandbox_wish wish = wish_of(i % 2);
		wish.data_bytes = 256 << 20;
		int status = run_child(&wish, SL_SANDBOX_LAYERS, row->act);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != LIVED)
			fail_msg("%s as role %zu: status %#x, call %d %s", row->what, i % 2, status,
				*forbidden - 1, sl_sandbox_call_name(*forbidden - 1));
		close(pair[0]);
		close(pair[1]);
	}
}

/* ---- how a cell dies ---- */

static void do_abort(void)
{
	abort();
}

static void do_assert(void)
{
	sl_assert(parent == 0);
}

static int dig(volatile char *above, int deeper)
{
	volatile char room[4096];
	room[0] = *above;
	return deeper ? dig(room, deeper) + room[0] : 0;
}

static void do_overflow(void)
{
	volatile char room[1] = "";
	dig(room, parent);
}

static void do_null(void)
{
	*(volatile int *)(uintptr_t)parent = 1;
}

static void do_spin(void)
{
	for (volatile unsigned i = 0;; i++)
		;
}

static void do_allocate(void)
{
	MUST(malloc(512 << 20) == NULL);
	MUST(mmap(NULL, 512 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
		MAP_FAILED);
	size_t n = 0;
	while (malloc(1 << 20))
		n++;
	MUST(n > 100 && n <= 320); /* an allocator may have had some to spare */
	while (malloc(100))
		n++;
	sl_malloc(1000);
}

struct death_row {
	const char *what;
	act *act;
	int signal;
	bool sanitized; /* true in such a build, too */
};

static const struct death_row death_rows[] = {
	{ "abort", do_abort, SIGABRT, true },
	{ "assertion", do_assert, SIGABRT, true },
	{ "stack overflow", do_overflow, SIGSEGV, false },
	{ "bad pointer", do_null, SIGSEGV, false },
	{ "CPU", do_spin, SIGXCPU, true },
	{ "out of memory", do_allocate, SIGABRT, false },
};

static void deaths(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * SL_LEN(death_rows); i++) {
		const struct death_row *row = &death_rows[i / 2];
		if ((SANITIZED && !row->sanitized) || (row->signal == SIGXCPU && i % 2))
			continue;
		struct sl_sandbox_wish wish = wish_of(i % 2);
		wish.data_bytes = 256 << 20;
		wish.cpu_seconds = 1;
		int status = run_child(&wish, SL_SANDBOX_LAYERS, row->act);
		if (!WIFSIGNALED(status) || WTERMSIG(status) != row->signal || WCOREDUMP(status))
			fail_msg("%s as role %zu: status %#x, call %d", row->what, i % 2, status,
				*forbidden - 1);
	}
}

/* ---- the work of a worker ---- */

struct charset_row {
	const char *label, *base64, *text;
};

/* One for every coding of the closed list, and three labels that say nothing. */
static const struct charset_row charset_rows[] = {
	{ "utf-8", "44GK6I2354mp44Gu56K66KqN44KS44GK6aGY44GE44GX44G+44GZ",
		"お荷物の確認をお願いします" },
	{ "shift_jis", "gqiJ15WogsyKbZRGgvCCqIrogqKCtYLcgrc=", "お荷物の確認をお願いします" },
	{ "euc-jp", "pKqy2cqqpM6zzsenpPKkqrTqpKSkt6TepLk=", "お荷物の確認をお願いします" },
	{ "gb18030", "xPq6wyzH68i3yM/E+rXEsPy5/A==", "您好,请确认您的包裹" },
	{ "big5", "sXqmbiy90L1Uu3uxeqq6pV27cQ==", "您好,請確認您的包裹" },
	{ "big5-hkscs", "sXqmbiy90L1Uu3uxeqq6pV27cQ==", "您好,請確認您的包裹" },
	{ "euc-kr", "vsiz58fPvLy/5CC80sb3uKYgyK7AzsfPvLy/5A==", "안녕하세요 소포를 확인하세요" },
	{ "iso-2022-jp",
		"GyRCJCoyWUoqJE4zTkcnJHIkKjRqJCQkNyReJDkbKEI=", "お荷物の確認をお願いします" },
	{ "iso-2022-kr", "GyQpQw4+SDNnR088PD9kDyAOPFJGdzgmDyAOSC5ATkdPPDw/ZA8=",
		"안녕하세요 소포를 확인하세요" },
	{ "hz-gb-2312", "fntEejpDfn0sfntHa0g3SE9EejVEMHw5fH59", "您好,请确认您的包裹" },
	{ "utf-7", "K01FcURkM0pwTUc1NHVvcU5NSkl3U3BoWU1FUXdWekIrTUZrLQ==",
		"お荷物の確認をお願いします" },
	{ "utf-16", "//5KMHeDaXJuMLp4jYqSMEowWJhEMFcwfjBZMA==", "お荷物の確認をお願いします" },
	{ "utf-16le", "SjB3g2lybjC6eI2KkjBKMFiYRDBXMH4wWTA=", "お荷物の確認をお願いします" },
	{ "utf-16be", "MEqDd3JpMG54uoqNMJIwSphYMEQwVzB+MFk=", "お荷物の確認をお願いします" },
	{ "utf-32", "//4AAEowAAB3gwAAaXIAAG4wAAC6eAAAjYoAAJIwAABKMAAAWJgAAEQwAABXMAAAfjAAAFkwAAA=",
		"お荷物の確認をお願いします" },
	{ "utf-32le", "SjAAAHeDAABpcgAAbjAAALp4AACNigAAkjAAAEowAABYmAAARDAAAFcwAAB+MAAAWTAAAA==",
		"お荷物の確認をお願いします" },
	{ "utf-32be", "AAAwSgAAg3cAAHJpAAAwbgAAeLoAAIqNAAAwkgAAMEoAAJhYAAAwRAAAMFcAADB+AAAwWQ==",
		"お荷物の確認をお願いします" },
	{ "windows-1252", "VulyaWZpZXogdm90cmUgY29saXMg4CBy6WNlcHRpb24gliDpdOk=",
		"Vérifiez votre colis à réception – été" },
	{ "windows-1250", "UG90dnLvdGUgcPhldnpldO0geuFzaWxreSwgcPjtdGVsaQ==",
		"Potvrďte převzetí zásilky, příteli" },
	{ "windows-1251",
		"z+7k8uLl8OTo8uUg7+7r8/fl7ejlIO/u8fvr6ug=", "Подтвердите получение посылки" },
	{ "windows-1253", "xfDp4uXi4en+8/TlIPTn7SDw4fHh6+Hi3g==", "Επιβεβαιώστε την παραλαβή" },
	{ "windows-1254", "UGFrZXRpbml6aSD+aW1kaSBkb/BydWxhef1uLCDnYWJ1aw==",
		"Paketinizi şimdi doğrulayın, çabuk" },
	{ "windows-1255", "4Pn4IOD6IPfh7Pog5Ofh6ezk", "אשר את קבלת החבילה" },
	{ "windows-1256", "w9/PIMfTyuHH4yDH4djRzyDH4cLk", "أكد استلام الطرد الآن" },
	{ "windows-1257", "UGF0dmlydGlua2l0ZSBzaXVudG9zIGdhdmlt4CBkYWJhciwg6GlhIP5lbes=",
		"Patvirtinkite siuntos gavimą dabar, čia žemė" },
	{ "windows-1258", "WOFjIG5o4m4gZ/NpIGjgbmcgY3VhIGJhbg==", "Xác nhân gói hàng cua ban" },
	{ "windows-874", "wte5wtG5odLDw9G6vtHKtNg=", "ยืนยันการรับพัสดุ" },
	{ "iso-8859-1", "VulyaWZpZXogdm90cmUgY29saXMsIGTpauAgcmXndSDgIGwn6XTp",
		"Vérifiez votre colis, déjà reçu à l'été" },
	{ "iso-8859-2", "UG90dnLvdGUgcPhldnpldO0geuFzaWxreSwgcPjtdGVsaQ==",
		"Potvrďte převzetí zásilky, příteli" },
	{ "iso-8859-3", "SWtrb25mZXJtYSBsLXBha2tldHQgsWG/aW4g9WRpZCDlYXI=",
		"Ikkonferma l-pakkett ħażin ġdid ċar" },
	{ "iso-8859-4", "S2lubml0YWdlIHNhYWRldGlzZSBr5HR0ZXNhYW1pbmUgcPVoamFsaWt1bHQ=",
		"Kinnitage saadetise kättesaamine põhjalikult" },
	{ "iso-8859-5",
		"v97U4tLV4NTY4tUg397b4+fV3djVIN/e4evb2tg=", "Подтвердите получение посылки" },
	{ "iso-8859-6", "w+PPIMfTyuTH5SDH5NfRzyDH5MLm", "أكد استلام الطرد الآن" },
	{ "iso-8859-7", "xfDp4uXi4en+8/TlIPTn7SDw4fHh6+Hi3g==", "Επιβεβαιώστε την παραλαβή" },
	{ "iso-8859-8", "4Pn4IOD6IPfh7Pog5Ofh6ezk", "אשר את קבלת החבילה" },
	{ "iso-8859-9", "UGFrZXRpbml6aSD+aW1kaSBkb/BydWxhef1uLCDnYWJ1aw==",
		"Paketinizi şimdi doğrulayın, çabuk" },
	{ "iso-8859-10", "U3Rh8GZlc3R1IG3zdHT2a3UgYvZnZ3Vsc2lucyD+7W5h",
		"Staðfestu móttöku böggulsins þína" },
	{ "iso-8859-13", "UGF0dmlydGlua2l0ZSBzaXVudG9zIGdhdmlt4CBkYWJhciwg6GlhIP5lbes=",
		"Patvirtinkite siuntos gavimą dabar, čia žemė" },
	{ "iso-8859-14", "Q2FkYXJuaGV3Y2ggeSBwZWN5biDweXIg/mQgeW1h",
		"Cadarnhewch y pecyn ŵyr ŷd yma" },
	{ "iso-8859-15", "VulyaWZpZXogdm90cmUgY29saXMsIGTpauAgcmXndSDgIGwn6XTp",
		"Vérifiez votre colis, déjà reçu à l'été" },
	{ "iso-8859-16", "Q29uZmlybWH+aSBwcmltaXJlYSBwYWNoZXR1bHVpILppIHBs43Rp/mk=",
		"Confirmați primirea pachetului și plătiți" },
	{ "koi8-r", "8M/E1NfF0sTJ1MUg0M/M1d7FzsnFINDP09nMy8k=", "Подтвердите получение посылки" },
	{ "koi8-u", "8KbE1NfF0sSm1Nggz9TSyc3Bzs7RINDP08nMy8k=", "Підтвердіть отримання посилки" },
	{ "macintosh", "Vo5yaWZpZXogdm90cmUgY29saXMgiCByjmNlcHRpb24g0CCOdI4=",
		"Vérifiez votre colis à réception – été" },
	{ "x-mac-cyrillic",
		"j+7k8uLl8OTo8uUg7+7r8/fl7ejlIO/u8fvr6ug=", "Подтвердите получение посылки" },
	{ "ibm437", "VoJyaWZpZXogdm90cmUgY29saXMsIGSCaoUgcmWHdSCFIGwngnSC",
		"Vérifiez votre colis, déjà reçu à l'été" },
	{ "ibm850", "VoJyaWZpZXogdm90cmUgY29saXMsIGSCaoUgcmWHdSCFIGwngnSC",
		"Vérifiez votre colis, déjà reçu à l'été" },
	{ "ibm852", "UG90dnLUdGUgcP1ldnpldKEgeqBzaWxreSwgcP2hdGVsaQ==",
		"Potvrďte převzetí zásilky, příteli" },
	{ "ibm855", "3dam5euo4aa35agg2NbQ5/uo1LeoINjW4/HQxrc=", "Подтвердите получение посылки" },
	{ "ibm857", "UGFrZXRpbml6aSCfaW1kaSBkb6dydWxheY1uLCCHYWJ1aw==",
		"Paketinizi şimdi doğrulayın, çabuk" },
	{ "ibm862", "gJmYIICaIJeBjJoghIeBiYyE", "אשר את קבלת החבילה" },
	{ "ibm866", "j66k4qKl4KSo4qUgr66r4+elrailIK+u4eurqqg=", "Подтвердите получение посылки" },
	{ "us-ascii", "VulyaWZpZXogdm90cmUgY29saXMsIGTpauAgcmXndSDgIGwn6XTp",
		"Vérifiez votre colis, déjà reçu à l'été" },
	{ "x-unknown", "gqiJ15WogsyKbZRGgvCCqIrogqKCtYLcgrc=", "お荷物の確認をお願いします" },
	{ "", "xPq6wyzH68i3yM/E+rXEsPy5/A==", "您好,请确认您的包裹" },
};

static struct sl_tables *tables;
static struct sl_config config;
static struct sl_mill *mill;
static struct sl_batch *batch_in_hand;

static const struct sl_mail *mill_row(const struct charset_row *row, char room[2048])
{
	int n = snprintf(room, 2048,
		"From: =?%s?B?%s?= <a@kumo.example>\r\nTo: b@trap.example\r\n"
		"Subject: =?%s?B?%s?=\r\nContent-Type: text/plain; charset=\"%s\"\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n%s\r\n",
		row->label, row->base64, row->label, row->base64, row->label, row->base64);
	return sl_mill_one(mill, sl_span_of(room, (size_t)n), SL_TIME_NONE);
}

/* Nothing was decoded outside before, so whatever is loaded late would be loaded here. */
static void mill_charsets(void)
{
	char room[2048];
	for (size_t i = 0; i < SL_LEN(charset_rows); i++) {
		const struct charset_row *row = &charset_rows[i];
		const struct sl_mail *mail = mill_row(row, room);
		struct sl_span want = sl_span_str(row->text);
		bool good = mail->n_parts == 1 && sl_span_eq(mail->parts[0].text, want) &&
			    (*row->label == '\0' || sl_span_eq(mail->message.subject, want));
		if (good)
			continue;
		fprintf(stderr, "%s: \"%.*s\", subject \"%.*s\"\n", row->label,
			SL_ARG(mail->n_parts ? mail->parts[0].text : SL_SPAN_NULL),
			SL_ARG(mail->message.subject));
		_exit(2);
	}
}

static void every_charset_is_there(void **state)
{
	(void)state;
	for (int coding = SL_CODING_NONE + 1; coding < SL_CODINGS; coding++) {
		bool found = false;
		for (size_t i = 0; i < SL_LEN(charset_rows); i++)
			found |= (int)sl_coding_of_label(sl_span_str(charset_rows[i].label)) ==
				 coding;
		if (!found)
			fail_msg("no row for %s", sl_coding_name((enum sl_coding)coding));
	}
}

/* Parts, HTML, links of every kind, attachments, an embedded mail, ugly names. */
static const char rich_mail[] =
	"Received: from mx.kumo.example ([203.0.113.9]) by trap.example; Tue, 24 Nov 2026 "
	"01:00:00 +0000\r\n"
	"From: \"Soko\" <a@kumo.example>\r\nTo: g:b@trap.example,c@trap.example;\r\n"
	"Subject: =?utf-8?q?t=C3=A9st?=\r\nDate: Tue, 24 Nov 2026 01:00:00 +0000\r\n"
	"Content-Type: multipart/mixed; boundary=zz\r\n\r\n"
	"--zz\r\nContent-Type: multipart/alternative; boundary=yy\r\n\r\n"
	"--yy\r\nContent-Type: text/plain; charset=iso-2022-jp\r\n\r\n"
	"\x1b$B;n83\x1b(B http://plain.example/a 192.0.2.7 x@mail.example\r\n"
	"--yy\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
	"<html><head><meta http-equiv=refresh content='0;url=http://re.example/'></head>"
	"<body><a href='http://xn--bcher-kva.example/%7Eu'>b</a><a href='http://b\xc3\xbc"
	"cher.example/'>b</a><img src='http://img.example/p.gif'><form "
	"action='http://form.example/'></form>&#x26;&hearts; \xe8\xa9\xa6\xe9\xa8\x93"
	"</body></html>\r\n--yy--\r\n"
	"--zz\r\nContent-Type: application/zip; name*=utf-8''%E8%A9%A6.zip\r\n"
	"Content-Transfer-Encoding: base64\r\n\r\nUEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==\r\n"
	"--zz\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nhttp://in.example/\r\n"
	"--zz--\r\n";

/* Labels in headers of parts, where GMime would ask libc for a converter: of parameters, of encoded
 * words, and none at all on raw bytes. */
static const char label_mail[] =
	"From: a@kumo.example\r\nTo: b@trap.example\r\nSubject: t\r\n"
	"Content-Type: multipart/mixed; boundary=\"z'z=?x?q?=\"; x*=koi8-t''%A4\r\n\r\n"
	"--z'z=?x?q?=\r\nContent-Type: text/plain; charset=koi8-t; name=\"\x8e\x8e\x8c\xb1\";\r\n"
	" name*=%A4%A4; name*0*=koi8-t'%A4; name*1*=%A4'koi8-t'%A4; x*=''%A4\r\n"
	"Content-Disposition: attachment; filename=\x8e\x8e.zip; filename* =EUC-TW''%A4%A4\r\n"
	"Content-Description: =?koi8-t?B?8NLJ18XU?=\r\nContent-Id: <\x8e@x>\r\n"
	"To: \x8e\x8e <a@b.example>\r\n\r\nhttp://one.example/\r\n"
	"--z'z=?x?q?=\r\nContent-Type: text/html; charset=iso-2022-cn\r\n\r\n"
	"<a href=http://two.example/>x</a>\r\n--z'z=?x?q?=--\r\n";

static void mill_labels(void)
{
	const struct sl_mail *mail =
		sl_mill_one(mill, sl_span_of(label_mail, sizeof(label_mail) - 1), SL_TIME_NONE);
	MUST(mail->n_parts == 2 && mail->n_links == 1);
}

static void mill_rich(void)
{
	struct sl_batch *batch = batch_in_hand;
	for (unsigned i = 0; i < 20; i++) {
		batch->raws[0] = (struct sl_raw){ .seq = i,
			.bytes = sl_span_of(rich_mail, sizeof(rich_mail) - 1),
			.from_time = SL_TIME_NONE,
			.member_time = SL_TIME_NONE };
		batch->n = 1;
		sl_buf_reset(&batch->results);
		sl_mill_batch(mill, batch);
		MUST(batch->results.n > 500);
	}
}

/* A big mail of rubbish: arenas grow, limits are hit. */
static void mill_big(void)
{
	enum { BIG = 8 << 20 };
	char *p = sl_malloc(BIG);
	uint32_t seed = 1;
	int n = snprintf(p, 200, "Subject: x\r\nContent-Type: text/html\r\n\r\n");
	for (size_t i = (size_t)n; i < BIG; i++) {
		seed = seed * 1664525 + 1013904223;
		p[i] = seed >> 28 ? (char)(seed >> 24) : "<a>&/:.\n"[seed >> 25 & 7];
	}
	sl_mill_one(mill, sl_span_of(p, BIG), SL_TIME_NONE);
	free(p);
}

static void work_of_a_worker(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		act *act;
	} rows[] = { { "charsets", mill_charsets }, { "rich", mill_rich },
		{ "labels", mill_labels }, { "big", mill_big } };
	struct sl_err err = { .text = "" };
	static const struct sl_secret secret = { { 1 } };
	sl_limits_default(&config.limits);
	if (sl_tables_load(&config, &tables, &err) != SL_OK)
		fail_msg("%s", err.text);
	struct sl_pool_sizes sizes = {
		.readers = 1, .quota = 2, .slab = 2 << 20, .message = 1 << 20
	};
	struct sl_pool *pool;
	if (sl_pool_new(&sizes, &pool, &err) != SL_OK)
		fail_msg("%s", err.text);
	batch_in_hand = sl_pool_take(pool, 0);
	mill = sl_mill_new(&config, tables, &secret);
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_sandbox_wish wish = wish_of(SL_SANDBOX_WORKER);
		wish.data_bytes = 512 << 20;
		int status = run_child(&wish, SL_SANDBOX_LAYERS, rows[i].act);
		if (status != LIVED << 8)
			fail_msg("%s: status %#x, call %d %s", rows[i].what, status, *forbidden - 1,
				sl_sandbox_call_name(*forbidden - 1));
	}
	sl_mill_free(&mill);
	sl_batch_home(batch_in_hand);
	sl_pool_free(&pool);
	sl_tables_free(&tables);
}

/* ---- the work of a reader ---- */

static int input = -1; /* the open archive */
static const char *wanted;
static struct log_sink reading;

static void read_input(void)
{
	struct sl_err err = { .text = "" };
	MUST(sl_source_read(input, "x", &roomy, NULL, &reading.sink, &err) == SL_OK);
	if (!sl_span_starts(sl_buf_span(&reading.log), sl_span_str(wanted))) {
		fprintf(stderr, "got:\n%.*s", SL_ARG(sl_buf_span(&reading.log)));
		_exit(2);
	}
}

static void read_closed(struct sl_buf *archive, const char *want, const char *what)
{
	struct sl_sandbox_wish wish = wish_of(SL_SANDBOX_READER);
	wish.data_bytes = 512 << 20;
	input = file_of(sl_buf_span(archive));
	wanted = want;
	reading = log_sink_make();
	int status = run_child(&wish, SL_SANDBOX_LAYERS, read_input);
	if (status != LIVED << 8)
		fail_msg("%s: status %#x, call %d %s", what, status, *forbidden - 1,
			sl_sandbox_call_name(*forbidden - 1));
	log_sink_free(&reading);
	close(input);
	sl_buf_free(archive);
}

static void work_of_a_reader(void **state)
{
	(void)state;
	static const char two[] = "#0 @0+93 48\n#1 @93+93 48\n: mbox 186 2\n";
	static const char in_box[] = "a/box#0 @0+93 48\na/box#1 @93+93 48\na/box: mbox 186 2\n"
				     "c.eml#0 @0+48 48\n"
				     "c.eml: mail 48 1\n: archive ";
	static const struct pack_file box[] = { FILE_OF("a/box", MBOX),
		FILE_OF("c.eml", MAIL("3")) };
	static const char *const formats[] = { "ustar", "pax", "zip", "7zip" };
	/* times in zips are local ones: libc looks after the zone file at each of them unless TZ
	 * says all there is to know */
	setenv("TZ", "UTC0", 1);
	tzset();
	sl_source_prepare();
	for (size_t i = 0; i < SL_LEN(filters); i++) {
		struct pack_file mbox = FILE_OF("data", MBOX);
		struct sl_buf once = pack("raw", filters[i], NULL, &mbox, 1);
		read_closed(&once, two, filters[i]);
		struct sl_buf tar = pack("ustar", filters[i], NULL, box, SL_LEN(box));
		read_closed(&tar, in_box, filters[i]);
	}
	for (size_t i = 0; i < SL_LEN(formats); i++) {
		struct sl_buf archive = pack(formats[i], "none", NULL, box, SL_LEN(box));
		read_closed(&archive, in_box, formats[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allowed_calls),
		cmocka_unit_test(deaths),
		cmocka_unit_test(every_charset_is_there),
		cmocka_unit_test(work_of_a_worker),
		cmocka_unit_test(work_of_a_reader),
	};
	setenv("LC_ALL", "C", 1); /* as cron starts a program */
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
