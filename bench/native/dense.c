/* Dense layers of whole numbers of any length, natively by GMP: mpz, and mpn rows.
 *
 *   dense FILE MODE BATCH RUNS   -> one line: nanoseconds of the best of RUNS passes over BATCH inputs
 *   dense FILE print ROWS        -> the outputs of the first ROWS inputs by mpz, hexadecimal, one a line
 *   dense FILE check ROWS        -> "equal" where mpn gives these outputs too, or fails
 *
 * FILE, text: layers width rows; then layers x width x width weights; then rows x width numbers in hexadecimal.
 * Relu follows every layer but the last. */
#include <gmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_WIDTH 128
#define MAX_LIMBS 96

static int layers, width, rows;
static int *w;
static mpz_t *inputs;
static mpz_t za[MAX_WIDTH], zb[MAX_WIDTH];
static mp_limb_t na[MAX_WIDTH][MAX_LIMBS], nb[MAX_WIDTH][MAX_LIMBS];
static unsigned long sink;
static int checking;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static mpz_t *mpz_one(const mpz_t *in) {
  mpz_t *x = za, *y = zb;
  for (int i = 0; i < width; i++) mpz_set(x[i], in[i]);
  const int *p = w;
  for (int l = 0; l < layers; l++) {
    for (int o = 0; o < width; o++) {
      mpz_set_ui(y[o], 0);
      for (int k = 0; k < width; k++, p++) {
        if (*p > 0) mpz_addmul_ui(y[o], x[k], *p);
        else if (*p < 0) mpz_submul_ui(y[o], x[k], -*p);
      }
      if (l < layers - 1 && mpz_sgn(y[o]) < 0) mpz_set_ui(y[o], 0);
    }
    mpz_t *t = x;
    x = y;
    y = t;
  }
  return x;
}

static void pass_mpz(int n) {
  for (int b = 0; b < n; b++) sink += mpz_get_ui(mpz_one(inputs + (size_t)(b % rows) * width)[0]);
}

/* A number in two's complement, as mpn leaves it, against mpz. */
static void check(int b, int r, const mp_limb_t *z, int limbs, int negative) {
  mpz_t got;
  mpz_init(got);
  mpz_import(got, limbs, -1, 8, 0, 0, z);
  if (negative) {
    mpz_t top;
    mpz_init(top);
    mpz_setbit(top, 64 * limbs);
    mpz_sub(got, got, top);
  }
  if (mpz_cmp(got, mpz_one(inputs + (size_t)b * width)[r]) != 0) {
    fprintf(stderr, "input %d, output %d differs\n", b, r);
    exit(1);
  }
}

static void pass_mpn(int n) {
  for (int b = 0; b < n; b++) {
    const mpz_t *in = inputs + (size_t)(b % rows) * width;
    mp_limb_t(*x)[MAX_LIMBS] = na, (*y)[MAX_LIMBS] = nb;
    int limbs = 1;
    for (int i = 0; i < width; i++) {
      memset(x[i], 0, sizeof x[i]);
      size_t size = mpz_size(in[i]);
      memcpy(x[i], mpz_limbs_read(in[i]), 8 * size);
      if ((int)size > limbs) limbs = size;
    }
    const int *p = w;
    for (int l = 0; l < layers; l++) {
      mp_limb_t top = 0;
      for (int o = 0; o < width; o++) {
        mp_limb_t *z = y[o];
        long high = 0;
        memset(z, 0, 8 * (limbs + 1));
        for (int k = 0; k < width; k++, p++) {
          if (*p > 0) high += mpn_addmul_1(z, x[k], limbs, *p);
          else if (*p < 0) high -= mpn_submul_1(z, x[k], limbs, -*p);
        }
        if (high < 0 && l < layers - 1) memset(z, 0, 8 * (limbs + 1));
        else {
          z[limbs] = high;
          top |= high;
        }
        if (checking && l == layers - 1) check(b, o, z, limbs + 1, high < 0);
      }
      if (top) limbs++;
      mp_limb_t(*t)[MAX_LIMBS] = x;
      x = y;
      y = t;
    }
    sink += x[0][0];
  }
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  FILE *f = fopen(argv[1], "r");
  if (!f || fscanf(f, "%d %d %d", &layers, &width, &rows) != 3 || width > MAX_WIDTH) return 2;
  w = malloc(sizeof(int) * layers * width * width);
  for (int i = 0; i < layers * width * width; i++)
    if (fscanf(f, "%d", w + i) != 1) return 2;
  inputs = malloc(sizeof(mpz_t) * rows * width);
  for (int i = 0; i < rows * width; i++) {
    mpz_init(inputs[i]);
    if (!mpz_inp_str(inputs[i], f, 16)) return 2;
  }
  for (int i = 0; i < width; i++) {
    mpz_init2(za[i], 8192);
    mpz_init2(zb[i], 8192);
  }
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
    puts("equal");
    return 0;
  }
  void (*pass)(int) = strcmp(argv[2], "mpz") == 0 ? pass_mpz : pass_mpn;
  int n = atoi(argv[3]), runs = atoi(argv[4]);
  double best = 1e30;
  pass(n < 16 ? n : 16);
  for (int k = 0; k < runs; k++) {
    double t = now();
    pass(n);
    t = now() - t;
    if (t < best) best = t;
  }
  printf("%.0f %lu\n", best, sink & 1);
  return 0;
}
