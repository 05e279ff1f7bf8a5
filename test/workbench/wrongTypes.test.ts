/** What JavaScript lets through and TypeScript would not: one sentence, never a TypeError from inside. */
import { describe, expect, test } from 'vitest';
import { certifySup } from '../../src/certify/index.ts';
import { Engine } from '../../src/engine/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { Dyadic, InputError } from '../../src/exact/index.ts';
import { readTable } from '../../src/io/index.ts';
import { affine } from '../../src/net/index.ts';
import { fit as fitTarget } from '../../src/workbench/index.ts';

const WRONG: readonly unknown[] = [Number.NaN, 'abc', null, true, {}, [], [0], 7n, () => 1];
const f = expressionTarget('x^2');
const net = affine([[1]]);
const engine = await Engine.create(net, { domain: [[0, 1]] });
const CALLS: Readonly<Record<string, (v: never) => unknown>> = {
  'the target of fit': (v) => fitTarget(v, { epsilon: '0.1' }),
  'the options of fit': (v) => fitTarget(f, v),
  'the domain of fit': (v) => fitTarget(f, { epsilon: '0.1', domain: v ?? 0 }),
  'the target of certifySup': (v) => certifySup(net, v),
  'the domain of certifySup': (v) => certifySup(net, f, { domain: v ?? 0 }),
  'Dyadic.parse': (v) => Dyadic.parse(v),
  readTable: (v) => readTable(v),
};

describe.each(Object.keys(CALLS))('%s', (name) => {
  test.each(WRONG)('%o is refused in one sentence', (v) => {
    const call = CALLS[name] as (v: unknown) => unknown;
    let said: unknown;
    try {
      call(v);
    } catch (error) {
      said = error;
    }
    expect(said).toBeInstanceOf(InputError);
    expect((said as InputError).message).not.toMatch(/\n|undefined \(reading|is not a function/);
  });
});

test('a batch that is none is refused, by all who take one', () => {
  for (const v of [0.5, 'abc', null, undefined, {}] as never[]) {
    expect(() => engine.forward(v)).toThrow(/^batch: expected a Float64Array/);
    expect(() => engine.forwardExact(v)).toThrow(/^batch: expected a Float64Array/);
  }
});
