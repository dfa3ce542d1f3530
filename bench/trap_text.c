/* SPDX-License-Identifier: Apache-2.0 */
#include "trap_text.h"

#include "trap_names.h"
#include "trap_stamp.h"

enum { BIG = 1 << 26, MACHINES = 40, STORY = 5, LEGAL_EVERY = 9, LEGAL_MOST = 40 };
enum { PADDING_LEAST = 12, PADDING_MOST = 40, HOSTS = 4 };

void trap_writer_init(struct trap_writer *w, const struct trap_options *options)
{
	struct sl_buf empty = sl_buf_make(BIG);
	*w = (struct trap_writer){ .options = options,
		.brand = empty,
		.contact = empty,
		.subject = empty,
		.sentence = empty,
		.scratch = empty,
		.machine = empty };
	for (size_t i = 0; i < TRAP_LINKS; i++)
		w->links[i] = empty;
	for (size_t i = 0; i < TRAP_PICTURES; i++)
		w->pictures[i] = empty;
}

void trap_writer_free(struct trap_writer *w)
{
	struct sl_buf *all[] = { &w->brand, &w->contact, &w->subject, &w->sentence, &w->scratch,
		&w->machine };
	for (size_t i = 0; i < SL_LEN(all); i++)
		sl_buf_free(all[i]);
	for (size_t i = 0; i < TRAP_LINKS; i++)
		sl_buf_free(&w->links[i]);
	for (size_t i = 0; i < TRAP_PICTURES; i++)
		sl_buf_free(&w->pictures[i]);
}

/* One of a campaign's hosts: a name, or a bare address now and then. */
static void add_host(struct trap_writer *w, uint32_t which, struct sl_buf *to)
{
	struct trap_dice dice = trap_dice_of(
		w->options->seed, TRAP_DICE_CAMPAIGN, w->mail->campaign * HOSTS + which);
	if (trap_below(&dice, 12) == 0) {
		trap_stamp_ip(&dice, to);
		return;
	}
	trap_names_label(&dice, to);
	trap_names_domain(&dice, to);
}

static void draw_link(struct trap_writer *w, struct trap_dice *dice, struct sl_buf *to)
{
	uint32_t host = trap_below(dice, HOSTS);
	sl_buf_reset(to);
	sl_buf_str(to, trap_below(dice, 4) ? "https://" : "http://");
	add_host(w, host, to);
	sl_buf_char(to, '/');
	trap_names_path(dice, to);
	trap_letters(dice, to, 6 + trap_below(dice, 8), TRAP_LOWER);
	if (trap_below(dice, 3) == 0) {
		sl_buf_str(to, "?id=");
		sl_buf_u64(to, trap_below(dice, 1000000));
		sl_buf_str(to, "&lang=");
		sl_buf_str(to, w->mail->family.tongue->code);
	}
}

/* Pictures are a family's: the same in all of its mails. */
static void draw_pictures(struct trap_writer *w)
{
	struct trap_dice dice =
		trap_dice_of(w->options->seed, TRAP_DICE_FRAME, ~w->mail->family_number);
	w->n_pictures = trap_below(&dice, TRAP_PICTURES + 1);
	for (uint32_t i = 0; i < w->n_pictures; i++) {
		struct sl_buf *to = &w->pictures[i];
		sl_buf_reset(to);
		sl_buf_str(to, "https://img.");
		trap_names_domain(&dice, to);
		sl_buf_str(to, "/assets/");
		trap_letters(&dice, to, 8, TRAP_HEX);
		sl_buf_str(to, trap_below(&dice, 2) ? ".png" : ".gif");
	}
}

void trap_writer_begin(
	struct trap_writer *w, const struct trap_mail *mail, struct trap_truth *truth)
{
	struct trap_dice dice = trap_dice_of(w->options->seed, TRAP_DICE_ORIGINAL, mail->original);
	dice.state ^= TRAP_DICE_DEAL; /* the plan has thrown the first of these */
	w->mail = mail;
	w->truth = truth;
	sl_buf_reset(&w->brand);
	trap_names_brand(w->options->seed, mail->brand, &w->brand);
	sl_buf_reset(&w->contact);
	sl_buf_str(&w->contact, "help");
	sl_buf_u64(&w->contact, trap_below(&dice, 50));
	sl_buf_char(&w->contact, '@');
	struct trap_dice host = trap_dice_of(w->options->seed, TRAP_DICE_CAMPAIGN, ~mail->campaign);
	trap_names_listed_domain(&host, &w->contact);
	sl_buf_reset(&w->machine);
	trap_stamp_ip(&dice, &w->machine);
	w->amount = 5 + trap_below(&dice, 49000);
	w->reference = 10000000 + trap_below(&dice, 89999999);
	w->person = trap_below(&dice, TRAP_NAMES);
	w->day = 1 + trap_below(&dice, 28);
	w->n_links = 1 + trap_below(&dice, TRAP_LINKS);
	for (uint32_t i = 0; i < w->n_links; i++)
		draw_link(w, &dice, &w->links[i]);
	draw_pictures(w);
}

void trap_writer_part(struct trap_writer *w, const char *token, uint32_t tokens)
{
	memset(w->token, 0, sizeof(w->token));
	if (token)
		memcpy(w->token, token, TRAP_TOKEN);
	w->tokens = token ? tokens : 0;
	w->used_links = w->used_pictures = 0;
	w->frame = trap_dice_of(w->options->seed, TRAP_DICE_FRAME, w->mail->family_number);
}

/* The next link, with its token, as it is (in scratch). */
static struct sl_span next_link(struct trap_writer *w, enum trap_fact_kind kind)
{
	uint32_t which = w->used_links++ % w->n_links;
	struct sl_span link = sl_buf_span(&w->links[which]);
	sl_buf_reset(&w->scratch);
	sl_buf_add(&w->scratch, link);
	if (which < w->tokens && w->token[0]) {
		sl_buf_str(&w->scratch, sl_span_chr(link, '?', 0) < 0 ? "?t=" : "&t=");
		sl_buf_str(&w->scratch, w->token);
	}
	link = sl_buf_span(&w->scratch);
	trap_truth_add(w->truth, kind, link);
	struct sl_span host = sl_span_from(link, (size_t)sl_span_find(link, SL_SPAN("//"), 0) + 2);
	host = sl_span_head(host, (size_t)sl_span_chr(host, '/', 0));
	if (sl_is_digit(host.p[host.n - 1]))
		trap_truth_add(w->truth, TRAP_FACT_IP, host);
	return link;
}

static void add_escaped(struct sl_buf *to, struct sl_span link)
{
	ssize_t at;
	while ((at = sl_span_chr(link, '&', 0)) >= 0) {
		sl_buf_add(to, sl_span_head(link, (size_t)at));
		sl_buf_str(to, "&amp;");
		link = sl_span_from(link, (size_t)at + 1);
	}
	sl_buf_add(to, link);
}

static void add_amount(struct trap_writer *w, struct sl_buf *to)
{
	sl_buf_u64(to, w->amount);
	if (w->amount % 3 == 0)
		sl_buf_str(to, ".50");
}

static void add_date(struct trap_writer *w, struct sl_buf *to)
{
	sl_buf_str(to, "2026-11-");
	sl_buf_char(to, (char)('0' + w->day / 10));
	sl_buf_char(to, (char)('0' + w->day % 10));
}

static void add_noted(struct trap_writer *w, enum trap_fact_kind kind, const struct sl_buf *value,
	struct sl_buf *to)
{
	trap_truth_add(w->truth, kind, sl_buf_span(value));
	sl_buf_add(to, sl_buf_span(value));
}

static void fill_markup(struct trap_writer *w, char slot, struct sl_buf *to)
{
	switch (slot) {
	case 'c':
		sl_buf_str(to, w->mail->family.charset);
		break;
	case 't':
		sl_buf_add(to, sl_buf_span(&w->subject));
		break;
	case 'l':
		sl_buf_str(to, w->mail->family.lure->button);
		break;
	case 'p':
		sl_buf_add(to, sl_buf_span(&w->sentence));
		break;
	case 'u':
		add_escaped(to, next_link(w, TRAP_FACT_LINK));
		break;
	case 'f':
		add_escaped(to, next_link(w, TRAP_FACT_FORM));
		break;
	case 'g':
		add_noted(w, TRAP_FACT_IMAGE, &w->pictures[w->used_pictures++ % TRAP_PICTURES], to);
		break;
	case 'k':
		trap_letters(&w->frame, to, 6, SL_SPAN("abcdefghijklmnopqrst"));
		break;
	case 'w':
		sl_buf_u64(to, 2 + trap_below(&w->frame, 600));
		break;
	default:
		sl_assert(false); /* a slot that nobody knows */
	}
}

static void fill_slot(struct trap_writer *w, char slot, struct sl_buf *to)
{
	switch (slot) {
	case 'b':
		sl_buf_add(to, sl_buf_span(&w->brand));
		break;
	case 'n':
		sl_buf_str(to, w->mail->family.tongue->names[w->person]);
		break;
	case 'a':
		add_amount(w, to);
		break;
	case 'd':
		add_date(w, to);
		break;
	case 'r':
		sl_buf_u64(to, w->reference);
		break;
	case 'i':
		add_noted(w, TRAP_FACT_IP, &w->machine, to);
		break;
	case 'e':
		add_noted(w, TRAP_FACT_EMAIL, &w->contact, to);
		break;
	default:
		fill_markup(w, slot, to);
	}
}

/* $x or ${x} */
static void fill(struct trap_writer *w, const char *template, struct sl_buf *to)
{
	for (const char *slot; (slot = strchr(template, '$')) != NULL;) {
		bool braced = slot[1] == '{';
		sl_buf_add(to, sl_span_of(template, (size_t)(slot - template)));
		fill_slot(w, slot[braced ? 2 : 1], to);
		template = slot + (braced ? 4 : 2);
	}
	sl_buf_str(to, template);
}

static void add_story(const struct trap_tongue *tongue, struct trap_dice *dice, struct sl_buf *to)
{
	sl_buf_str(to, tongue->starts[trap_below(dice, TRAP_PHRASES)]);
	sl_buf_str(to, tongue->subjects[trap_below(dice, TRAP_PHRASES)]);
	sl_buf_str(to, tongue->objects[trap_below(dice, TRAP_PHRASES)]);
	sl_buf_str(to, tongue->ends[trap_below(dice, TRAP_PHRASES)]);
}

struct sl_span trap_writer_subject(struct trap_writer *w)
{
	struct trap_truth unused = { .text = sl_buf_make(1024) }, *truth = w->truth;
	w->truth = &unused;
	sl_buf_reset(&w->subject);
	fill(w, w->mail->family.lure->subject, &w->subject);
	w->truth = truth;
	sl_buf_free(&unused.text);
	return sl_buf_span(&w->subject);
}

/* How many sentences a mail has: greeting, the lure with the story in it, contact, closing. */
enum { SENTENCES = 1 + TRAP_LINES + STORY + 2 };

/* Sentence number `at` into w->sentence. */
static void make_sentence(struct trap_writer *w, struct trap_dice *story, size_t at)
{
	const struct trap_tongue *tongue = w->mail->family.tongue;
	const struct trap_lure *lure = w->mail->family.lure;
	sl_buf_reset(&w->sentence);
	if (at == 0)
		fill(w, tongue->greeting, &w->sentence);
	else if (at <= 2)
		fill(w, lure->lines[at - 1], &w->sentence);
	else if (at <= 2 + STORY)
		add_story(tongue, story, &w->sentence);
	else if (at <= TRAP_LINES + STORY)
		fill(w, lure->lines[at - 1 - STORY], &w->sentence);
	else
		fill(w, at == SENTENCES - 2 ? tongue->contact : tongue->closing, &w->sentence);
}

static struct trap_dice story_of(const struct trap_writer *w)
{
	return trap_dice_of(w->options->seed, TRAP_DICE_STORY, w->mail->family_number);
}

/* Text of no meaning, other for each body: to drown the lure. */
static size_t padding_of(struct trap_writer *w, struct trap_dice *dice)
{
	*dice = trap_dice_of(w->options->seed, TRAP_DICE_PADDING, w->mail->original);
	return w->mail->padding ? PADDING_LEAST + trap_below(dice, PADDING_MOST - PADDING_LEAST)
				: 0;
}

void trap_writer_text(struct trap_writer *w, struct sl_buf *to)
{
	struct trap_dice story = story_of(w), dice;
	for (size_t i = 0; i < SENTENCES; i++) {
		make_sentence(w, &story, i);
		sl_buf_add(to, sl_buf_span(&w->sentence));
		sl_buf_str(to, i == 0 || i == 2 + STORY ? "\n\n" : "\n");
		if (i != TRAP_LINES + STORY - 1)
			continue;
		for (uint32_t link = 0; link < w->n_links; link++) {
			sl_buf_char(to, '\n');
			sl_buf_add(to, next_link(w, TRAP_FACT_LINK));
			sl_buf_str(to, "\n\n");
		}
	}
	size_t padding = padding_of(w, &dice);
	if (padding)
		sl_buf_str(to, "\n\n\n\n\n\n");
	for (size_t i = 0; i < padding; i++) {
		add_story(w->mail->family.tongue, &dice, to);
		sl_buf_char(to, '\n');
	}
	if (w->mail->busters) {
		sl_buf_str(to, "\n#");
		trap_letters(&dice, to, 24, TRAP_LOWER);
		sl_buf_char(to, '\n');
	}
}

static void add_padding(struct trap_writer *w, struct sl_buf *to)
{
	struct trap_dice dice;
	size_t padding = padding_of(w, &dice);
	if (padding)
		sl_buf_str(to, "<div style=\"display:none;font-size:0\">");
	for (size_t i = 0; i < padding; i++)
		add_story(w->mail->family.tongue, &dice, to);
	if (padding)
		sl_buf_str(to, "</div>\n");
	if (!w->mail->busters)
		return;
	sl_buf_str(to, "<!-- ");
	trap_letters(&dice, to, 40, TRAP_HEX);
	sl_buf_str(to, " -->\n<span style=\"color:#ffffff;font-size:1px\">");
	trap_letters(&dice, to, 24, TRAP_LOWER);
	sl_buf_str(to, "</span>\n");
}

/* Markup up to the size asked for, with small print in between. */
static void add_filler(struct trap_writer *w, const struct trap_frame *frame, size_t size,
	struct trap_dice *story, struct sl_buf *to)
{
	for (uint32_t row = 1, legal = 0; to->n < size; row++) {
		if (row % LEGAL_EVERY == 0 && legal++ < LEGAL_MOST) {
			sl_buf_reset(&w->sentence);
			add_story(w->mail->family.tongue, story, &w->sentence);
			fill(w, frame->legal, to);
		} else {
			fill(w, frame->filler[trap_below(&w->frame, TRAP_FILLERS)], to);
		}
	}
}

void trap_writer_html(struct trap_writer *w, size_t size, struct sl_buf *to)
{
	const struct trap_frame *frame = &trap_frames[w->mail->family.frame];
	struct trap_dice story = story_of(w);
	fill(w, frame->open, to);
	if (w->n_pictures)
		fill(w, frame->picture, to);
	for (size_t i = 0; i < SENTENCES; i++) {
		make_sentence(w, &story, i);
		fill(w, frame->sentence, to);
		if (i == TRAP_LINES + STORY - 1)
			fill(w, frame->call, to);
	}
	while (w->used_links < w->n_links)
		fill(w, frame->extra, to);
	if (w->n_pictures > 1)
		fill(w, frame->picture, to);
	add_padding(w, to);
	add_filler(w, frame, size, &story, to);
	fill(w, frame->close, to);
}
