/* SPDX-License-Identifier: Apache-2.0 */
#include "crew.h"

#include "pipeline/base/thread.h"

#include <stdatomic.h>
#include <unistd.h>

struct job {
	void (*work)(void *arg, unsigned hand, size_t from, size_t to);
	void *arg;
	size_t n, piece;
	atomic_size_t next;
};

struct hand {
	struct job *job;
	unsigned number;
	struct sl_thread thread;
};

unsigned sl_crew_hands(unsigned jobs, size_t things, size_t things_a_hand)
{
	size_t hands = things / things_a_hand;

	if (jobs == 0) {
		long processors = sysconf(_SC_NPROCESSORS_ONLN);

		jobs = processors > 0 ? (unsigned)processors : 1;
	}
	if (hands > jobs)
		hands = jobs;
	if (hands > SL_CREW_MOST)
		hands = SL_CREW_MOST;
	return hands ? (unsigned)hands : 1;
}

static void take_pieces(void *hand_p)
{
	const struct hand *hand = hand_p;
	struct job *job = hand->job;
	size_t from;

	while ((from = atomic_fetch_add(&job->next, job->piece)) < job->n)
		job->work(job->arg, hand->number, from,
			job->n - from < job->piece ? job->n : from + job->piece);
}

void sl_crew_run(unsigned hands, size_t n, size_t piece,
	void (*work)(void *arg, unsigned hand, size_t from, size_t to), void *arg)
{
	struct job job = { .work = work, .arg = arg, .n = n, .piece = piece };
	struct hand crew[SL_CREW_MOST];
	struct sl_err err;

	sl_assert(hands > 0 && hands <= SL_CREW_MOST && piece > 0);
	for (unsigned i = 0; i < hands; i++)
		crew[i] = (struct hand){ .job = &job, .number = i };
	for (unsigned i = 1; i < hands; i++)
		if (sl_thread_start(&crew[i].thread, "campaigns", take_pieces, &crew[i], &err) !=
			SL_OK)
			break;
	take_pieces(&crew[0]);
	for (unsigned i = 1; i < hands; i++)
		sl_thread_join(&crew[i].thread);
}
