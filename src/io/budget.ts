/** How much memory and arithmetic one file may cost; a file that asks for more is refused before it gets it. */
import { InputError } from '../exact/index.ts';
import { ONNX_LIMITS } from './onnx-schema.ts';

export class Budget {
  private bytes = 0;
  private steps = 0;

  /** Before taking about `bytes` of memory. */
  memory(where: string, bytes: number): void {
    this.bytes += bytes;
    if (!(this.bytes <= ONNX_LIMITS.memory)) {
      throw new InputError(`${where}: the model needs more than ${ONNX_LIMITS.memory} bytes of memory`);
    }
  }

  /** Before `steps` exact multiplications or additions. */
  work(where: string, steps: number): void {
    this.steps += steps;
    if (!(this.steps <= ONNX_LIMITS.work)) {
      throw new InputError(`${where}: folding the graph takes more than ${ONNX_LIMITS.work} multiplications`);
    }
  }
}
