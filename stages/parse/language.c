/* SPDX-License-Identifier: Apache-2.0 */
#include "language.h"

#include "pipeline/base/lanes.h"
#include "pipeline/base/unicode.h"
#include "pipeline/base/utf8.h"

#include <pthread.h>

enum { SAMPLE = 6144, LETTERS_LEAST = 8, HITS_LEAST = 3, WORD_MAX = 16, SLOTS = 2048 };

struct words {
	const char *language;
	const char *list; /* folded and without marks, as normal.c leaves them */
};

/* The commonest short words; what two languages share helps neither. */
static const struct words languages[] = {
	{ "en", "the and you your is are to of for this have with from that will our we please it "
		"be "
		"has been was on by if or can not" },
	{ "de", "und der die das sie ist nicht mit fur ihr ihre ihren wir auf ein eine haben "
		"werden zu "
		"den dem von im wurde bitte auch bei oder wenn" },
	{ "fr", "le la les et vous votre est pour nous des une un dans avec sur pas que au du de "
		"notre "
		"vos ce cette ou bonjour merci" },
	{ "es", "el la los las y de que su usted para con una un por es en del se sus este esta no "
		"nuestro gracias hola" },
	{ "pt", "o a os as e de que para voce seu sua com uma um nao por em do da dos das no na "
		"foi ola "
		"ou esta" },
	{ "it", "il la di che e per con una un non sono del della suo questo gli in le al nel si "
		"ha "
		"tuo gentile cliente" },
	{ "nl", "de het een en van uw u is voor niet met op dat wij zijn te aan bij ook om worden "
		"naar "
		"onze" },
	{ "pl", "i w na do z nie sie jest za oraz twoje twoj panstwa przez ze dla to o po od "
		"prosimy" },
	{ "sv", "och att det i en du din har for av inte med som ar vi till pa ditt ett kan om "
		"den" },
	{ "da", "og at det i en du din har for af ikke med som er vi til pa dit et kan om den "
		"hej" },
	{ "fi", "ja on ei se etta tai sinun olet ovat kun mutta teidan voit ole sen hyva tilisi" },
	{ "tr", "ve bir bu icin ile size sizin olarak daha da de hesap lutfen sayin var ne gibi" },
	{ "cs", "a je na se v ze pro vas vase jsme nebo byl jako po si do s k prosim" },
	{ "hu", "a az es hogy nem egy is kerjuk van on meg vagy ha el ez" },
	{ "ro", "si de la in cu pentru este nu sau dumneavoastra un o va ca mai din pe contul" },
	{ "id", "dan yang anda untuk di dengan ini dari akan kami tidak atau pada ke telah" },
	{ "vi", "va cua ban khong la cac cho co nguoi duoc den voi trong nay mot" },
};

/* Words by hash; written once, constant from then on. */
static struct {
	pthread_once_t once;
	struct {
		char word[WORD_MAX];
		uint32_t languages, length; /* length 0: free */
		size_t weight;              /* a word of one language alone counts most */
	} slot[SLOTS];
} index_of = { .once = PTHREAD_ONCE_INIT };

/* Of the length and three letters: that tells words as short as these apart. */
static size_t hash_of(struct sl_span word)
{
	size_t first = (unsigned char)word.p[0], last = (unsigned char)word.p[word.n - 1];
	size_t middle = (unsigned char)word.p[word.n / 2];
	return first * 67 + middle * 1031 + last * 389 + word.n * 173;
}

static size_t slot_of(struct sl_span word)
{
	size_t at = hash_of(word) % SLOTS;
	while (index_of.slot[at].length &&
		!sl_span_eq(sl_span_of(index_of.slot[at].word, index_of.slot[at].length), word))
		at = (at + 1) % SLOTS;
	return at;
}

static void make_index(void)
{
	for (unsigned i = 0; i < SL_LEN(languages); i++) {
		struct sl_span list = sl_span_str(languages[i].list), word;
		while (sl_span_split(&list, ' ', &word)) {
			sl_assert(word.n > 0 && word.n < WORD_MAX);
			size_t at = slot_of(word);
			memcpy(index_of.slot[at].word, word.p, word.n);
			index_of.slot[at].length = (uint32_t)word.n;
			index_of.slot[at].languages |= 1u << i;
		}
	}
	for (size_t at = 0; at < SLOTS; at++) {
		int shared = __builtin_popcount(index_of.slot[at].languages);
		index_of.slot[at].weight = shared == 1 ? 12 : shared == 2 ? 6 : 3;
	}
}

static sl_lanes is_letter(sl_lanes v)
{
	return sl_lanes_in(v | sl_lanes_all(0x20), 'a', 'z');
}

static sl_lanes is_no_letter(sl_lanes v)
{
	return ~is_letter(v);
}

/* Common words of each language, weighted. */
static struct sl_span by_words(struct sl_span text)
{
	int failed = pthread_once(&index_of.once, make_index);
	sl_assert(failed == 0);
	size_t hits[SL_LEN(languages)] = { 0 }, weight[SL_LEN(languages)] = { 0 }, words = 0;
	for (size_t at = 0, end; at < text.n; at = end + 1) {
		end = sl_lanes_find(text, at, is_no_letter);
		words += end > at;
		if (end == at || end - at >= WORD_MAX)
			continue;
		size_t slot = slot_of(sl_span_of(text.p + at, end - at));
		for (uint32_t set = index_of.slot[slot].languages; set; set &= set - 1) {
			unsigned k = (unsigned)__builtin_ctz(set);
			hits[k]++;
			weight[k] += index_of.slot[slot].weight;
		}
	}
	size_t best = 0, second = 1;
	for (size_t k = 1; k < SL_LEN(languages); k++) {
		if (weight[k] > weight[best]) {
			second = best;
			best = k;
		} else if (second == best || weight[k] > weight[second]) {
			second = k;
		}
	}
	bool sure = hits[best] >= HITS_LEAST && hits[best] * 12 >= words &&
		    weight[best] * 5 >= weight[second] * 6;
	return sure ? sl_span_str(languages[best].language) : SL_SPAN_NULL;
}

struct counts {
	size_t of[SL_SCRIPT_FOREIGN + 1], letters;
	size_t ukrainian, persian; /* letters that Russian and Arabic do not have */
};

static size_t count_ascii_letters(struct sl_span s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i += SL_LANES)
		n += (size_t)__builtin_popcount(sl_lanes_at(s, i, is_letter));
	return n;
}

static struct counts count_scripts(struct sl_span s)
{
	struct counts counts = { 0 };
	uint32_t c;
	for (size_t len; (len = sl_utf8_decode(s, &c)) > 0; s = sl_span_from(s, len)) {
		if (c < 0x80) {
			len = sl_ascii_end(s, 1);
			size_t latin = count_ascii_letters(sl_span_head(s, len));
			counts.of[SL_SCRIPT_LATIN] += latin;
			counts.letters += latin;
			continue;
		}
		enum sl_script script = sl_unicode_script(c);
		if (script == SL_SCRIPT_OTHER)
			continue;
		counts.of[script]++;
		counts.letters++;
		counts.ukrainian += c == 0x456 || c == 0x457 || c == 0x454 || c == 0x491;
		counts.persian +=
			c == 0x67e || c == 0x686 || c == 0x698 || c == 0x6af || c == 0x6cc;
	}
	return counts;
}

static struct sl_span by_script(const struct counts *n)
{
	size_t kana = n->of[SL_SCRIPT_HIRAGANA] + n->of[SL_SCRIPT_KATAKANA];
	size_t han = n->of[SL_SCRIPT_HAN], east = kana + han;
	/* a letter of these scripts says as much as several Latin ones */
	if (east * 4 > n->letters)
		return kana * 12 > east ? SL_SPAN("ja") : SL_SPAN("zh");
	if (n->of[SL_SCRIPT_HANGUL] * 4 > n->letters)
		return SL_SPAN("ko");
	if (n->of[SL_SCRIPT_CYRILLIC] * 2 > n->letters)
		return n->ukrainian * 25 > n->of[SL_SCRIPT_CYRILLIC] ? SL_SPAN("uk")
								     : SL_SPAN("ru");
	if (n->of[SL_SCRIPT_ARABIC] * 2 > n->letters)
		return n->persian * 25 > n->of[SL_SCRIPT_ARABIC] ? SL_SPAN("fa") : SL_SPAN("ar");
	if (n->of[SL_SCRIPT_HEBREW] * 2 > n->letters)
		return SL_SPAN("he");
	if (n->of[SL_SCRIPT_GREEK] * 2 > n->letters)
		return SL_SPAN("el");
	if (n->of[SL_SCRIPT_THAI] * 2 > n->letters)
		return SL_SPAN("th");
	return SL_SPAN_NULL;
}

struct sl_span sl_language_guess(struct sl_span normal)
{
	struct sl_span sample = sl_span_head(normal, SAMPLE);
	struct counts counts = count_scripts(sample);
	size_t east = counts.of[SL_SCRIPT_HAN] + counts.of[SL_SCRIPT_HIRAGANA] +
		      counts.of[SL_SCRIPT_KATAKANA] + counts.of[SL_SCRIPT_HANGUL];
	if (counts.letters + east < LETTERS_LEAST) /* these say twice as much */
		return SL_SPAN_NULL;
	struct sl_span language = by_script(&counts);
	return language.n || counts.of[SL_SCRIPT_LATIN] * 2 < counts.letters ? language
									     : by_words(sample);
}
