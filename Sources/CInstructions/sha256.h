// The processor's instructions for SHA-256, for which Swift has no word. Header only, and
// nothing in it touches the kernel, a file or memory that it wasn't given.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

// Whether this processor has the instructions: SHA, and SSE4.1 and SSSE3 for what is around them.
static inline bool sha256_is_instruction(void) {
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1) || !(c & bit_SSSE3)) return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

// Four rounds on the two halves of the state, two at a time.
#define SHA256_ROUNDS(input)                                                \
    do {                                                                    \
        __m128i sum = (input);                                              \
        cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);                      \
        abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 14)); \
    } while (0)

// The next four words of the schedule, from the sixteen before them, into the oldest four.
#define SHA256_EXTEND(w0, w1, w2, w3)                                       \
    w0 = _mm_sha256msg2_epu32(                                              \
        _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4)), w3)

#define SHA256_FOUR(place, word)                                            \
    SHA256_ROUNDS(_mm_add_epi32(word, _mm_loadu_si128((const __m128i *)(constants + (place)))))

#define SHA256_TARGET __attribute__((target("sha,sse4.1,ssse3")))

// The state as the instructions want it: (a, b, e, f) and (c, d, g, h), the first word highest.
typedef struct {
    __m128i abef, cdgh;
} sha256_halves;

SHA256_TARGET
static inline sha256_halves sha256_halves_of(const uint32_t *state) {
    __m128i dcba = _mm_loadu_si128((const __m128i *)state);
    __m128i hgfe = _mm_loadu_si128((const __m128i *)(state + 4));
    __m128i cdab = _mm_shuffle_epi32(dcba, 0xB1);
    __m128i efgh = _mm_shuffle_epi32(hgfe, 0x1B);
    sha256_halves halves = {_mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xF0)};
    return halves;
}

SHA256_TARGET
static inline void sha256_store(sha256_halves halves, uint32_t *state) {
    __m128i feba = _mm_shuffle_epi32(halves.abef, 0x1B);
    __m128i dchg = _mm_shuffle_epi32(halves.cdgh, 0xB1);
    _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xF0));
    _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

// One block, of sixteen words that are numbers (FIPS 180-4, 6.2.2).
SHA256_TARGET
static inline sha256_halves sha256_block(
    sha256_halves before, __m128i w0, __m128i w1, __m128i w2, __m128i w3) {
    static const uint32_t constants[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
        0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
        0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
        0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
        0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
        0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
        0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
        0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
        0xc67178f2,
    };
    __m128i abef = before.abef, cdgh = before.cdgh;
    SHA256_FOUR(0, w0);
    SHA256_FOUR(4, w1);
    SHA256_FOUR(8, w2);
    SHA256_FOUR(12, w3);
    for (int round = 16; round < 64; round += 16) {
        SHA256_EXTEND(w0, w1, w2, w3);
        SHA256_FOUR(round, w0);
        SHA256_EXTEND(w1, w2, w3, w0);
        SHA256_FOUR(round + 4, w1);
        SHA256_EXTEND(w2, w3, w0, w1);
        SHA256_FOUR(round + 8, w2);
        SHA256_EXTEND(w3, w0, w1, w2);
        SHA256_FOUR(round + 12, w3);
    }
    sha256_halves after = {
        _mm_add_epi32(abef, before.abef), _mm_add_epi32(cdgh, before.cdgh)};
    return after;
}

// Changes the eight words of the state by the block's sixteen, both as numbers. Only where
// `sha256_is_instruction` says so.
SHA256_TARGET
static inline void sha256_compress(uint32_t *state, const uint32_t *block) {
    const __m128i *words = (const __m128i *)block;
    sha256_store(
        sha256_block(
            sha256_halves_of(state), _mm_loadu_si128(words), _mm_loadu_si128(words + 1),
            _mm_loadu_si128(words + 2), _mm_loadu_si128(words + 3)),
        state);
}

// The same by blocks of 64 bytes of a message, one after the other, the highest byte of a word
// first. In between, the state stays in registers.
SHA256_TARGET
static inline void sha256_compress_message(uint32_t *state, const uint8_t *message, size_t blocks) {
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    sha256_halves halves = sha256_halves_of(state);
    for (; blocks > 0; blocks--, message += 64) {
        const __m128i *words = (const __m128i *)message;
        halves = sha256_block(
            halves, _mm_shuffle_epi8(_mm_loadu_si128(words), swap),
            _mm_shuffle_epi8(_mm_loadu_si128(words + 1), swap),
            _mm_shuffle_epi8(_mm_loadu_si128(words + 2), swap),
            _mm_shuffle_epi8(_mm_loadu_si128(words + 3), swap));
    }
    sha256_store(halves, state);
}

#undef SHA256_ROUNDS
#undef SHA256_EXTEND
#undef SHA256_FOUR
#undef SHA256_TARGET

#else

// Elsewhere Swift does it.
static inline bool sha256_is_instruction(void) { return false; }
static inline void sha256_compress(uint32_t *state, const uint32_t *block) {
    (void)state;
    (void)block;
    __builtin_trap();
}
static inline void sha256_compress_message(uint32_t *state, const uint8_t *message, size_t blocks) {
    (void)state;
    (void)message;
    (void)blocks;
    __builtin_trap();
}

#endif
