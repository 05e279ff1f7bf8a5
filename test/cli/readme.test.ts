/** README lists every command with the sentence that the help gives it, and every guide by its title. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';

const readme = readFileSync('README.md', 'utf8');

test('the table of commands', () => {
  const [, table] = /<!-- commands -->\n([\s\S]*?)<!-- \/commands -->/.exec(readme)!;
  const rows = COMMANDS.map(({ name, summary }) => `| \`dyadnet ${name}\` | ${summary} |`);
  expect(table!.trim().split('\n').slice(2)).toEqual(rows);
});

test('the guides', () => {
  const [, list] = /## Guides\n([\s\S]*?)\n\n[^-]/.exec(readme)!;
  const pages = readdirSync('docs').filter((f) => f.endsWith('.md'));
  const titles = pages.map((f) => `- [${readFileSync(`docs/${f}`, 'utf8').split('\n')[0]!.slice(2)}](docs/${f})`);
  expect(list!.trim().split('\n')).toEqual(titles.sort((a, b) => (a.split('](')[1]! < b.split('](')[1]! ? -1 : 1)));
});
