/** The form: what it says as a problem, its sliders beside their fields, and its state in the address. */
import { byId } from './elements.ts';
import type { Budget, Problem, Source } from './protocol.ts';
import { kindOfFile, MAX_DROPPED_BYTES } from './source-kind.ts';

const input = (id: string): HTMLInputElement => byId<HTMLInputElement>(id);

/** Slider positions and the values they stand for. */
const SLIDERS: readonly {
  readonly slider: string;
  readonly field: string;
  readonly value: (position: number) => number;
  readonly position: (value: number) => number;
  readonly show: (value: number) => string;
}[] = [
  {
    slider: 'epsilon-slider',
    field: 'epsilon',
    value: (p) => 10 ** (-p / 8),
    position: (v) => -8 * Math.log10(v),
    show: (v) => v.toExponential(1).replace('.0e', 'e').replace('e+0', ''),
  },
  { slider: 'weight-bits-slider', field: 'weight-bits', value: (p) => p, position: (v) => v, show: String },
  powers('bytes-slider', 'bytes', 4),
  powers('width-slider', 'width', 4),
  powers('depth-slider', 'depth', 4),
  { slider: 'bits-slider', field: 'bits', value: (p) => p, position: (v) => v, show: String },
];

/** Whole numbers near 2^(p / steps). */
function powers(slider: string, field: string, steps: number): (typeof SLIDERS)[number] {
  return {
    slider,
    field,
    value: (p) => Math.round(2 ** (p / steps)),
    position: (v) => steps * Math.log2(v),
    show: String,
  };
}

interface Opened {
  readonly kind: 'table' | 'network';
  readonly name: string;
  readonly bytes: Uint8Array;
}

export class Form {
  private opened: Opened | undefined;

  /** `changed` is called whenever the problem may be another one; `complain` with a sentence about a file. */
  constructor(
    private readonly changed: () => void,
    private readonly complain: (sentence: string) => void,
  ) {
    this.readAddress();
    for (const { slider, field, value, position, show } of SLIDERS) {
      const [bar, text] = [input(slider), input(field)];
      const follow = (): void => {
        const at = position(Number(text.value));
        if (Number.isFinite(at)) bar.value = String(Math.round(at));
        bar.setAttribute('aria-valuetext', text.value);
      };
      bar.addEventListener('input', () => {
        text.value = show(value(Number(bar.value)));
        bar.setAttribute('aria-valuetext', text.value);
        this.change();
      });
      text.addEventListener('input', () => {
        follow();
        this.change();
      });
      follow();
    }
    for (const id of ['f', 'domain']) input(id).addEventListener('input', () => this.change());
    for (const id of ['swap', 'limit-bits']) input(id).addEventListener('change', () => this.change());
    for (const radio of this.radios()) radio.addEventListener('change', () => this.change());
    byId('form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.change();
    });
    this.files();
    this.show();
  }

  private radios(): HTMLInputElement[] {
    return [...document.querySelectorAll<HTMLInputElement>('input[name="budget"]')];
  }

  private change(): void {
    this.show();
    this.writeAddress();
    this.changed();
  }

  get problem(): Problem {
    return { source: this.source, budget: this.budget, domain: input('domain').value };
  }

  private get source(): Source {
    const text = input('f').value;
    if (!this.opened) return { kind: 'expression', text };
    const { kind, name, bytes } = this.opened;
    return kind === 'table' ? { kind, name, bytes, swap: input('swap').checked } : { kind, name, bytes, f: text };
  }

  private get budget(): Budget {
    const number = (id: string): number => Number(input(id).value);
    switch (this.budgetKind) {
      case 'bytes':
        return { kind: 'bytes', value: number('bytes') };
      case 'class':
        return { kind: 'class', width: number('width'), depth: number('depth'), bits: number('bits') };
      default:
        return {
          kind: 'epsilon',
          value: input('epsilon').value,
          ...(input('limit-bits').checked ? { bits: number('weight-bits') } : {}),
        };
    }
  }

  private get budgetKind(): string {
    return this.radios().find((r) => r.checked)?.value ?? 'epsilon';
  }

  /** Shows the parts that count. */
  private show(): void {
    for (const kind of ['epsilon', 'bytes', 'class']) byId(`budget-${kind}`).hidden = kind !== this.budgetKind;
    byId('limit-bits-part').hidden = !input('limit-bits').checked;
    const { opened } = this;
    byId('file-part').hidden = !opened;
    byId('swap-part').hidden = opened?.kind !== 'table';
    byId('budget').hidden = opened?.kind === 'network';
    byId('expression-part').hidden = opened?.kind === 'table';
    byId('file-name').textContent = opened ? opened.name : '';
    const label = document.querySelector('label[for="f"]');
    if (label) label.textContent = opened?.kind === 'network' ? 'Compare with f(x)' : 'Function f(x)';
  }

  private files(): void {
    const field = input('file');
    field.addEventListener('change', () => {
      const [file] = field.files ?? [];
      if (file) void this.open(file);
      field.value = '';
    });
    byId('file-remove').addEventListener('click', () => {
      if (this.opened?.kind === 'network' && input('f').value === '') input('f').value = 'x^2';
      this.opened = undefined;
      this.change();
      field.focus();
    });
    const drop = byId('drop');
    // The whole page takes files, so that a near miss does not leave it.
    document.addEventListener('dragover', (event) => {
      event.preventDefault();
      drop.classList.add('over');
    });
    for (const name of ['dragleave', 'dragend', 'drop']) {
      document.addEventListener(name, () => drop.classList.remove('over'));
    }
    document.addEventListener('drop', (event) => {
      event.preventDefault();
      const [file] = event.dataTransfer?.files ?? [];
      if (file) void this.open(file);
    });
  }

  private async open(file: File): Promise<void> {
    if (file.size > MAX_DROPPED_BYTES) {
      this.complain(`${file.name}: expected at most ${MAX_DROPPED_BYTES} bytes, got ${file.size}`);
      return;
    }
    this.take(file.name, new Uint8Array(await file.arrayBuffer()));
  }

  /** Takes a file's bytes as the source. */
  take(name: string, bytes: Uint8Array): void {
    const kind = kindOfFile(name, bytes);
    if (!kind) {
      this.complain(`${name}: expected a table (.csv, .tsv, .txt) or a network (.dyad, .onnx, .nnet)`);
      return;
    }
    this.opened = { kind, name, bytes };
    // What a network is compared with is what its file names, until something is typed.
    if (kind === 'network') input('f').value = '';
    input('domain').value = '';
    this.change();
  }

  private writeAddress(): void {
    if (this.opened) return;
    const state = new URLSearchParams({ f: input('f').value, budget: this.budgetKind });
    if (input('domain').value !== '') state.set('domain', input('domain').value);
    for (const id of this.fieldsOfBudget()) state.set(id, input(id).value);
    if (this.budgetKind === 'epsilon' && input('limit-bits').checked)
      state.set('weight-bits', input('weight-bits').value);
    history.replaceState(null, '', `#${state}`);
  }

  private fieldsOfBudget(): string[] {
    return this.budgetKind === 'class' ? ['width', 'depth', 'bits'] : [this.budgetKind];
  }

  private readAddress(): void {
    const state = new URLSearchParams(location.hash.slice(1));
    for (const id of ['f', 'domain', 'epsilon', 'bytes', 'width', 'depth', 'bits', 'weight-bits']) {
      const value = state.get(id);
      if (value !== null) input(id).value = value.slice(0, 20_000);
    }
    input('limit-bits').checked = state.has('weight-bits');
    for (const radio of this.radios()) if (radio.value === state.get('budget')) radio.checked = true;
  }
}
