/** GMP compiled to WebAssembly (gmp-wasm): rows of whole numbers by mpz_addmul_ui and mpz_submul_ui. */
import { init } from 'gmp-wasm';

export type Gmp = Awaited<ReturnType<typeof init>>['binding'];

let loaded: Gmp | undefined;

export async function gmp(): Promise<Gmp> {
  loaded ??= (await init()).binding;
  return loaded;
}

/** `count` numbers, all zero. */
export function numbers(g: Gmp, count: number): number[] {
  return Array.from({ length: count }, () => {
    const z = g.mpz_t();
    g.mpz_init(z);
    return z;
  });
}

/** y = sum of w x over (x, w) in `terms`. */
export function row(g: Gmp, y: number, terms: readonly (readonly [number, number])[], x: readonly number[]): void {
  g.mpz_set_ui(y, 0);
  for (const [k, w] of terms) {
    if (w > 0) g.mpz_addmul_ui(y, x[k] as number, w);
    else if (w < 0) g.mpz_submul_ui(y, x[k] as number, -w);
  }
}

/** The value as a bigint. */
export function value(g: Gmp, z: number): bigint {
  const sign = g.mpz_sgn(z) < 0;
  const size = g.mpz_sizeinbase(z, 16) + 2;
  const at = g.malloc(size);
  g.mpz_get_str(at, 16, z);
  let text = '';
  for (let p = at; g.mem[p] !== 0; p++) text += String.fromCharCode(g.mem[p] as number);
  g.free(at);
  const digits = BigInt(`0x${text.replace('-', '')}`);
  return sign ? -digits : digits;
}
