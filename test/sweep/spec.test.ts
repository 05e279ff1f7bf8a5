/** What a specification says, and what is refused of it. */
import { expect, test } from 'vitest';
import {
  type Job,
  jobId,
  methodName,
  quantiserName,
  readJob,
  readSpec,
  runJob,
  targetName,
} from '../../src/sweep/index.ts';
import { METHODS } from '../../src/workbench/index.ts';

const none = (): Uint8Array => {
  throw new Error('no file is to be opened');
};
const table = new TextEncoder().encode('t, u\n0, 0\n1, 0.5\n2, 2\n');

test('every combination, in the order of the lists', () => {
  const { jobs, limits, repeated } = readSpec(
    {
      targets: ['x^2', { expression: 'sin(x)', domain: [0, '2*pi'] }],
      methods: ['auto', 'interpolate'],
      epsilons: ['1e-2', 0.001],
      bytes: [64],
      widths: [4, 8],
      depths: [2, 3, 5],
      bits: [null, 6],
      quantisers: ['none', 'float16', { kind: 'uniform', bits: [4, 8], rounding: 'floor' }],
      seed: 7,
      limits: { seconds: 20 },
    },
    none,
  );
  expect(jobs.size).toBe(2 * 2 * (2 + 1 + 2 * 3) * 2 * 4);
  expect([repeated, limits]).toEqual([0, { seconds: 20, memoryMiB: 1024, attempts: 4 }]);
  const all = [...jobs.values()];
  expect(all[0]).toEqual({ target: { expression: 'x^2' }, method: 'auto', epsilon: '1e-2', seed: 7 });
  expect(all.slice(0, 4).map((j) => quantiserName(j.quantiser))).toEqual(['none', 'float16', 'floor 4', 'floor 8']);
  expect(all.at(-1)).toMatchObject({ width: 8, depth: 5, bits: 6, target: { domain: ['0', '2*pi'] } });
  for (const [id, job] of jobs) expect(id).toBe(jobId(job));
});

test('every method of fit, with its options', () => {
  const methods = [
    ...METHODS.filter(({ name }) => name !== 'taylor').map(({ name }) => name),
    { name: 'taylor', n: [1], lambda: [4, 16], constants: 'sharp' },
    { name: 'cached', lambda: 8, quantisation: 'linear' },
  ];
  const { jobs } = readSpec({ targets: ['x^2/2'], methods, epsilons: ['1/4'] }, none);
  expect([...jobs.values()].map(methodName)).toEqual([
    'interpolate',
    'cached',
    'intrinsic',
    'taylor n 1 lambda 4 sharp',
    'taylor n 1 lambda 16 sharp',
    'cached lambda 8 linear',
  ]);
  for (const [id, job] of jobs) {
    expect(jobId(readJob(JSON.parse(JSON.stringify(job)), 'job'))).toBe(id);
    const { status, result } = runJob(job, none);
    expect([status, result.method]).toEqual(['proved', job.method]);
    expect(result.upper.value).toBeLessThanOrEqual(1 / 4);
    // The alphabets of [DLS18]: lambda letters, and zero.
    if (job.options) expect(result.alphabetSize).toBeLessThanOrEqual((job.options.lambda ?? 2) + 1);
  }
});

test('several grids, each with its own lists', () => {
  const { jobs } = readSpec(
    {
      grids: [
        { targets: ['x', 'x^2'], epsilons: [0.1], quantisers: [{ kind: 'codebook', lambda: [2, 4] }] },
        { targets: ['x^2'], methods: ['lipschitz'], widths: [8], depths: [8, 9], bits: [2] },
      ],
    },
    none,
  );
  expect([...jobs.values()].map((j) => [j.method, j.depth, quantiserName(j.quantiser)])).toEqual([
    ['auto', undefined, 'codebook 2'],
    ['auto', undefined, 'codebook 4'],
    ['auto', undefined, 'codebook 2'],
    ['auto', undefined, 'codebook 4'],
    ['lipschitz', 8, 'none'],
    ['lipschitz', 9, 'none'],
  ]);
  expect(() => readSpec({ grids: [{ targets: ['x'] }] }, none)).toThrow('spec.grids[0]: expected epsilons, bytes');
});

test('equal jobs are one job, and an id is the hash of the content alone', () => {
  const jobs = [
    { target: 'x^2', epsilon: '1e-2' },
    { epsilon: '1e-2', seed: 0, method: 'auto', target: { expression: ' x^2 ' } },
    { target: 'x^2', epsilon: '1e-2', seed: 1 },
  ];
  const sweep = readSpec({ jobs, limits: { seconds: 5 } }, none);
  expect([sweep.jobs.size, sweep.repeated]).toEqual([2, 1]);
  // printf '{"epsilon":"1e-2","method":"auto","seed":0,"target":{"expression":"x^2"}}' | sha256sum | cut -c1-32
  expect([...sweep.jobs.keys()][0]).toBe('ca25f70010ccdfc56451bce091605518');
  const other = readSpec({ jobs, limits: { seconds: 500 } }, none);
  expect([...other.jobs.keys()]).toEqual([...sweep.jobs.keys()]);
});

test('a table travels by its name and the hash of its bytes, not by its path', () => {
  const opened: string[] = [];
  const sweep = readSpec(
    { targets: [{ table: '../far/sensor.csv', swap: true }, { table: '../far/sensor.csv' }], bytes: [99] },
    (path) => {
      opened.push(path);
      return table;
    },
  );
  const [inverse, plain] = [...sweep.jobs.values()] as [Job, Job];
  expect(opened).toEqual(['../far/sensor.csv', '../far/sensor.csv']);
  expect(inverse.target).toMatchObject({ table: 'sensor.csv', swap: true });
  expect(plain.target).not.toHaveProperty('swap');
  expect([...sweep.tables.keys()]).toEqual(['table' in plain.target && plain.target.sha256]);
  expect(targetName(inverse.target)).toBe('sensor.csv (inverse)');
});

test.each([
  [[], 'spec: expected an object, got []'],
  [{ targets: ['x'], epsilons: [1], workers: 4 }, /^spec: expected only targets, methods, .*, got "workers"$/],
  [{ targets: ['x'] }, 'spec: expected epsilons, bytes, or widths and depths, got "none of them"'],
  [{ targets: ['x'], widths: [3] }, 'spec: expected widths and depths together, got "one of them"'],
  [{ targets: [], epsilons: [1] }, 'spec.targets: expected a list of 1..10000 entries, got 0'],
  [{ targets: ['x'], epsilons: ['-1'] }, 'spec.epsilons[0]: expected a number above 0, got "-1"'],
  [{ targets: ['x'], epsilons: [1, 'abc'] }, 'spec.epsilons[1]: expected a number, got "abc"'],
  [{ targets: ['x'], bytes: [1.5] }, 'spec.bytes[0]: expected a whole number in 1..1073741824, got 1.5'],
  [{ targets: ['x1 + x2'], bytes: [9] }, 'spec.targets[0].expression: expected a function of x, got "2 inputs"'],
  [{ targets: ['process.exit(1)'], bytes: [9] }, 'expression: expected a known function, got "exit"'],
  [
    { targets: [{ expression: 'x', domain: [1, 0] }], bytes: [9] },
    'spec.targets[0].domain: expected a lower end below the upper end, got "[1, 0]"',
  ],
  [
    { targets: ['x'], bytes: [9], quantisers: ['float8'] },
    'spec.quantisers[0].kind: expected uniform, float16, depthPrecision, codebook, got "float8"',
  ],
  [
    { targets: ['x'], bytes: [9], methods: ['../x'] },
    'spec.methods[0]: expected auto, interpolate, taylor, cached, intrinsic, lipschitz, got "../x"',
  ],
  [{ jobs: [{ target: 'x', bytes: 9, method: 'tailor' }] }, 'spec.jobs[0].method: expected auto, interpolate, taylor,'],
  [{ targets: ['x'], bytes: [9], methods: ['taylor'] }, 'spec.methods[0].n: expected a whole number in 1..16'],
  [
    { targets: ['x'], bytes: [9], methods: ['auto', { name: 'cached', n: 2 }] },
    'spec.methods[1]: expected only lambda, quantisation, constants, got "n"',
  ],
  [
    { targets: ['x'], bytes: [9], methods: [{ name: 'cached', lambda: [4, 1] }] },
    'spec.methods[0].lambda: expected a whole number in 2..64, got 1',
  ],
  [
    { targets: ['x'], bytes: [9], methods: [{ name: 'cached', lambda: 6, quantisation: 'linear' }] },
    'spec.methods[0].lambda: expected 2, 4, 8 or 16, got 6',
  ],
  [
    { targets: ['x'], bytes: [9], methods: [{ name: 'interpolate', lambda: 4 }] },
    'spec.methods[0]: expected no options beside the method interpolate',
  ],
  [
    { targets: ['x'], bytes: [9], methods: ['lipschitz'] },
    'spec.methods: expected widths, depths and bits only, beside lipschitz',
  ],
  [{ targets: ['x'], widths: [4, 0], depths: [2] }, 'spec.widths[1]: expected a whole number in 1..4096, got 0'],
  [{ targets: ['x'], bytes: [9], bits: [null, -1] }, 'spec.bits[1]: expected a whole number in 0..4096, got -1'],
  [
    { targets: ['x'], bytes: [9], limits: { memoryMiB: 1 } },
    'spec.limits.memoryMiB: expected a whole number in 128..1048576, got 1',
  ],
  [{ jobs: [{ target: 'x' }] }, 'spec.jobs[0]: expected one of epsilon, bytes, or width and depth, got "none"'],
  [
    { jobs: [{ target: 'x', bytes: 9, epsilon: 1 }] },
    'spec.jobs[0]: expected one of epsilon, bytes, or width and depth, got "several"',
  ],
  [
    { jobs: [{ target: { table: 'x.csv', sha256: 'y' }, bytes: 9 }] },
    'spec.jobs[0].target: expected only expression, table, swap, domain, got "sha256"',
  ],
  [
    { targets: Array.from({ length: 1001 }, (_, i) => `${i}*x`), bytes: Array.from({ length: 1000 }, (_, i) => i + 1) },
    'spec: expected at most 1000000 jobs, got 1001000',
  ],
] as const)('refuses %#', (spec, sentence) => {
  expect(() => readSpec(spec, () => table)).toThrow(sentence);
});

test('a job from elsewhere is read as data', () => {
  const good = { target: { table: 'a.csv', sha256: 'a'.repeat(64) }, bytes: 9 };
  expect(readJob(good, 'job').target).toEqual(good.target);
  expect(() => readJob({ ...good, target: { ...good.target, sha256: '../../etc/passwd' } }, 'job')).toThrow(
    'job.target.sha256',
  );
  expect(() => readJob(JSON.parse('{"__proto__":{"bytes":9},"target":{"expression":"x"}}'), 'job')).toThrow(
    '"__proto__"',
  );
});
