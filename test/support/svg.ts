/** Reads pictures back: well-formedness, and elements by name. */
import { expect } from 'vitest';

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  text: string;
}

/** All elements of well-formed XML, in order; fails on tags that do not close, bare & or <, and doubled attributes. */
export function elementsOf(svg: string): Element[] {
  const all: Element[] = [];
  const open: Element[] = [];
  const tag = /<(\/?)([A-Za-z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;
  let at = 0;
  for (let m = tag.exec(svg); m; m = tag.exec(svg)) {
    at = tag.lastIndex;
    const [, close, name, attributes, empty, text] = m;
    for (const entity of m[0].matchAll(/&[^;\s]*;?/g))
      expect(entity[0]).toMatch(/^&(amp|lt|gt|quot|apos|#\d+|#x[\da-f]+);$/i);
    if (text !== undefined) {
      if (open.length > 0) (open[open.length - 1] as Element).text += text;
    } else if (close) {
      expect(open.pop()?.name).toBe(name);
    } else {
      const pairs = [...(attributes as string).matchAll(/([\w:-]+)="([^"]*)"/g)].map((p) => [p[1], p[2]] as const);
      expect(new Set(pairs.map(([k]) => k)).size).toBe(pairs.length);
      const element = { name: name as string, attributes: Object.fromEntries(pairs), text: '' };
      all.push(element);
      if (!empty) open.push(element);
    }
  }
  expect(at).toBe(svg.length);
  expect(open).toEqual([]);
  return all;
}

/** Every coordinate pair of a path. */
export function pathPoints(d: string): [number, number][] {
  return [...d.matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)].map((m) => [Number(m[1]), Number(m[2])]);
}
