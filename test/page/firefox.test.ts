/** The built page in headless Firefox: it computes, follows a slider, zooms, evaluates and hands out its files, at 360 px as well. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { certifySup } from '../../src/certify/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { Dyadic } from '../../src/exact/index.ts';
import { decodeNetwork, readOnnx } from '../../src/io/index.ts';
import { haveBrowser, inBrowser } from '../samebits/browsers.ts';

const web = join(import.meta.dirname, '../../dist/web');

/** In the browser, in a page around the page: acts on it as a user would, and posts what it saw. */
async function drive(): Promise<void> {
  const frame = document.querySelector('iframe') as HTMLIFrameElement;
  const inner = frame.contentWindow as Window & typeof globalThis;
  const page = frame.contentDocument as Document;
  const seen: Record<string, unknown> = {};
  const blobs: Blob[] = [];
  const complaints: string[] = [];
  inner.addEventListener('error', (event) => complaints.push(event.message));
  inner.URL.createObjectURL = (blob: Blob | MediaSource): string => {
    blobs.push(blob as Blob);
    return '#';
  };
  const at = <T extends HTMLElement>(selector: string): T => page.querySelector(selector) as T;
  const text = (selector: string): string => at(selector)?.textContent ?? '';
  const until = async (what: string, holds: () => boolean): Promise<void> => {
    for (let i = 0; i < 1500; i++) {
      if (holds()) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`${what}: ${text('#sentence')} ${text('#problem')}`);
  };
  const rest = (): boolean => text('#sentence') !== '' && !page.querySelector('.work.busy');
  const type = (selector: string, value: string): void => {
    at<HTMLInputElement>(selector).value = value;
    at(selector).dispatchEvent(new inner.Event('input', { bubbles: true }));
  };
  const saved = async (button: string): Promise<number[]> => {
    const count = blobs.length;
    at<HTMLButtonElement>(button).click();
    await until(button, () => blobs.length > count);
    return [...new Uint8Array(await (blobs[count] as Blob).arrayBuffer())];
  };
  try {
    await until('first answer', rest);
    type('#f', 'x^2');
    await until('x^2', () => text('#sentence').includes('f = x^2.') && rest());
    type('#epsilon-slider', '20');
    await until('slider', () => /≤ 3\.|≤ 2\.|≤ 1\./.test(text('#sentence')) && rest());
    seen.epsilon = at<HTMLInputElement>('#epsilon').value;
    seen.sentence = text('#sentence');
    seen.dyad = await saved('#download-dyad');
    seen.onnx = await saved('#download-onnx');
    seen.curve = [...page.querySelectorAll('#figure-error path.line.error')].some(
      (c) => (c.getAttribute('d') ?? '').length > 500,
    );
    const whole = text('#window');
    at<HTMLButtonElement>('#zoom-in').click();
    await until('zoom', () => text('#window') !== whole);
    at<HTMLButtonElement>('#at-go').click();
    await until('value', () => text('#at-value').startsWith('net(1/3) = '));
    at<HTMLInputElement>('input[value=bytes]').click();
    type('#bytes', '40');
    await until('bytes', () => / bytes$/.test(text('#facts div:nth-child(5) dd')) && rest());
    seen.bytes = Number.parseInt(text('#facts div:nth-child(5) dd'), 10);
    frame.style.width = '360px';
    await new Promise((resolve) => setTimeout(resolve, 300));
    seen.beyond = page.documentElement.scrollWidth - inner.innerWidth;
  } catch (error) {
    seen.failed = String(error);
  }
  await fetch('/', { method: 'POST', body: JSON.stringify({ ...seen, complaints }) });
}

const there = haveBrowser('firefox');
test.skipIf(!there)(
  `the page in Firefox${there ? '' : ' (skipped: it is not installed)'}`,
  { timeout: 120_000 },
  async () => {
    const files = new Map<string, Uint8Array | string>();
    for (const name of readdirSync(web, { recursive: true, encoding: 'utf8' })) {
      if (statSync(join(web, name)).isFile()) files.set(`/web/${name}`, readFileSync(join(web, name)));
    }
    files.set(
      '/page.html',
      `<!doctype html><meta charset="utf-8"><iframe src="/web/index.html" style="width:1000px;height:900px"></iframe>
<script>document.querySelector('iframe').addEventListener('load', ${drive.toString()}, { once: true });</script>`,
    );
    const seen = (await inBrowser('firefox', join(web, '..'), files, 100_000)) as Record<string, never>;
    expect(seen).toMatchObject({ epsilon: '3.2e-3', curve: true, complaints: [] });
    expect(seen).not.toHaveProperty('failed');
    expect(seen.beyond).toBeLessThanOrEqual(0);
    expect(seen.sentence).toMatch(/^Proved: /);
    const { network } = decodeNetwork(Uint8Array.from(seen.dyad as number[]));
    const again = certifySup(network, expressionTarget('x^2'), { within: Dyadic.from(0.0032) });
    expect(again.status).toBe('proved');
    expect(readOnnx(Uint8Array.from(seen.onnx as number[])).network.equals(network)).toBe(true);
    expect(seen.bytes).toBeLessThanOrEqual(40);
  },
);
