/** `dyadnet/run`: load a network file and evaluate it, nothing else. */
export {};
