/** The code blocks of a Markdown file, each with the block of expected output that follows it. */
export interface Block {
  readonly language: string;
  readonly code: string;
  /** Line of the opening fence, counted from 1. */
  readonly line: number;
  /** An HTML comment on the line above: `<!-- executed by test/x.test.ts -->`. */
  readonly executedBy?: string;
  /** The ```text block that follows at once. */
  readonly output?: string;
}

export function codeBlocks(markdown: string): Block[] {
  const lines = markdown.split('\n');
  const found: { language: string; code: string; line: number; end: number; executedBy?: string }[] = [];
  for (let i = 0; i < lines.length; i++) {
    const fence = /^\s*```(\w*)/.exec(lines[i] as string);
    if (!fence) continue;
    const end = lines.findIndex((l, j) => j > i && /^\s*```\s*$/.test(l));
    if (end < 0) throw new Error(`line ${i + 1}: a code block without an end`);
    const by = /<!-- executed by (\S+) -->/.exec(lines[i - 1] ?? '')?.[1];
    found.push({
      language: fence[1] as string,
      code: lines.slice(i + 1, end).join('\n'),
      line: i + 1,
      end,
      ...(by ? { executedBy: by } : {}),
    });
    i = end;
  }
  return found.flatMap((block, i) => {
    if (block.language === 'text' && i > 0 && follows(found[i - 1]!.end, block.line)) return [];
    const next = found[i + 1];
    const output = next?.language === 'text' && follows(block.end, next.line) ? next.code : undefined;
    return [{ ...block, ...(output === undefined ? {} : { output }) }];
  });

  function follows(end: number, line: number): boolean {
    return lines.slice(end + 1, line - 1).every((l) => l.trim() === '');
  }
}

/** Whether the output is the expected one, line by line; `...` stands for any text within a line, a line `...` for any lines. */
export function matches(output: string, expected: string): boolean {
  const pattern = expected
    .trimEnd()
    .split('\n')
    .map((line) =>
      line.trim() === '...'
        ? '(?:.*\\n)*?.*'
        : line
            .trimEnd()
            .split('...')
            .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
            .join('.*'),
    )
    .join('\\s*\\n');
  return new RegExp(`^${pattern}\\s*$`).test(output.trimEnd());
}
