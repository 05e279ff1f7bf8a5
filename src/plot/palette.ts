/**
 * Colours that people with any colour vision tell apart (Okabe and Ito 2008), for a light and a dark ground, with a marker
 * and a dash pattern each, so that a grey print can be read too.
 */
export interface Ink {
  readonly light: string;
  readonly dark: string;
  readonly marker: 'circle' | 'square' | 'triangle' | 'diamond';
  readonly dash: string;
}

export const SERIES: readonly Ink[] = [
  { light: '#0072b2', dark: '#56b4e9', marker: 'circle', dash: '7 4' },
  { light: '#d55e00', dark: '#f0803c', marker: 'square', dash: '3 3' },
  { light: '#00835f', dark: '#2ac79a', marker: 'triangle', dash: '9 3 2 3' },
  { light: '#b0558a', dark: '#e29cc4', marker: 'diamond', dash: '2 2' },
  { light: '#8a6100', dark: '#e69f00', marker: 'circle', dash: '12 4' },
  { light: '#2f7fae', dark: '#8fd0f5', marker: 'square', dash: '5 2 1 2' },
  { light: '#6b6b00', dark: '#f0e442', marker: 'triangle', dash: '1 3' },
  { light: '#444444', dark: '#cccccc', marker: 'diamond', dash: '6 6' },
];

export const GROUND = { light: '#ffffff', dark: '#14171a' } as const;
export const TEXT = { light: '#1a1a1a', dark: '#f0f0f0' } as const;
export const FAINT = { light: '#555555', dark: '#b8b8b8' } as const;
export const GRID = { light: '#dddddd', dark: '#33383d' } as const;

/**
 * Presentation attributes carry the light colours, which every program reads; this style changes them on dark screens only, so
 * that paper stays white. Scoped to the picture's own class: a page may hold several.
 */
export function darkStyle(): string {
  const rules = [
    `.bg{fill:${GROUND.dark}}`,
    `.ink{fill:${TEXT.dark}}`,
    `.faint{fill:${FAINT.dark}}`,
    `.frame{stroke:${FAINT.dark}}`,
    `.grid{stroke:${GRID.dark}}`,
    ...SERIES.flatMap(({ dark }, i) => [`.s${i}{stroke:${dark}}`, `.f${i}{fill:${dark}}`]),
  ];
  return `@media screen and (prefers-color-scheme:dark){${rules.map((r) => `.dyadnet-picture ${r}`).join('')}}`;
}
