/**
 * Command lines as people type them: an operand may begin with a minus sign (`fit "-x^2"`, `eval net.dyad -0.5`), which
 * the argument parser would take for an option. Options, with their values, are moved before a `--`, operands behind it.
 */
import type { Command } from 'commander';
import { Dyadic, InputError, Rational } from '../exact/index.ts';

export function operandsLast(program: Command, argv: readonly string[]): string[] {
  const at = argv.findIndex((a) => !a.startsWith('-'));
  const command = at < 0 ? undefined : program.commands.find((c) => c.name() === argv[at]);
  if (!command) return [...argv];
  const options: string[] = [];
  const operands: string[] = [];
  const rest = argv.slice(at + 1);
  while (rest.length > 0) {
    const token = rest.shift() as string;
    if (token === '--') {
      operands.push(...rest.splice(0));
    } else if (!token.startsWith('-') || token === '-') {
      operands.push(token);
    } else {
      const flag = token.split('=', 1)[0] as string;
      const option = command.options.find((o) => o.short === flag || o.long === flag);
      const help = flag === '-h' || flag === '--help';
      if (!option && !help && !token.startsWith('--')) {
        operands.push(token);
        continue;
      }
      options.push(token);
      if (option?.required && !token.includes('=')) {
        const value = rest.shift();
        if (value !== undefined) options.push(value);
      }
    }
  }
  return [...argv.slice(0, at + 1), ...options, ...(operands.length > 0 ? ['--', ...operands] : [])];
}

/** A positive number such as `--eps 1e-4`, read exactly as the decimal it is. */
export function positiveOption(flag: string): (text: string) => Rational {
  return (text) => {
    const value = numberOption(flag, text);
    if (value.sign <= 0) throw new InputError(`${flag}: expected a number greater than 0, got ${text}`);
    return value;
  };
}

/** A whole number in lo..hi. */
export function wholeOption(flag: string, lo: number, hi: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^[+-]?\d+$/.test(text.trim()) || value < lo || value > hi) {
      throw new InputError(`${flag}: expected a whole number in ${lo}..${hi}, got ${JSON.stringify(text)}`);
    }
    return value;
  };
}

/** A dyadic number: a whole number over a power of two, as a decimal, a fraction or m*2^e. */
export function dyadicOption(flag: string): (text: string) => Dyadic {
  return (text) => {
    const value = numberOption(flag, text).toDyadic();
    if (!value) throw new InputError(`${flag}: expected a whole number over a power of two, got ${text}`);
    return value;
  };
}

/** Sizes such as 512, 64KiB, 1.5MiB or 2kB, in bytes. */
export function bytesOption(flag: string): (text: string) => number {
  return (text) => {
    const parts = /^\s*(\d+(?:\.\d+)?)\s*(b|kb|mb|kib|mib|gib|k|m)?\s*$/i.exec(text);
    const unit: Record<string, number> = {
      '': 1,
      b: 1,
      k: 1024,
      kib: 1024,
      kb: 1000,
      m: 1 << 20,
      mib: 1 << 20,
      mb: 1e6,
      gib: 1 << 30,
    };
    const bytes = parts ? Math.floor(Number(parts[1]) * (unit[(parts[2] ?? '').toLowerCase()] as number)) : 0;
    if (!(bytes >= 1))
      throw new InputError(`${flag}: expected a size such as 512, 64KiB or 1MB, got ${JSON.stringify(text)}`);
    return bytes;
  };
}

function numberOption(flag: string, text: string): Rational {
  try {
    return Rational.parse(text);
  } catch (error) {
    if (error instanceof InputError || error instanceof RangeError) {
      throw new InputError(`${flag}: expected a number, got ${JSON.stringify(text)}`);
    }
    throw error;
  }
}

/**
 * A network input as typed: the nearest float64 of a decimal (`rounded` says that it moved), or a dyadic text exactly.
 * What is not a decimal and not dyadic (`1/3`) is refused unless `round` is set.
 */
export function inputNumber(text: string, round: boolean): { value: Dyadic; rounded: boolean } {
  const exact = Rational.parse(text);
  const dyadic = exact.toDyadic();
  if (dyadic) return { value: dyadic, rounded: false };
  if (text.includes('/') && !round) {
    throw new InputError(
      `${text.trim()} is not dyadic (a whole number over a power of two); --round takes the nearest float64`,
    );
  }
  const nearest = exact.toNumber();
  if (!Number.isFinite(nearest)) throw new InputError(`${text.trim()} is beyond the range of float64`);
  return { value: Dyadic.from(nearest), rounded: true };
}
