/** One theorem a file: the contract, the recursion and the network. */

export * from './bits.ts';
