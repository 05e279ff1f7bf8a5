/** `dyadnet sweep report`: from a folder of records to its Pareto fronts, as tables, pictures and CSV. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Dyadic, InputError } from '../exact/index.ts';
import { drawPicture, type Mark, type Picture, pictureCsv } from '../plot/index.ts';
import {
  type JobRecord,
  type Measured,
  methodName,
  paretoFronts,
  quantiserName,
  readRecords,
  type TargetFront,
  targetName,
} from '../sweep/index.ts';
import { writeWhole } from './files.ts';
import { bound, printJson, size } from './output.ts';

export interface ReportOptions {
  readonly out?: string;
  readonly json?: boolean;
}

/** Rows of a front that are printed. */
const SHOWN = 12;
/** Networks this many times worse than every one on the front would only stretch the axis of a picture. */
const FAR = 10;
/** Targets in the picture of all fronts: as many as the palette tells apart. */
const TOGETHER = 8;

/** Writes the pictures and tables, prints the fronts; the exit code. */
export async function reportSweep(folder: string, options: ReportOptions): Promise<number> {
  const records = await readRecords(folder);
  if (records.length === 0) throw new InputError(`${folder}: expected records, got none`);
  const fronts = paretoFronts(records);
  const out = options.out ?? join(folder, 'report');
  mkdirSync(out, { recursive: true });
  const command = `dyadnet sweep report ${folder}`;
  const written = fronts.flatMap((front, i) => {
    const name = `${String(i + 1).padStart(2, '0')}-${slug(front.target)}`;
    return writePicture(out, name, targetPicture(front, command));
  });
  if (fronts.length > 0) written.push(...writePicture(out, 'fronts', frontsPicture(fronts, command)));
  writeWhole(join(out, 'records.csv'), csv(records, fronts));
  written.push('records.csv');
  if (options.json) printJson(reportJson(records, fronts, out, written));
  else printReport(records, fronts, out, written);
  return 0;
}

function writePicture(folder: string, name: string, picture: Picture): string[] {
  writeWhole(join(folder, `${name}.svg`), drawPicture(picture));
  writeWhole(join(folder, `${name}.csv`), pictureCsv(picture));
  return [`${name}.svg`, `${name}.csv`];
}

const errorOf = ({ result }: Measured): number => result.upper.value;
const costOf = ({ result }: Measured): number => result.connectivity;
const bytesOf = ({ result }: Measured): number => result.bytes;

/** One target: everything that was measured, and the least error for so many bytes and for so many multiplications. */
function targetPicture({ target, records, front }: TargetFront, command: string): Picture {
  const far = FAR * front.reduce((most, r) => Math.max(most, errorOf(r)), 0);
  const shown = records.filter((r) => errorOf(r) <= far);
  const out = records.length - shown.length;
  const marks = (by: (r: Measured) => number): Mark[] => [
    ...groups(shown).map(
      ([name, list]): Mark => ({ kind: 'scatter', name, points: list.map((r) => [by(r), errorOf(r)]) }),
    ),
    { kind: 'step', name: 'least error so far', color: 7, points: envelope(shown, by) },
  ];
  const y = { label: 'proved sup |f − net|', scale: 'log' } as const;
  return {
    title: `Networks for ${clip(target)}`,
    panels: [
      { title: 'Error by file size', x: { label: 'file', unit: 'bytes', scale: 'log' }, y, marks: marks(bytesOf) },
      {
        title: 'Error by cost of evaluation',
        x: { label: 'non-zero weights M', unit: 'multiplications', scale: 'log' },
        y,
        marks: marks(costOf),
      },
    ],
    caption: `${records.length} networks, every one with a proved bound on its error; ${front.length} of them are beaten by no other in bytes, error and multiplications together. A network without error does not show on a logarithmic axis${out > 0 ? `, and ${out} with more than ${FAR} times the largest error on the front are left out` : ''}.`,
    command,
  };
}

/** The fronts of several targets, by bytes. */
function frontsPicture(fronts: readonly TargetFront[], command: string): Picture {
  const shown = fronts.slice(0, TOGETHER);
  const rest = fronts.length - shown.length;
  const count = fronts.reduce((n, f) => n + f.records.length, 0);
  return {
    title: 'Least proved error by file size',
    panels: [
      {
        x: { label: 'file', unit: 'bytes', scale: 'log' },
        y: { label: 'proved sup |f − net|', scale: 'log' },
        height: 380,
        marks: shown.map(
          ({ target, records }, color): Mark => ({
            kind: 'line',
            name: clip(target),
            color,
            markers: true,
            points: envelope(records, bytesOf).filter((_, i, all) => i < all.length - 1 || all.length === 1),
          }),
        ),
      },
    ],
    caption: `Each point is a network that no smaller or equally small one of the same target beats; ${count} networks were measured, each with a proved bound.${rest > 0 ? ` ${rest} more targets have pictures of their own.` : ''}`,
    command,
  };
}

/** What a network is called in a legend, finest first. */
const NAMES: readonly ((r: Measured) => string)[] = [
  (r) => `${constructionOf(r)}${quantiserKind(r)}`,
  (r) => `${r.result.method}${quantiserKind(r)}`,
  constructionOf,
  (r) => r.result.method,
];

function constructionOf({ job, result: { method } }: Measured): string {
  return methodName({ ...job, method });
}

function quantiserKind({ job: { quantiser } }: Measured): string {
  if (!quantiser) return '';
  return quantiser.kind === 'uniform' ? `, ${quantiser.rounding} 2^-b` : `, ${quantiser.kind}`;
}

/** Networks by construction and quantiser, as finely as the palette tells apart, in the order of the names. */
function groups(records: readonly Measured[]): [string, Measured[]][] {
  let found: Map<string, Measured[]> = new Map();
  for (const nameOf of NAMES) {
    found = new Map();
    for (const r of records) {
      const list = found.get(nameOf(r));
      if (list) list.push(r);
      else found.set(nameOf(r), [r]);
    }
    // One colour is the envelope's.
    if (found.size < TOGETHER) break;
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** (measure, least error up to it), where it falls, and once more at the end. */
function envelope(records: readonly Measured[], by: (r: Measured) => number): [number, number][] {
  const points: [number, number][] = [];
  let least = Number.POSITIVE_INFINITY;
  const sorted = [...records].sort((a, b) => by(a) - by(b) || errorOf(a) - errorOf(b));
  for (const r of sorted) {
    if (errorOf(r) >= least) continue;
    least = errorOf(r);
    points.push([by(r), least]);
  }
  const last = sorted.at(-1);
  if (last) points.push([by(last), least]);
  return points;
}

/** Every measured network, RFC 4180: numbers as ECMAScript prints them, errors rounded up. */
function csv(records: readonly JobRecord[], fronts: readonly TargetFront[]): string {
  const onFront = new Set(fronts.flatMap(({ front }) => front.map(({ id }) => id)));
  const head =
    'id,target,method,epsilon,bytesAsked,widthAsked,depthAsked,bitsAsked,quantiser,status,bytes,error,weights,depth,width,fractionalBits,front,failure';
  const lines = records.map((record) => {
    const { id, job, status } = record;
    const asked = [job.epsilon, job.bytes, job.width, job.depth, job.bits, quantiserName(job.quantiser)];
    const r = 'result' in record ? record.result : undefined;
    const measured = [r?.bytes, r?.upper.value, r?.connectivity, r?.depth, r?.width, r?.fractionalBits];
    const failure = 'error' in record ? `${record.error.kind}: ${record.error.message}` : '';
    return [
      id,
      targetName(job.target),
      methodName({ ...job, method: r?.method ?? job.method }),
      ...asked,
      status,
      ...measured,
      onFront.has(id),
      failure,
    ]
      .map((v) => quoted(v === undefined ? '' : String(v)))
      .join(',');
  });
  return `${[head, ...lines].join('\r\n')}\r\n`;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

function failures(records: readonly JobRecord[]): [string, number][] {
  const count = new Map<string, number>();
  for (const record of records) {
    if (!('error' in record)) continue;
    const text = `${record.error.kind}: ${record.error.message}`;
    count.set(text, (count.get(text) ?? 0) + 1);
  }
  return [...count].sort(([, a], [, b]) => b - a);
}

function reportJson(
  records: readonly JobRecord[],
  fronts: readonly TargetFront[],
  out: string,
  written: readonly string[],
): Record<string, unknown> {
  return {
    records: records.length,
    failed: failures(records).map(([why, count]) => ({ why, count })),
    targets: fronts.map(({ target, records: measured, front }) => ({
      target,
      networks: measured.length,
      front: front.map(({ id, job, result }) => ({
        id,
        bytes: result.bytes,
        error: result.upper.value,
        errorExact: result.upper.exact,
        weights: result.connectivity,
        depth: result.depth,
        width: result.width,
        method: methodName({ ...job, method: result.method }),
        quantiser: quantiserName(job.quantiser),
      })),
    })),
    out,
    written,
  };
}

function printReport(
  records: readonly JobRecord[],
  fronts: readonly TargetFront[],
  out: string,
  written: readonly string[],
): void {
  const print = (text: string): void => void process.stdout.write(`${text}\n`);
  print(`${records.length} records, ${fronts.length} targets`);
  for (const { target, records: measured, front } of fronts) {
    print(`\n${target}: ${measured.length} networks, ${front.length} on the front`);
    const rows = thinned(front).map(({ id, job, result }) => [
      size(result.bytes),
      bound(Dyadic.parse(result.upper.exact)),
      `M = ${result.connectivity}`,
      methodName({ ...job, method: result.method }),
      job.quantiser ? quantiserName(job.quantiser) : '',
      id.slice(0, 8),
    ]);
    for (const line of aligned(rows)) print(`  ${line}`);
    if (front.length > SHOWN) print(`  (${SHOWN} of ${front.length}, evenly; all of them in records.csv)`);
  }
  const failed = failures(records);
  if (failed.length > 0) print('\nfailed');
  for (const [why, count] of failed.slice(0, SHOWN)) print(`  ${count} times ${clip(why, 200)}`);
  if (failed.length > SHOWN) print(`  and ${failed.length - SHOWN} more reasons, in records.csv`);
  print(`\n${written.length} files in ${out}`);
}

/** At most SHOWN, the first and the last among them. */
function thinned<T>(list: readonly T[]): readonly T[] {
  if (list.length <= SHOWN) return list;
  return Array.from({ length: SHOWN }, (_, i) => list[Math.round((i * (list.length - 1)) / (SHOWN - 1))] as T);
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const wide = (rows[0] ?? []).map((_, k) => rows.reduce((n, row) => Math.max(n, (row[k] as string).length), 0));
  return rows.map((row) =>
    row
      .map((cell, k) => cell.padEnd(wide[k] as number))
      .join('  ')
      .trimEnd(),
  );
}

function clip(text: string, most = 60): string {
  return text.length > most ? `${text.slice(0, most - 3)}...` : text;
}

function slug(text: string): string {
  return (
    text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')
      .slice(0, 40) || 'target'
  );
}
