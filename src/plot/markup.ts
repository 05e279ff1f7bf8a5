/** Text inside pictures: escaped for XML, wrapped without a browser's font metrics, numbers with true minus signs and exponents. */

/** Text for an element or a quoted attribute; characters that XML 1.0 forbids become U+FFFD. */
export function escapeXml(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to be kept out
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd')
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;')
      .replace(/"/g, '&quot;')
  );
}

/** About the width of a text in pixels; sans-serif letters are near 0.54 em, monospaced ones 0.61 em. */
export function textWidth(text: string, size: number, perLetter = 0.54): number {
  return [...text].length * size * perLetter;
}

/** Lines of at most `columns` characters, broken at spaces; a longer word is broken where it must be. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((w) => w !== '')) {
    let rest = word;
    if (line !== '' && line.length + 1 + rest.length > columns) {
      lines.push(line);
      line = '';
    }
    while (rest.length > columns) {
      lines.push(rest.slice(0, columns));
      rest = rest.slice(columns);
    }
    line = line === '' ? rest : `${line} ${rest}`;
  }
  if (line !== '') lines.push(line);
  return lines;
}

const RAISED = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** base to the power n, such as 2⁻¹⁰. */
export function powerText(base: number, n: number): string {
  const digits = [...String(Math.abs(n))].map((d) => RAISED[Number(d)]).join('');
  return `${base}${n < 0 ? '⁻' : ''}${digits}`;
}

/** A number with `decimals` digits behind the point and a minus sign that is one. */
export function fixedText(x: number, decimals: number): string {
  return x.toFixed(Math.min(Math.max(decimals, 0), 20)).replace('-', '−');
}

/** A coordinate: two decimals are a hundredth of a pixel. */
export function pixels(x: number): string {
  return String(Math.round(x * 100) / 100);
}
