/* SPDX-License-Identifier: Apache-2.0 */
#include "trap_args.h"

#include "trap_dice.h"

#include <stdio.h>
#include <stdlib.h>

bool trap_args_share(struct sl_span text, uint32_t *share_r)
{
	ssize_t point = sl_span_chr(text, '.', 0);
	struct sl_span tail = point < 0 ? SL_SPAN_NULL : sl_span_from(text, (size_t)point + 1);
	uint64_t whole, share = 0;
	if (!sl_span_u64(point < 0 ? text : sl_span_head(text, (size_t)point), &whole) || whole > 1)
		return false;
	for (size_t i = 0; i < 6; i++) {
		if (i < tail.n && !sl_is_digit(tail.p[i]))
			return false;
		share = share * 10 + (i < tail.n ? (uint64_t)(tail.p[i] - '0') : 0);
	}
	share += whole * TRAP_WHOLE;
	*share_r = (uint32_t)share;
	return share <= TRAP_WHOLE;
}

static bool read_number(struct sl_span text, uint64_t *number_r)
{
	static const char letters[] = "KMG";
	uint64_t unit = 1;
	for (size_t i = 0, factor = 1000; i < 3; i++, factor *= 1000)
		if (text.n && text.p[text.n - 1] == letters[i])
			unit = factor;
	if (unit > 1)
		text.n--;
	if (!sl_span_u64(text, number_r) || *number_r > UINT64_MAX / unit)
		return false;
	*number_r *= unit;
	return true;
}

static bool store_value(const struct trap_arg *row, const char *text, char *options)
{
	char *place = options + row->offset;
	uint64_t number;
	uint32_t share;
	switch (row->kind) {
	case TRAP_ARG_NUMBER:
		if (!read_number(sl_span_str(text), &number))
			return false;
		memcpy(place, &number, sizeof(number));
		return true;
	case TRAP_ARG_SHARE:
		if (!trap_args_share(sl_span_str(text), &share))
			return false;
		memcpy(place, &share, sizeof(share));
		return true;
	case TRAP_ARG_TEXT:
		memcpy(place, &text, sizeof(text));
		return true;
	}
	return false;
}

SL_NORETURN static void print_help(const char *usage, const struct trap_arg *rows, size_t n)
{
	printf("usage: %s\n\n", usage);
	for (size_t i = 0; i < n; i++)
		printf("  %-16s %s\n", rows[i].name, rows[i].help);
	exit(SL_EXIT_CLEAN);
}

SL_NORETURN static void complain(const char *program, const char *arg)
{
	fprintf(stderr, "%s: %s: no such option, or no such value; see --help\n", program, arg);
	exit(SL_EXIT_USAGE);
}

int trap_args_read(int argc, char **argv, const char *usage, const struct trap_arg *rows, size_t n,
	void *options)
{
	int others = 0;
	for (int i = 1; i < argc; i++) {
		struct sl_span arg = sl_span_str(argv[i]), name;
		const struct trap_arg *row = NULL;
		if (!sl_span_starts(arg, SL_SPAN("--"))) {
			argv[++others] = argv[i];
			continue;
		}
		if (sl_span_eq(arg, SL_SPAN("--help")))
			print_help(usage, rows, n);
		ssize_t equals = sl_span_chr(arg, '=', 0);
		name = equals < 0 ? arg : sl_span_head(arg, (size_t)equals);
		for (size_t r = 0; r < n; r++)
			if (sl_span_eq(name, sl_span_str(rows[r].name)))
				row = &rows[r];
		const char *value = equals < 0 ? argv[++i] : argv[i] + equals + 1;
		if (!row || !value || !store_value(row, value, options))
			complain(argv[0], arg.p);
	}
	return others;
}
