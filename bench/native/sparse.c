/* Deep sparse networks of whole numbers, natively: GMP's mpz, its mpn rows, and limbs structure-of-arrays in 128-bit vectors.
 *
 *   sparse FILE MODE BATCH RUNS   -> one line: nanoseconds of the best of RUNS passes over BATCH inputs
 *   sparse FILE print ROWS        -> the outputs of the first ROWS inputs by mpz, hexadecimal, one a line
 *   sparse FILE check ROWS        -> "equal" where mpn and the vectors give these outputs too, or fails
 *
 * FILE: int32 words: depth, width, terms a row, inputs; then for each layer width rows of `terms` (unit, weight), where
 * unit `width` is the constant 4^l at layer l; then inputs x width whole numbers. Relu follows every layer but the last. */
#include <gmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_WIDTH 64
#define MAX_LIMBS 96

static int depth, width, terms, count;
static const int32_t *net, *inputs;
static uint64_t sink;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

/* ---- mpz */
static mpz_t za[MAX_WIDTH + 1], zb[MAX_WIDTH + 1];

static mpz_t *mpz_one(const int32_t *in) {
  mpz_t *x = za, *y = zb;
  const int32_t *p = net;
  for (int i = 0; i < width; i++) mpz_set_si(x[i], in[i]);
  mpz_set_si(x[width], 1);
  for (int l = 0; l < depth; l++) {
    for (int r = 0; r < width; r++) {
      mpz_mul_si(y[r], x[p[0]], p[1]);
      for (int k = 1; k < terms; k++) {
        int32_t w = p[2 * k + 1];
        if (w > 0) mpz_addmul_ui(y[r], x[p[2 * k]], w);
        else mpz_submul_ui(y[r], x[p[2 * k]], -w);
      }
      if (l < depth - 1 && mpz_sgn(y[r]) < 0) mpz_set_ui(y[r], 0);
      p += 2 * terms;
    }
    mpz_mul_2exp(y[width], x[width], 2);
    mpz_t *t = x;
    x = y;
    y = t;
  }
  return x;
}

static void pass_mpz(int n) {
  for (int b = 0; b < n; b++) sink += mpz_get_ui(mpz_one(inputs + (size_t)b * width)[0]);
}

/* ---- comparing what the others computed with mpz: a signed number, most significant word last */
static int checking;

static void check(int b, int r, const void *words, int count, size_t bytes, size_t step, int nails, int negative) {
  mpz_t got;
  mpz_init(got);
  for (int k = count - 1; k >= 0; k--) {
    const char *p = (const char *)words + k * step;
    if (bytes == 8) {
      mpz_mul_2exp(got, got, 64);
      mpz_add_ui(got, got, *(const uint64_t *)p);
    } else {
      mpz_mul_2exp(got, got, nails);
      if (*(const int32_t *)p < 0) mpz_sub_ui(got, got, -(long)*(const int32_t *)p);
      else mpz_add_ui(got, got, *(const int32_t *)p);
    }
  }
  if (negative) {
    mpz_t top;
    mpz_init(top);
    mpz_setbit(top, 64 * count);
    mpz_sub(got, got, top);
    mpz_clear(top);
  }
  if (mpz_cmp(got, mpz_one(inputs + (size_t)b * width)[r]) != 0) {
    fprintf(stderr, "input %d, output %d differs\n", b, r);
    exit(1);
  }
  mpz_clear(got);
}

/* ---- mpn rows in two's complement, one common length */
static mp_limb_t na[MAX_WIDTH + 1][MAX_LIMBS], nb[MAX_WIDTH + 1][MAX_LIMBS];

static void pass_mpn(int n) {
  for (int b = 0; b < n; b++) {
    mp_limb_t(*x)[MAX_LIMBS] = na, (*y)[MAX_LIMBS] = nb;
    const int32_t *p = net;
    int limbs = 1;
    for (int i = 0; i < width; i++) x[i][0] = inputs[(size_t)b * width + i];
    x[width][0] = 1;
    for (int l = 0; l < depth; l++) {
      mp_limb_t top = 0;
      for (int r = 0; r < width; r++, p += 2 * terms) {
        mp_limb_t *z = y[r];
        int64_t high = 0;
        if (p[1] > 0) high = mpn_mul_1(z, x[p[0]], limbs, p[1]);
        else {
          memset(z, 0, 8 * limbs);
          high = -(int64_t)mpn_submul_1(z, x[p[0]], limbs, -p[1]);
        }
        for (int k = 1; k < terms; k++) {
          int32_t w = p[2 * k + 1];
          if (w > 0) high += mpn_addmul_1(z, x[p[2 * k]], limbs, w);
          else high -= mpn_submul_1(z, x[p[2 * k]], limbs, -w);
        }
        if (high < 0 && l < depth - 1) memset(z, 0, 8 * (limbs + 1));
        else {
          z[limbs] = high;
          top |= high;
        }
        if (checking && l == depth - 1) check(b, r, z, limbs + 1, 8, 8, 0, high < 0);
      }
      int e = 2 * (l + 1);
      memset(y[width], 0, 8 * (limbs + 1));
      y[width][e >> 6] = 1ull << (e & 63);
      top |= y[width][limbs];
      if (top) limbs++;
      mp_limb_t(*t)[MAX_LIMBS] = x;
      x = y;
      y = t;
    }
    sink += x[0][0];
  }
}

/* ---- the engine's plain algorithm: 27-bit limbs, 8 inputs in two 128-bit vectors */
typedef int32_t vec __attribute__((vector_size(16)));
#define V 2
#define LANES 4
#define RADIX 27
static vec *va, *vb;

static void soa_row(const vec *x, size_t stride, vec *q, const int32_t *p, int limbs, int last) {
  const vec *a = x + stride * p[0], *b = x + stride * p[2], *c = x + stride * p[4], *d = x + stride * p[6];
  int32_t wa = p[1], wb = p[3], wc = p[5], wd = p[7];
  vec carry[V];
  vec *q0 = q;
  for (int j = 0; j < V; j++) carry[j] = (vec){0};
  for (int i = 0; i < limbs; i++) {
    for (int j = 0; j < V; j++) {
      vec s = a[j] * wa + b[j] * wb + c[j] * wc + d[j] * wd + carry[j];
      q[j] = s & ((1 << RADIX) - 1);
      carry[j] = s >> RADIX;
    }
    a += V; b += V; c += V; d += V; q += V;
  }
  for (int j = 0; j < V; j++) q[j] = last ? carry[j] : carry[j] & ((1 << RADIX) - 1);
  if (last) return;
  for (int j = 0; j < V; j++) {
    vec keep = ~(carry[j] >> 31);
    for (vec *t = q0; t <= q; t += V) t[j] &= keep;
  }
}

static void pass_soa(int n) {
  for (int b = 0; b < n; b += LANES * V) {
    vec *x = va, *y = vb;
    int limbs = 1;
    size_t stride = limbs * V + 1;
    const int32_t *p = net;
    for (int i = 0; i <= width; i++)
      for (int j = 0; j < V; j++)
        for (int k = 0; k < LANES; k++) {
          int r = b + j * LANES + k;
          ((int32_t *)&x[i * stride + j])[k] = i < width ? inputs[(size_t)(r < n ? r : n - 1) * width + i] : 1;
        }
    for (int l = 0; l < depth; l++) {
      size_t out = (limbs + 1) * V + 1;
      for (int r = 0; r < width; r++, p += 2 * terms) soa_row(x, stride, y + out * r, p, limbs, l == depth - 1);
      if (checking && l == depth - 1)
        for (int r = 0; r < width; r++)
          for (int k = 0; k < LANES * V && b + k < n; k++)
            check(b + k, r, (int32_t *)(y + out * r) + k, limbs + 1, 4, V * sizeof(vec), RADIX, 0);
      int e = 2 * (l + 1);
      for (int i = 0; i <= limbs; i++)
        for (int j = 0; j < V; j++) y[width * out + i * V + j] = (vec){0} + (i == e / RADIX ? 1 << (e % RADIX) : 0);
      vec any = (vec){0};
      for (int r = 0; r <= width; r++)
        for (int j = 0; j < V; j++) any |= y[r * out + limbs * V + j];
      if (any[0] | any[1] | any[2] | any[3]) limbs++;
      stride = out;
      vec *t = x;
      x = y;
      y = t;
    }
    sink += ((int32_t *)x)[0];
  }
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  FILE *f = fopen(argv[1], "rb");
  if (!f) return 2;
  fseek(f, 0, SEEK_END);
  long size = ftell(f);
  rewind(f);
  int32_t *words = malloc(size);
  if (fread(words, 1, size, f) != (size_t)size) return 2;
  fclose(f);
  depth = words[0]; width = words[1]; terms = words[2]; count = words[3];
  net = words + 4;
  inputs = net + (size_t)depth * width * terms * 2;
  if (width > MAX_WIDTH || terms != 4) return 2;
  for (int i = 0; i <= width; i++) {
    mpz_init2(za[i], 8192);
    mpz_init2(zb[i], 8192);
  }
  va = aligned_alloc(64, 64 << 20);
  vb = aligned_alloc(64, 64 << 20);
  if (strcmp(argv[2], "print") == 0) {
    for (int b = 0; b < atoi(argv[3]); b++) {
      mpz_t *x = mpz_one(inputs + (size_t)b * width);
      for (int r = 0; r < width; r++) gmp_printf("%Zx\n", x[r]);
    }
    return 0;
  }
  if (strcmp(argv[2], "check") == 0) {
    checking = 1;
    pass_mpn(atoi(argv[3]));
    pass_soa(atoi(argv[3]));
    puts("equal");
    return 0;
  }
  void (*pass)(int) = strcmp(argv[2], "mpz") == 0 ? pass_mpz : strcmp(argv[2], "mpn") == 0 ? pass_mpn : pass_soa;
  int n = atoi(argv[3]), runs = atoi(argv[4]);
  double best = 1e30;
  pass(n < 64 ? n : 64);
  for (int k = 0; k < runs; k++) {
    double t = now();
    pass(n);
    t = now() - t;
    if (t < best) best = t;
  }
  printf("%.0f %lu\n", best, (unsigned long)(sink & 1));
  return 0;
}
