/** The part of as-bind's bundled runtime that tools.ts uses; its own types are empty. */
declare module 'as-bind/dist/as-bind.esm.js' {
  export function instantiate(bytes: Uint8Array, imports: object): Promise<unknown>;
}
