/** `dyadnet certify --proof` and `dyadnet check`, run as people run them. Needs the build (`npm test` makes it). */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Dyadic } from '../../src/exact/index.ts';
import { encodeNetwork } from '../../src/io/index.ts';
import { dyadnet, json } from '../support/cli.ts';
import { interpolant } from '../support/interpolant.ts';
import { moved } from '../support/proofs.ts';

const cwd = mkdtempSync(join(tmpdir(), 'dyadnet-check-'));
const net = interpolant((x) => Math.sin(6 * x), 32, 20);
writeFileSync(join(cwd, 'net.dyad'), encodeNetwork({ network: net }));
writeFileSync(join(cwd, 'other.dyad'), encodeNetwork({ network: moved(net, Dyadic.pow2(-4)) }));

test('a proof of an expression, and the same proof for another network', () => {
  const said = json(['certify', 'net.dyad', 'sin(6*x)', '--proof', 'p.json'], { cwd });
  expect(said.proof).toBe('p.json');
  const { upperExact, upper, lower } = said.certified as Record<string, string | number>;
  expect(upper as number).toBeLessThanOrEqual(1.01 * (lower as number));
  const claim = json(['check', 'p.json', 'net.dyad'], { cwd });
  expect([claim.status, claim.f, claim.domain, claim.upper]).toEqual(['proved', 'sin(6*x)', ['0', '1'], upperExact]);
  expect(json(['check', 'p.json', 'net.dyad', 'sin(6 * x)'], { cwd }).status).toBe('proved');
  expect(json(['check', 'p.json', 'net.dyad', 'sin(5*x)'], { cwd, allow: 1 })).toEqual({
    status: 'rejected',
    reason: 'the proof speaks of sin(6*x), not of sin(5*x)',
  });
  const no = dyadnet(['check', 'p.json', 'other.dyad'], { cwd });
  expect([no.code, no.out]).toEqual([1, 'status  rejected: the difference exceeds the claimed bound\n']);
});

test('a domain that ends at 2*pi; a bound that was asked for; a function whose enclosures are hard', () => {
  const wide = dyadnet(['certify', 'net.dyad', 'sin(x)', '--domain', '0,2*pi', '--proof', 'q.json'], { cwd });
  expect(wide.out).toMatch(/proof +q.json\n$/);
  expect(dyadnet(['check', 'q.json', 'net.dyad'], { cwd }).out).toMatch(
    /^status +proved\nf +sin\(x\)\ndomain +\[0, 6.28319]\n/,
  );
  expect(dyadnet(['certify', 'net.dyad', 'sin(6*x)', '--eps', '0.01', '--proof', 'r.json'], { cwd }).code).toBe(0);
  expect(dyadnet(['check', 'r.json', 'net.dyad'], { cwd }).code).toBe(0);
  expect(dyadnet(['certify', 'net.dyad', 'softplus(8*x-4)', '--proof', 's.json'], { cwd }).code).toBe(0);
  expect(dyadnet(['check', 's.json', 'net.dyad'], { cwd }).code).toBe(0);
});

test.each([
  'erf(2*x)',
  'asin(2*x-1)',
  'atan(20*x-10)',
  'gelu(3*x)',
  'acosh(1+x)',
  'sqrt(abs(x-1/3))',
  'tanh(1e9*(x-1/3))',
])('%s', (f) => {
  expect(dyadnet(['certify', 'net.dyad', f, '--proof', 'f.json'], { cwd }).code).toBe(0);
  expect(json(['check', 'f.json', 'net.dyad'], { cwd })).toMatchObject({ status: 'proved', f });
});

test('tables and networks', () => {
  writeFileSync(join(cwd, 't.csv'), '0,0\n0.3,0.9\n1,-0.25\n');
  json(['certify', 'net.dyad', 't.csv', '--proof', 't.json'], { cwd });
  expect(json(['check', 't.json', 'net.dyad'], { cwd }).f).toBe('a table of 3 points');
  expect(dyadnet(['check', 't.json', 'net.dyad'], { cwd }).out).toMatch(
    /^f +a table of 3 points: the proof's copy, name yours/m,
  );
  expect(dyadnet(['check', 't.json', 'net.dyad', 't.csv'], { cwd }).out).toMatch(/^f +a table of 3 points$/m);
  writeFileSync(join(cwd, 'u.csv'), '0,0\n0.3,0.9\n1,-0.26\n');
  for (const other of ['u.csv', 'sin(6*x)', 'other.dyad']) {
    expect(dyadnet(['check', 't.json', 'net.dyad', other], { cwd })).toMatchObject({
      code: 1,
      out: `status  rejected: the proof speaks of a table of 3 points, not of ${other}\n`,
    });
  }
  json(['certify', 'net.dyad', 'other.dyad', '--proof', 'n.json'], { cwd });
  expect(json(['check', 'n.json', 'net.dyad', 'other.dyad'], { cwd }).upper).toBe('1*2^-4');
  expect(dyadnet(['check', 'n.json', 'net.dyad'], { cwd }).out).toContain('expected the file of the network f as well');
});

test('what cannot be proved or read is said in a sentence, and nothing is written', () => {
  const floor = dyadnet(['certify', 'net.dyad', 'x+floor(x)', '--proof', 'e.json'], { cwd });
  expect([floor.code, existsSync(join(cwd, 'e.json'))]).toEqual([2, false]);
  expect(floor.err).toContain('this checker does not read "floor" in the expression x+floor(x)');
  writeFileSync(join(cwd, 'bad.json'), readFileSync(join(cwd, 'net.dyad')));
  const bad = dyadnet(['check', 'bad.json', 'net.dyad'], { cwd });
  expect([bad.code, bad.err.split('\n').length]).toEqual([2, 2]);
  for (const text of [
    'null',
    '7',
    '{}',
    '{"proof":"dyadnet sup 2"}',
    '{"proof":"dyadnet sup 2","f":{},"domain":[1]}',
  ]) {
    writeFileSync(join(cwd, 'bad.json'), text);
    expect(dyadnet(['check', 'bad.json', 'net.dyad'], { cwd }).code, text).toBe(1);
  }
});
