/* SPDX-License-Identifier: Apache-2.0 */
/* The three digests of a file in one pass.
 *
 * Each of the 64 steps of MD5 waits for the one before it, so that most of a core stands idle. The
 * SHA extensions of x86-64 compute SHA-1 and SHA-256 in these gaps: between every four steps of MD5
 * stands a piece of each. That takes about as long as MD5 alone. RFC 1321; FIPS 180-4; without the
 * extensions, libcrypto.
 */
#include "digest.h"

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>
#include <pthread.h>

#define SHA_CODE __attribute__((target("sha,sse4.1")))
#define SHA_PIECE static inline __attribute__((always_inline, target("sha,sse4.1")))

enum { BLOCK = 64, QUARTERS = 4, LENGTH_BYTES = 8 };

/* One block as four vectors of four words; used up and made anew as the rounds go on. */
struct schedule {
	__m128i w[QUARTERS];
};

struct sha256 {
	__m128i abef, cdgh;
};

struct sha1 {
	__m128i abcd, e; /* e is in the highest word */
};

/* Four rounds; `i` is a constant at each call. */
SHA_PIECE void sha256_rounds(struct sha256 *s, struct schedule *m, int i, __m128i constants)
{
	__m128i *now = &m->w[i & 3], *next = &m->w[(i + 1) & 3], *last = &m->w[(i + 3) & 3];
	__m128i sum = _mm_add_epi32(*now, constants);
	s->cdgh = _mm_sha256rnds2_epu32(s->cdgh, s->abef, sum);
	if (i >= 3 && i < 15)
		*next = _mm_sha256msg2_epu32(
			_mm_add_epi32(*next, _mm_alignr_epi8(*now, *last, 4)), *now);
	s->abef = _mm_sha256rnds2_epu32(s->abef, s->cdgh, _mm_shuffle_epi32(sum, 0x0e));
	if (i >= 1 && i < 13)
		*last = _mm_sha256msg1_epu32(*last, *now);
}

/* Four rounds of the group `i` / 5, which the instruction wants as a number. */
#define SHA1_ROUNDS(s, m, i)                                                                       \
	do {                                                                                       \
		__m128i e = sha1_next(&(s), &(m), (i));                                            \
		(s).abcd = _mm_sha1rnds4_epu32((s).abcd, e, (i) / 5);                              \
		sha1_schedule(&(m), (i));                                                          \
	} while (0)

/* The e of these rounds; that of the next ones is today's a. */
SHA_PIECE __m128i sha1_next(struct sha1 *s, const struct schedule *m, int i)
{
	__m128i word = m->w[i & 3];
	__m128i e = i == 0 ? _mm_add_epi32(s->e, word) : _mm_sha1nexte_epu32(s->e, word);
	s->e = s->abcd;
	return e;
}

SHA_PIECE void sha1_schedule(struct schedule *m, int i)
{
	__m128i now = m->w[i & 3], *next = &m->w[(i + 1) & 3];
	__m128i *third = &m->w[(i + 2) & 3], *last = &m->w[(i + 3) & 3];
	if (i >= 3 && i < 19)
		*next = _mm_sha1msg2_epu32(*next, now);
	if (i >= 1 && i < 17)
		*last = _mm_sha1msg1_epu32(*last, now);
	if (i >= 2 && i < 18)
		*third = _mm_xor_si128(*third, now);
}

static inline uint32_t turned(uint32_t x, int bits)
{
	return x << bits | x >> (32 - bits);
}

/* The four functions of MD5. A sum in G, since its halves have no bit in common: the half that does
 * not wait for the step before is added early. */
#define F(b, c, d) ((d) ^ ((b) & ((c) ^ (d))))
#define G(b, c, d) (((c) & ~(d)) + ((b) & (d)))
#define H(b, c, d) ((b) ^ (c) ^ (d))
#define I(b, c, d) ((c) ^ ((b) | ~(d)))
#define STEP(mix, a, b, c, d, word, bits, constant)                                                \
	a = (b) + turned((a) + w[word] + UINT32_C(constant) + mix((b), (c), (d)), (bits))
#define STEPS(mix, i, j, k, l, p, q, r, s, ci, cj, ck, cl)                                         \
	STEP(mix, a, b, c, d, i, p, ci);                                                           \
	STEP(mix, d, a, b, c, j, q, cj);                                                           \
	STEP(mix, c, d, a, b, k, r, ck);                                                           \
	STEP(mix, b, c, d, a, l, s, cl)
#define SHA256_ROUNDS(i, c0, c1, c2, c3)                                                           \
	sha256_rounds(&sha256, &m256, i,                                                           \
		_mm_setr_epi32((int)UINT32_C(c0), (int)UINT32_C(c1), (int)UINT32_C(c2),            \
			(int)UINT32_C(c3)))

struct state {
	uint32_t md5[4];
	struct sha1 sha1;
	struct sha256 sha256;
};

SHA_PIECE struct schedule loaded(const char *block, __m128i order)
{
	struct schedule m;
	for (int i = 0; i < QUARTERS; i++)
		m.w[i] = _mm_shuffle_epi8(
			_mm_loadu_si128((const __m128i *)(const void *)(block + 16 * i)), order);
	return m;
}

/* `md5` and `sha` are the same bytes but for the length at the end of the last block. */
SHA_CODE static void add_block(struct state *state, const char *md5, const char *sha)
{
	const __m128i words = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	const __m128i backwards = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
	struct schedule m256 = loaded(sha, words), m1 = loaded(sha, backwards);
	struct sha256 sha256 = state->sha256;
	struct sha1 sha1 = state->sha1;
	uint32_t w[BLOCK / 4];
	uint32_t a = state->md5[0], b = state->md5[1], c = state->md5[2], d = state->md5[3];
	memcpy(w, md5, sizeof(w));
	STEPS(F, 0, 1, 2, 3, 7, 12, 17, 22, 0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee);
	SHA256_ROUNDS(0, 0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5);
	SHA1_ROUNDS(sha1, m1, 0);
	STEPS(F, 4, 5, 6, 7, 7, 12, 17, 22, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501);
	SHA256_ROUNDS(1, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5);
	SHA1_ROUNDS(sha1, m1, 1);
	STEPS(F, 8, 9, 10, 11, 7, 12, 17, 22, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be);
	SHA256_ROUNDS(2, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3);
	SHA1_ROUNDS(sha1, m1, 2);
	STEPS(F, 12, 13, 14, 15, 7, 12, 17, 22, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821);
	SHA256_ROUNDS(3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174);
	SHA1_ROUNDS(sha1, m1, 3);
	SHA1_ROUNDS(sha1, m1, 4);
	STEPS(G, 1, 6, 11, 0, 5, 9, 14, 20, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa);
	SHA256_ROUNDS(4, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc);
	SHA1_ROUNDS(sha1, m1, 5);
	STEPS(G, 5, 10, 15, 4, 5, 9, 14, 20, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8);
	SHA256_ROUNDS(5, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da);
	SHA1_ROUNDS(sha1, m1, 6);
	STEPS(G, 9, 14, 3, 8, 5, 9, 14, 20, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed);
	SHA256_ROUNDS(6, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7);
	SHA1_ROUNDS(sha1, m1, 7);
	STEPS(G, 13, 2, 7, 12, 5, 9, 14, 20, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a);
	SHA256_ROUNDS(7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967);
	SHA1_ROUNDS(sha1, m1, 8);
	SHA1_ROUNDS(sha1, m1, 9);
	STEPS(H, 5, 8, 11, 14, 4, 11, 16, 23, 0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c);
	SHA256_ROUNDS(8, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13);
	SHA1_ROUNDS(sha1, m1, 10);
	STEPS(H, 1, 4, 7, 10, 4, 11, 16, 23, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70);
	SHA256_ROUNDS(9, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85);
	SHA1_ROUNDS(sha1, m1, 11);
	STEPS(H, 13, 0, 3, 6, 4, 11, 16, 23, 0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05);
	SHA256_ROUNDS(10, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3);
	SHA1_ROUNDS(sha1, m1, 12);
	STEPS(H, 9, 12, 15, 2, 4, 11, 16, 23, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665);
	SHA256_ROUNDS(11, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070);
	SHA1_ROUNDS(sha1, m1, 13);
	SHA1_ROUNDS(sha1, m1, 14);
	STEPS(I, 0, 7, 14, 5, 6, 10, 15, 21, 0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039);
	SHA256_ROUNDS(12, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5);
	SHA1_ROUNDS(sha1, m1, 15);
	STEPS(I, 12, 3, 10, 1, 6, 10, 15, 21, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1);
	SHA256_ROUNDS(13, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3);
	SHA1_ROUNDS(sha1, m1, 16);
	STEPS(I, 8, 15, 6, 13, 6, 10, 15, 21, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1);
	SHA256_ROUNDS(14, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208);
	SHA1_ROUNDS(sha1, m1, 17);
	STEPS(I, 4, 11, 2, 9, 6, 10, 15, 21, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391);
	SHA256_ROUNDS(15, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2);
	SHA1_ROUNDS(sha1, m1, 18);
	SHA1_ROUNDS(sha1, m1, 19);
	state->md5[0] += a;
	state->md5[1] += b;
	state->md5[2] += c;
	state->md5[3] += d;
	state->sha256.abef = _mm_add_epi32(state->sha256.abef, sha256.abef);
	state->sha256.cdgh = _mm_add_epi32(state->sha256.cdgh, sha256.cdgh);
	state->sha1.e = _mm_sha1nexte_epu32(sha1.e, state->sha1.e);
	state->sha1.abcd = _mm_add_epi32(state->sha1.abcd, sha1.abcd);
}

static void put_big(uint8_t *to, uint64_t value, int bytes)
{
	for (int i = bytes; i-- > 0; value >>= 8)
		to[i] = (uint8_t)value;
}

static void put_little(uint8_t *to, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++, value >>= 8)
		to[i] = (uint8_t)value;
}

/* What is left of `s`, the mark, zeros, and the length in bits. */
SHA_CODE static void add_end(struct state *state, struct sl_span rest, uint64_t length)
{
	uint8_t sha[2 * BLOCK] = { 0 }, md5[2 * BLOCK];
	size_t n = rest.n + 1 + LENGTH_BYTES > BLOCK ? 2 * BLOCK : BLOCK;
	sl_assert(rest.n < BLOCK);
	if (rest.n)
		memcpy(sha, rest.p, rest.n);
	sha[rest.n] = 0x80;
	memcpy(md5, sha, sizeof(md5));
	put_big(sha + n - LENGTH_BYTES, length * 8, LENGTH_BYTES);
	put_little(md5 + n - LENGTH_BYTES, length * 8, LENGTH_BYTES);
	for (size_t at = 0; at < n; at += BLOCK)
		add_block(state, (const char *)md5 + at, (const char *)sha + at);
}

SHA_CODE static void put_digests(const struct state *state, struct sl_file_digests *digests_r)
{
	uint32_t abef[4], cdgh[4], abcd[4];
	_mm_storeu_si128((__m128i *)(void *)abef, state->sha256.abef);
	_mm_storeu_si128((__m128i *)(void *)cdgh, state->sha256.cdgh);
	_mm_storeu_si128((__m128i *)(void *)abcd, state->sha1.abcd);
	for (int i = 0; i < 2; i++) {
		put_big(digests_r->sha256.b + 4 * i, abef[3 - i], 4);
		put_big(digests_r->sha256.b + 8 + 4 * i, cdgh[3 - i], 4);
		put_big(digests_r->sha256.b + 16 + 4 * i, abef[1 - i], 4);
		put_big(digests_r->sha256.b + 24 + 4 * i, cdgh[1 - i], 4);
	}
	for (int i = 0; i < 4; i++) {
		put_big(digests_r->sha1.b + 4 * i, abcd[3 - i], 4);
		put_little(digests_r->md5.b + 4 * i, state->md5[i], 4);
	}
	put_big(digests_r->sha1.b + 16, (uint32_t)_mm_extract_epi32(state->sha1.e, 3), 4);
}

#define WORDS(a, b, c, d)                                                                          \
	_mm_setr_epi32((int)UINT32_C(a), (int)UINT32_C(b), (int)UINT32_C(c), (int)UINT32_C(d))

SHA_CODE static void in_one_pass(struct sl_span s, struct sl_file_digests *digests_r)
{
	struct state state = { .md5 = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 },
		.sha1 = { WORDS(0x10325476, 0x98badcfe, 0xefcdab89, 0x67452301),
			WORDS(0, 0, 0, 0xc3d2e1f0) },
		.sha256 = { WORDS(0x9b05688c, 0x510e527f, 0xbb67ae85, 0x6a09e667),
			WORDS(0x5be0cd19, 0x1f83d9ab, 0xa54ff53a, 0x3c6ef372) } };
	size_t at = 0;
	for (; s.n - at >= BLOCK; at += BLOCK)
		add_block(&state, s.p + at, s.p + at);
	add_end(&state, sl_span_from(s, at), s.n);
	put_digests(&state, digests_r);
}

/* Asked once: the instruction is slow on virtual machines. */
static struct {
	pthread_once_t once;
	bool sha;
} cpu = { .once = PTHREAD_ONCE_INIT };

static void ask_cpu(void)
{
	enum { FEATURES = 7, SSSE3 = 1 << 9, SSE41 = 1 << 19, SHA = 1 << 29 };
	unsigned a, b, c, d;
	bool sse = __get_cpuid(1, &a, &b, &c, &d) && (c & SSSE3) && (c & SSE41);
	cpu.sha = sse && __get_cpuid_count(FEATURES, 0, &a, &b, &c, &d) && (b & SHA);
}

static bool has_sha(void)
{
	int failed = pthread_once(&cpu.once, ask_cpu);
	sl_assert(failed == 0);
	return cpu.sha;
}
#endif

void sl_file_digests_plain(struct sl_span s, struct sl_file_digests *digests_r)
{
	digests_r->sha256 = sl_sha256_of(s);
	digests_r->sha1 = sl_sha1_of(s);
	digests_r->md5 = sl_md5_of(s);
}

void sl_file_digests(struct sl_span s, struct sl_file_digests *digests_r)
{
#ifdef __x86_64__
	if (has_sha()) {
		in_one_pass(s, digests_r);
		return;
	}
#endif
	sl_file_digests_plain(s, digests_r);
}
