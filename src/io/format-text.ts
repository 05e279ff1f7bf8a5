/**
 * How the meta text is written: byte by byte, each bit predicted from the bytes before it (docs/format.md, "Meta section").
 * Six models look back 5, 4, ..., 0 bytes; the odds that they give are multiplied and the root is taken. All have read
 * PRIMER beforehand, so the words that every file uses cost next to nothing.
 */
import { type Coder, freshModel, learned, type Model } from './format-range.ts';
import { codeNumber, numberModel } from './format-whole.ts';

const PRIMER =
  '{"class":"lipschitz","error":"0.001","imported":{"folded":"BatchNormalization","model input":"x [1, 5] float32' +
  '","model output":"y [1, 5] float32","read from":"ONNX, opset 13"},"method":"quantised","normalisation":{},"qua' +
  'ntised":{"bits":8,"from":"model.onnx"}}{"guaranteed":"1*2^-16","inputs":[{"name":"temperature","unit":"degC"}]' +
  ',"method":"taylor","name":"table.tab","outputs":[{"name":"voltage","unit":"mV"}],"proved":{"lower":"0","restsO' +
  'n":["f is the table k.tab: 100 points taken as exact decimals, linear in between","the stated Lipschitz consta' +
  'nt 1 on the interval"],"upper":"1*2^-12","witness":["0.5"]},"target":"every function with Lipschitz constant 1' +
  '"}{"domain":[0,1],"method":"interpolate","name":"sine","proved":{"lower":"6734895201*2^-49","restsOn":["f is t' +
  'he expression exp(-x^2)+sqrt(1+x)/tanh(4*x-2), its decimals read exactly"],"upper":"9182736450*2^-50","witness' +
  '":["1234567*2^-24"]},"target":"sin(2*pi*x)/(2*pi)"}';

const LOOK = 5;
const SLOT_BITS = 14;
const GOLDEN = 0x9e3779b1;

class TextModel {
  private readonly models = Array.from({ length: LOOK + 1 }, () => freshModel(1 << SLOT_BITS));
  private readonly slots = new Uint32Array(LOOK + 1);
  private readonly hashes = new Uint32Array(LOOK + 1);
  /** The last bytes, the latest first. */
  private readonly before = new Uint8Array(LOOK);

  /** One byte through the coder, or learned without one. */
  byte(c: Coder | undefined, v: number): number {
    for (let k = 0; k < LOOK; k++) {
      this.hashes[k + 1] = Math.imul((this.hashes[k] as number) + (this.before[k] as number) + 1, GOLDEN);
    }
    let node = 1;
    for (let i = 7; i >= 0; i--) {
      let one = 1;
      let zero = 1;
      for (let k = 0; k <= LOOK; k++) {
        const slot = Math.imul((this.hashes[k] as number) + node, GOLDEN) >>> (32 - SLOT_BITS);
        this.slots[k] = slot;
        const p = ((this.models[k] as Model)[slot] as number) >>> 10;
        one *= p;
        zero *= 4194304 - p;
      }
      // Only *, /, + and sqrt: correctly rounded by IEEE 754, so every reader finds the same number.
      const a = Math.sqrt(one);
      const q = Math.floor((65536 * a) / (a + Math.sqrt(zero)));
      let bit = (v >> i) & 1;
      if (c) bit = c.split(q < 1 ? 1 : q > 65535 ? 65535 : q, bit);
      for (let k = 0; k <= LOOK; k++) {
        const model = this.models[k] as Model;
        const slot = this.slots[k] as number;
        model[slot] = learned(model[slot] as number, bit);
      }
      node = 2 * node + bit;
    }
    this.before.copyWithin(1, 0);
    this.before[0] = node;
    return node & 255;
  }
}

/** A text of at most `most` bytes. */
export function codeText(c: Coder, most: number, text: Uint8Array): Uint8Array | undefined {
  const size = codeNumber(c, numberModel(), text.length);
  if (size > most) return undefined;
  const model = new TextModel();
  for (let i = 0; i < PRIMER.length; i++) model.byte(undefined, PRIMER.charCodeAt(i));
  const out = new Uint8Array(size);
  for (let i = 0; i < size; i++) out[i] = model.byte(c, c.reading ? 0 : (text[i] as number));
  return out;
}
