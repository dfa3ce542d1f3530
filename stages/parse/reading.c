/* SPDX-License-Identifier: Apache-2.0 */
#include "reading.h"

#include <stdlib.h>

/* Numbers of the alternatives in which HTML says something, sorted. */
struct spoken {
	uint32_t *number;
	size_t n;
};

static int compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static struct spoken spoken_by_html(
	struct sl_arena *arena, const struct sl_reading *readings, size_t n)
{
	struct spoken spoken = { sl_arena_alloc(arena, n * sizeof(uint32_t)), 0 };
	for (size_t i = 0; i < n; i++)
		if (readings[i].alternative && sl_span_trim(readings[i].visible).n)
			spoken.number[spoken.n++] = readings[i].alternative;
	if (spoken.n)
		qsort(spoken.number, spoken.n, sizeof(uint32_t), compare_numbers);
	return spoken;
}

static bool is_superseded(const struct spoken *spoken, const struct sl_reading *reading)
{
	return spoken->n && reading->alternative &&
	       bsearch(&reading->alternative, spoken->number, spoken->n, sizeof(uint32_t),
		       compare_numbers) != NULL;
}

/* Texts in order, each on lines of its own. */
struct joint {
	char *p; /* NULL while the length is only counted */
	size_t n;
};

static void joint_add(struct joint *joint, struct sl_span text)
{
	text = sl_span_trim(text);
	if (text.n == 0)
		return;
	if (joint->p) {
		memcpy(joint->p + joint->n, text.p, text.n);
		joint->p[joint->n + text.n] = '\n';
	}
	joint->n += text.n + 1;
}

static struct joint join(char *to, const struct sl_reading *readings, size_t n,
	const struct spoken *spoken, bool attachments, bool hidden)
{
	struct joint joint = { to, 0 };
	for (size_t i = 0; i < n; i++) {
		const struct sl_reading *reading = &readings[i];
		if (reading->attachment != attachments)
			continue;
		if (hidden) {
			joint_add(&joint, reading->hidden);
			continue;
		}
		joint_add(&joint, reading->visible);
		if (!is_superseded(spoken, reading))
			joint_add(&joint, reading->plain);
	}
	return joint;
}

static struct sl_span joined(struct sl_arena *arena, const struct sl_reading *readings, size_t n,
	const struct spoken *spoken, bool hidden)
{
	for (int attachments = 0; attachments < 2; attachments++) {
		struct joint joint = join(NULL, readings, n, spoken, attachments, hidden);
		if (joint.n == 0)
			continue;
		joint = join(
			sl_arena_alloc(arena, joint.n), readings, n, spoken, attachments, hidden);
		return sl_span_of(joint.p, joint.n - 1);
	}
	return SL_SPAN_NULL;
}

void sl_reading_join(struct sl_mail *mail, const struct sl_reading *readings, size_t n)
{
	struct spoken spoken = spoken_by_html(mail->arena, readings, n);
	mail->visible = joined(mail->arena, readings, n, &spoken, false);
	mail->hidden = joined(mail->arena, readings, n, &spoken, true);
}
