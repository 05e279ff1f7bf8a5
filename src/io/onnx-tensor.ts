/** A TensorProto as a constant: from its raw bytes, its typed fields, or a file beside the model. */
import { InputError, refuse, shown } from '../exact/index.ts';
import type { Budget } from './budget.ts';
import type { TensorProto } from './onnx-schema.ts';
import { decodeElements, type ElementType, elementType, wholeScalar } from './onnx-types.ts';
import { compactScalars, type Scalars } from './scalar.ts';
import { type Constant, sizeOf } from './tensor.ts';

/**
 * Bytes of a file beside the model: `length` of them from `offset` on, or all that there are.
 * The location has passed `checkLocation`; who opens files also has to see to links that lead outside.
 */
export type External = (location: string, offset: number, length: number) => Uint8Array;

/** The constant that a tensor message holds. Throws InputError where data and shape do not fit. */
export function decodeConstant(proto: TensorProto, where: string, budget: Budget, external?: External): Constant {
  const type = typeOf(where, proto.type);
  const size = sizeOf(where, proto.dims);
  budget.memory(where, 8 * size);
  return { kind: 'constant', type, shape: proto.dims, values: valuesOf(proto, type, size, where, external) };
}

export function typeOf(where: string, code: number): ElementType {
  const type = elementType(code);
  if (!type) {
    const names: Record<number, string> = {
      0: 'undefined',
      8: 'string',
      14: 'complex64',
      15: 'complex128',
      24: 'float8e8m0',
    };
    refuse(where, 'a tensor of floats or whole numbers', names[code] ?? `type ${code}`);
  }
  return type;
}

function valuesOf(proto: TensorProto, type: ElementType, size: number, where: string, external?: External): Scalars {
  const bytes = Math.ceil((size * type.bits) / 8);
  if (proto.external) return decodeElements(type, readExternal(proto.external, bytes, where, external), size);
  if (proto.raw) {
    if (proto.raw.length !== bytes) {
      refuse(where, `${bytes} bytes of data for shape [${proto.dims.join(', ')}] of ${type.name}`, proto.raw.length);
    }
    return decodeElements(type, proto.raw, size);
  }
  const { floats, doubles, ints } = proto;
  const [field, values] =
    floats.length > 0 ? ['float_data', floats] : doubles.length > 0 ? ['double_data', doubles] : ['int_data', ints];
  // The narrow types lie in int32_data as their bit patterns: 16-bit and 8-bit floats one a value, 4 and 2 bits packed.
  const perValue = type.bits < 8 ? 8 / type.bits : 1;
  if (values.length !== Math.ceil(size / perValue)) {
    refuse(where, `${Math.ceil(size / perValue)} values for shape [${proto.dims.join(', ')}]`, values.length);
  }
  if (field === (type.bits === 64 ? 'double_data' : 'float_data') && type.format && type.bits >= 32) {
    return Float64Array.from(values as number[]);
  }
  if (values.length === 0) return new Float64Array(0);
  if (field !== 'int_data' || (type.format && type.bits >= 32))
    refuse(where, `${type.name} in a field of its type`, field);
  if (type.format || type.bits < 8) {
    const packed = new DataView(new ArrayBuffer(values.length * (type.bits === 16 ? 2 : 1)));
    values.forEach((v, i) => {
      if (type.bits === 16) packed.setUint16(2 * i, Number(v), true);
      else packed.setUint8(i, Number(v));
    });
    return decodeElements(type, new Uint8Array(packed.buffer), size);
  }
  return compactScalars(
    values.map((v) => {
      if (BigInt(v) < (type.min as bigint) || BigInt(v) > (type.max as bigint)) refuse(where, `${type.name} values`, v);
      return wholeScalar(v);
    }),
  );
}

function readExternal(
  entries: ReadonlyMap<string, string>,
  bytes: number,
  where: string,
  external?: External,
): Uint8Array {
  const location = checkLocation(where, entries.get('location') ?? '');
  const number = (key: string, otherwise: number): number => {
    const text = entries.get(key);
    if (text === undefined) return otherwise;
    const value = Number(text);
    if (!/^\d{1,15}$/.test(text)) refuse(where, `a whole number as external ${key}`, text);
    return value;
  };
  const offset = number('offset', 0);
  const length = number('length', bytes);
  if (length !== bytes) refuse(where, `${bytes} bytes of external data`, length);
  if (!external) {
    throw new InputError(
      `${where}: its data lies in the file ${shown(location)}, and no folder to read from was given`,
    );
  }
  const data = external(location, offset, length);
  if (data.length !== bytes) refuse(where, `${bytes} bytes in ${location} from byte ${offset} on`, data.length);
  return data;
}

/** A relative path that stays in its folder, whatever the system; refuses every other. */
export function checkLocation(where: string, location: string): string {
  const parts = location.split('/');
  const bad =
    location === '' ||
    location.length > 1024 ||
    /[\0\\:]/.test(location) ||
    parts.some((part, i) => part === '..' || (part === '' && i < parts.length));
  if (bad) refuse(where, "external data in a file beside the model (a relative path without '..')", location);
  return location;
}
