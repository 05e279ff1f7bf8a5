/** CRC-32 (ISO 3309, as in PNG and gzip): finds every single flipped bit and every burst of up to 32. */

/** Of the sixteen half bytes: a table of all 256 bytes would take longer to make than a small file to read. */
const TABLE = Int32Array.from({ length: 16 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 4; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

/** The checksum of bytes[from..to). */
export function crc32(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let c = -1;
  for (let i = from; i < to; i++) {
    c ^= bytes[i] as number;
    c = (TABLE[c & 15] as number) ^ (c >>> 4);
    c = (TABLE[c & 15] as number) ^ (c >>> 4);
  }
  return ~c >>> 0;
}
