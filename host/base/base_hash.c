/* base_hash.c: a stable 64-bit hash, a byte-string map, SHA-256. */
#include "base.h"

#include <stdlib.h>

static uint64_t load64(const uint8_t *p)
{
    uint64_t x = 0;
    for (int i = 7; i >= 0; i--) x = x << 8 | p[i]; /* little-endian on every machine */
    return x;
}

/* The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection of 64 bits. */
static uint64_t finalise(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
    return x ^ (x >> 31);
}

uint64_t pe_hash_mix(uint64_t a, uint64_t b)
{
    return finalise((a << 7 | a >> 57) * 0x9E3779B97F4A7C15ull +
                    finalise(b + 0x9E3779B97F4A7C15ull));
}

uint64_t pe_hash_bytes(const void *bytes, size_t length, uint64_t seed)
{
    const uint8_t *p = bytes;
    uint64_t h = finalise(seed + 0x9E3779B97F4A7C15ull * (length + 1));
    for (; length >= 8; p += 8, length -= 8)
        h = ((h ^ load64(p)) * 0xFF51AFD7ED558CCDull) ^ (h >> 29);
    uint64_t tail = 0;
    for (size_t i = 0; i < length; i++) tail |= (uint64_t)p[i] << (8 * i);
    return finalise((h ^ tail) * 0xC4CEB9FE1A85EC53ull + (h >> 32));
}

typedef struct entry {
    uint64_t hash;
    size_t offset; /* of the key in keys */
    size_t length;
    uint32_t value;
    bool used;
} entry;

struct pe_map {
    entry *entries;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
    char *keys;
    size_t keys_capacity, keys_used;
};

pe_map *pe_map_new(void)
{
    return calloc(1, sizeof(pe_map));
}

void pe_map_free(pe_map *map)
{
    if (map == NULL) return;
    free(map->entries);
    free(map->keys);
    free(map);
}

size_t pe_map_count(const pe_map *map)
{
    return map->count;
}

static entry *probe(const pe_map *map, uint64_t hash, const void *key, size_t length)
{
    for (size_t i = hash & (map->capacity - 1);; i = (i + 1) & (map->capacity - 1)) {
        entry *e = &map->entries[i];
        if (!e->used) return e;
        if (e->hash == hash && e->length == length &&
            (length == 0 || memcmp(map->keys + e->offset, key, length) == 0))
            return e;
    }
}

static pe_status enlarge(pe_map *map)
{
    if (map->capacity > 0 && map->count * 10 < map->capacity * 7) return PE_OK;
    pe_map wider = *map;
    wider.capacity = map->capacity == 0 ? 64 : map->capacity * 2;
    wider.entries = calloc(wider.capacity, sizeof *wider.entries);
    if (wider.entries == NULL) return PE_E_MEMORY;
    for (size_t i = 0; i < map->capacity; i++) {
        const entry *e = &map->entries[i];
        if (e->used) *probe(&wider, e->hash, map->keys + e->offset, e->length) = *e;
    }
    free(map->entries);
    *map = wider;
    return PE_OK;
}

pe_status pe_map_put(pe_map *map, const void *key, size_t length, uint32_t fresh, uint32_t **slot,
                     bool *added)
{
    pe_status status = enlarge(map);
    if (status != PE_OK) return status;
    uint64_t hash = pe_hash_bytes(key, length, 0);
    entry *e = probe(map, hash, key, length);
    *added = !e->used;
    if (!e->used) {
        status = PE_GROW(&map->keys, &map->keys_capacity, map->keys_used + length);
        if (status != PE_OK) return status;
        if (length > 0) memcpy(map->keys + map->keys_used, key, length);
        *e = (entry){hash, map->keys_used, length, fresh, true};
        map->keys_used += length;
        map->count++;
    }
    *slot = &e->value;
    return PE_OK;
}

bool pe_map_get(const pe_map *map, const void *key, size_t length, uint32_t *value)
{
    if (map->capacity == 0) return false;
    const entry *e = probe(map, pe_hash_bytes(key, length, 0), key, length);
    if (!e->used) return false;
    *value = e->value;
    return true;
}

/* ---- SHA-256
 * ------------------------------------------------------------------------------------------ */

static const uint32_t sha_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

static void sha_block(pe_sha256 *sha, const uint8_t *p)
{
    uint32_t w[64];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 |
               (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t a = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ (w[i - 15] >> 3);
        uint32_t b = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ (w[i - 2] >> 10);
        w[i] = w[i - 16] + a + w[i - 7] + b;
    }
    uint32_t s[8];
    memcpy(s, sha->state, sizeof s);
    for (int i = 0; i < 64; i++) {
        uint32_t t1 = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) +
                      ((s[4] & s[5]) ^ (~s[4] & s[6])) + sha_k[i] + w[i];
        uint32_t t2 = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) +
                      ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++) sha->state[i] += s[i];
}

void pe_sha256_init(pe_sha256 *sha)
{
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(sha->state, start, sizeof start);
    sha->length = 0;
}

void pe_sha256_update(pe_sha256 *sha, const void *bytes, size_t length)
{
    const uint8_t *p = bytes;
    size_t fill = (size_t)(sha->length & 63);
    sha->length += length;
    if (fill > 0) {
        size_t take = length < 64 - fill ? length : 64 - fill;
        memcpy(sha->block + fill, p, take);
        p += take;
        length -= take;
        if (fill + take < 64) return;
        sha_block(sha, sha->block);
    }
    for (; length >= 64; p += 64, length -= 64) sha_block(sha, p);
    if (length > 0) memcpy(sha->block, p, length);
}

void pe_sha256_final(pe_sha256 *sha, uint8_t digest[32])
{
    uint64_t bits = sha->length * 8;
    uint8_t pad[72] = {0x80};
    size_t fill = (size_t)(sha->length & 63);
    size_t n = (fill < 56 ? 56 : 120) - fill;
    for (int i = 0; i < 8; i++) pad[n + (size_t)i] = (uint8_t)(bits >> (56 - 8 * i));
    pe_sha256_update(sha, pad, n + 8);
    for (int i = 0; i < 32; i++) digest[i] = (uint8_t)(sha->state[i / 4] >> (24 - 8 * (i % 4)));
}
