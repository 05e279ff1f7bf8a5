/*
 * Reads a 12-bit converter's counts, one a line, and prints thousandths of a degree: integers only, no library behind it.
 *
 *   dyadnet fit ../thermocouple/type_k.tab --swap --domain 0,16 --eps 0.5 -o k.dyad     0..16 mV to degrees
 *   dyadnet convert k.dyad -o k.h --adc 12 --output-scale 1000
 *   cc -std=c99 -O2 main.c -o main
 */
#include <stdio.h>

#include "k.h"

int main(void) {
  long count;
  while (scanf("%ld", &count) == 1) printf("%ld\n", (long)k((int32_t)count));
  return 0;
}
