/** Tensors of every type, from raw bytes and from the typed fields, packed or not. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/exact/index.ts';
import { Budget } from '../../src/io/budget.ts';
import { decodeTensor } from '../../src/io/onnx-schema.ts';
import { decodeConstant } from '../../src/io/onnx-tensor.ts';

const read = (bytes: Uint8Array): unknown[] => {
  const { values } = decodeConstant(decodeTensor(bytes), 'test', new Budget());
  return Array.from(values as ArrayLike<unknown>, (v) => (typeof v === 'number' ? v : String(v)));
};

function message(type: number, dims: readonly number[], fill: (w: BinaryWriter) => void): Uint8Array {
  const w = new BinaryWriter();
  for (const d of dims) w.tag(1, WireType.Varint).int64(d);
  w.tag(2, WireType.Varint).int32(type);
  fill(w);
  return w.finish();
}
const raw = (type: number, count: number, ...bytes: number[]): Uint8Array =>
  message(type, [count], (w) => w.tag(9, WireType.LengthDelimited).bytes(Uint8Array.from(bytes)));

const LE = (bits: number, ...values: number[]): number[] =>
  values.flatMap((v) => Array.from({ length: bits / 8 }, (_, i) => Math.floor(v / 256 ** i) % 256));

describe('raw bytes', () => {
  test.each<[string, number, number[], unknown[]]>([
    ['float32', 1, LE(32, 0x3f800000, 0xc0490fdb, 0x00000001, 0x80000000), [1, -3.1415927410125732, 2 ** -149, -0]],
    ['uint8', 2, [0, 255, 128], [0, 255, 128]],
    ['int8', 3, [0, 255, 128, 127], [0, -1, -128, 127]],
    ['uint16', 4, LE(16, 65535, 1), [65535, 1]],
    ['int16', 5, LE(16, 65535, 32768, 32767), [-1, -32768, 32767]],
    ['int32', 6, LE(32, 0xffffffff, 0x80000000, 0x7fffffff), [-1, -(2 ** 31), 2 ** 31 - 1]],
    [
      'int64',
      7,
      [...LE(32, 5, 0), 255, 255, 255, 255, 255, 255, 255, 255, 1, 0, 0, 0, 0, 0, 0, 128],
      [5, -1, '-9223372036854775807'],
    ],
    ['bool', 9, [0, 1, 7], [0, 1, 1]],
    [
      'float16',
      10,
      LE(16, 0x3c00, 0xc000, 0x7bff, 0x0001, 0x03ff, 0x7c00, 0x7e00),
      [1, -2, 65504, 2 ** -24, 1023 * 2 ** -24, Number.POSITIVE_INFINITY, Number.NaN],
    ],
    ['float64', 11, [0, 0, 0, 0, 0, 0, 0xf0, 0x3f], [1]],
    ['uint32', 12, LE(32, 0xffffffff), [2 ** 32 - 1]],
    ['uint64', 13, new Array(8).fill(255), ['18446744073709551615']],
    ['bfloat16', 16, LE(16, 0x3f80, 0xc000, 0x0001, 0x7f7f), [1, -2, 2 ** -133, 255 * 2 ** 120]],
    ['float8e4m3fn', 17, [0x38, 0x7e, 0xfe, 0x01, 0x7f, 0x08], [1, 448, -448, 2 ** -9, Number.NaN, 2 ** -6]],
    ['float8e4m3fnuz', 18, [0x40, 0x7f, 0x80, 0x01], [1, 240, Number.NaN, 2 ** -10]],
    ['float8e5m2', 19, [0x3c, 0x7b, 0x7c, 0xfd, 0x01], [1, 57344, Number.POSITIVE_INFINITY, Number.NaN, 2 ** -16]],
    ['float8e5m2fnuz', 20, [0x40, 0x7f, 0x80, 0x01], [1, 57344, Number.NaN, 2 ** -17]],
  ])('%s', (_, type, bytes, values) => {
    expect(read(raw(type, values.length, ...bytes))).toEqual(values);
  });

  test('types below a byte are packed from the low end, the last byte half full', () => {
    expect(read(raw(21, 3, 0xf1, 0x07))).toEqual([1, 15, 7]); // uint4
    expect(read(raw(22, 3, 0xf1, 0x08))).toEqual([1, -1, -8]); // int4
    expect(read(raw(23, 5, 0x70, 0xf9, 0x02))).toEqual([0, 6, -0.5, -6, 1]); // float4e2m1
    expect(read(raw(25, 5, 0b11_10_01_00, 0b10))).toEqual([0, 1, 2, 3, 2]); // uint2
    expect(read(raw(26, 5, 0b11_10_01_00, 0b10))).toEqual([0, 1, -2, -1, -2]); // int2
  });
});

describe('typed fields', () => {
  const packed = (field: number, write: (w: BinaryWriter) => void) => (w: BinaryWriter) => {
    w.tag(field, WireType.LengthDelimited).fork();
    write(w);
    w.join();
  };
  const varints =
    (...values: (number | bigint)[]) =>
    (w: BinaryWriter) => {
      for (const v of values) w.int64(BigInt(v));
    };

  test('packed', () => {
    expect(
      read(
        message(
          1,
          [2],
          packed(4, (w) => w.float(0.5).float(-3)),
        ),
      ),
    ).toEqual([0.5, -3]);
    expect(
      read(
        message(
          11,
          [2],
          packed(10, (w) => w.double(0.1).double(-3)),
        ),
      ),
    ).toEqual([0.1, -3]);
    expect(read(message(6, [3], packed(5, varints(1, -2, 2 ** 31 - 1))))).toEqual([1, -2, 2 ** 31 - 1]);
    expect(read(message(3, [2, 1], packed(5, varints(-128, 127))))).toEqual([-128, 127]);
    expect(read(message(7, [2], packed(7, varints(-1, 2n ** 62n))))).toEqual([-1, '1*2^62']);
    expect(read(message(10, [2], packed(5, varints(0x3c00, 0xc000))))).toEqual([1, -2]);
    expect(read(message(17, [2], packed(5, varints(0x38, 0x7e))))).toEqual([1, 448]);
    expect(read(message(22, [3], packed(5, varints(0xf1, 0x08))))).toEqual([1, -1, -8]);
    expect(
      read(
        message(
          13,
          [1],
          packed(11, (w) => w.uint64(2n ** 64n - 1n)),
        ),
      ),
    ).toEqual(['18446744073709551615']);
  });

  test('one by one', () => {
    const one = message(1, [2], (w) => w.tag(4, WireType.Bit32).float(0.5).tag(4, WireType.Bit32).float(7));
    expect(read(one)).toEqual([0.5, 7]);
    const whole = message(7, [2], (w) => w.tag(7, WireType.Varint).int64(5).tag(7, WireType.Varint).int64(-6));
    expect(read(whole)).toEqual([5, -6]);
  });

  test('a scalar, and no elements', () => {
    expect(
      read(
        message(
          1,
          [],
          packed(4, (w) => w.float(2)),
        ),
      ),
    ).toEqual([2]);
    expect(read(message(1, [0, 5], () => {}))).toEqual([]);
  });

  test.each<[string, Uint8Array, string]>([
    [
      'too few values',
      message(
        1,
        [3],
        packed(4, (w) => w.float(1)),
      ),
      'expected 3 values for shape [3], got 1',
    ],
    ['too few bytes', raw(1, 2, 0, 0, 0, 0), 'expected 8 bytes of data for shape [2] of float32, got 4'],
    [
      'values of another field',
      message(1, [1], packed(5, varints(1))),
      'expected float32 in a field of its type, got "int_data"',
    ],
    ['values beyond the type', message(3, [1], packed(5, varints(128))), 'expected int8 values, got 128'],
    ['a negative dimension', raw(1, -1), 'expected dimensions that are whole numbers, got -1'],
    ['text', raw(8, 1, 65), 'expected a tensor of floats or whole numbers, got "string"'],
    ['an unknown type', raw(99, 1, 0), 'got "type 99"'],
    [
      'a segment',
      message(1, [1], (w) => w.tag(3, WireType.LengthDelimited).bytes(new Uint8Array())),
      'expected whole tensors',
    ],
    ['a wrong wire type', message(1, [1], (w) => w.tag(9, WireType.Varint).int32(5)), 'expected wire type 2, got 0'],
  ])('%s is refused', (_, bytes, sentence) => {
    expect(() => read(bytes)).toThrow(InputError);
    expect(() => read(bytes)).toThrow(sentence);
  });
});
