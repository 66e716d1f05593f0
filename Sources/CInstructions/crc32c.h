// The processor's instruction for CRC-32C, for which Swift has no word. Header only, and nothing
// in it touches the kernel, a file or memory that it wasn't given.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

// Whether this processor has the instruction (SSE4.2).
static inline bool crc32c_is_instruction(void) {
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_2);
}

// The remainder after `count` bytes, not inverted before or after. Only where
// `crc32c_is_instruction` says so.
__attribute__((target("sse4.2")))
static inline uint32_t crc32c_remainder(uint32_t remainder, const uint8_t *bytes, size_t count) {
    uint64_t wide = remainder;
    for (; count >= 8; count -= 8, bytes += 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        wide = _mm_crc32_u64(wide, word);
    }
    uint32_t narrow = (uint32_t)wide;
    for (; count > 0; count--, bytes++) narrow = _mm_crc32_u8(narrow, *bytes);
    return narrow;
}

#else

// Elsewhere Swift does it.
static inline bool crc32c_is_instruction(void) { return false; }
static inline uint32_t crc32c_remainder(uint32_t remainder, const uint8_t *bytes, size_t count) {
    (void)remainder;
    (void)bytes;
    (void)count;
    __builtin_trap();
}

#endif
