/** Reads files beside a model, and nothing outside of that folder: not through `..`, not through links. Node only. */
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { InputError, refuse, shown } from '../exact/index.ts';
import { checkLocation, type External } from './onnx-tensor.ts';

/** The external-data reader of the model at `modelPath`. */
export function externalBeside(modelPath: string): External {
  return (location, offset, length) => {
    const where = `external data of ${modelPath}`;
    checkLocation(where, location);
    const folder = realpathSync(dirname(modelPath));
    let path: string;
    let fd: number;
    try {
      path = realpathSync(join(folder, location));
      if (!path.startsWith(folder.endsWith(sep) ? folder : folder + sep)) {
        refuse(where, 'a file inside the folder of the model', location);
      }
      // NONBLOCK: opening a pipe must not wait for somebody to write to it.
      fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      if (error instanceof InputError) throw error;
      throw new InputError(`${where}: cannot open ${shown(location)}`);
    }
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile()) refuse(where, 'a regular file', location);
      if (offset + length > stat.size) {
        refuse(where, `${offset + length} bytes in ${shown(location)}`, stat.size);
      }
      const bytes = new Uint8Array(length);
      let at = 0;
      while (at < length) {
        const n = readSync(fd, bytes, at, length - at, offset + at);
        if (n === 0) break;
        at += n;
      }
      return bytes.subarray(0, at);
    } finally {
      closeSync(fd);
    }
  };
}
