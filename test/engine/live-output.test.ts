import { expect, it } from 'vitest';
import { liveOutput, MAX_OUTPUT } from '../../src/engine/live-output.ts';
import { memoryRun, type MemoryRun } from '../fakes/engine-context.ts';

const logged = ({ entries }: MemoryRun): string =>
  entries.map((e) => (e.type === 'command.output' ? e.text : '')).join('');
const secret = 'correct-horse-battery-staple';

it('puts what comes into the log and gives all of it at the end', () => {
  const run = memoryRun();
  const out = liveOutput(run.ctx, 'k', 'stderr');
  for (const part of ['1 passed\n', '2 passed\n']) out.push(part);
  expect(out.end()).toBe('1 passed\n2 passed\n');
  expect(logged(run)).toBe('1 passed\n2 passed\n');
  expect(run.entries[0]).toMatchObject({ type: 'command.output', key: 'k', stream: 'stderr' });
});

it('shows a secret nowhere, not even one that comes in two pieces', () => {
  const run = memoryRun({ secrets: [secret] });
  const out = liveOutput(run.ctx, 'k', 'stdout');
  for (const part of [`key ${secret.slice(0, 9)}`, `${secret.slice(9)} end\n`]) out.push(part);
  expect(out.end()).not.toContain(secret);
  expect(logged(run)).toMatch(/^key .* end\n$/s);
  expect(logged(run)).not.toContain('horse');
});

it('lets no escape sequence through, whole or in pieces', () => {
  const run = memoryRun();
  const out = liveOutput(run.ctx, 'k', 'stdout');
  for (const part of ['a\u001b', '[2Jb\u001b]0;title', '\u0007c\n']) out.push(part);
  expect([out.end(), logged(run)]).toEqual(['abc\n', 'abc\n']);
});

it('bounds what a flood leaves in the log and in the text, and keeps both of its ends', () => {
  const run = memoryRun();
  const out = liveOutput(run.ctx, 'k', 'stdout');
  out.push('first\n');
  for (let i = 0; i < 64; i += 1) out.push('flood of words\n'.repeat(1024));
  out.push('last\n');
  const text = out.end();
  expect(text.length).toBeLessThan(MAX_OUTPUT + 1024);
  expect(text).toMatch(/^first\n[^]*characters cut[^]*\nlast\n$/);
  expect(logged(run).length).toBeLessThan(MAX_OUTPUT + 1024);
  expect(logged(run)).toContain('[more is only in test_output.txt]');
});

it('takes the tail of a stream that was not handed over whole, and says how much is cut', () => {
  const out = liveOutput(memoryRun().ctx, 'k', 'stdout');
  out.push('word\n'.repeat(MAX_OUTPUT / 4));
  const tail = `${'x\n'.repeat(8192)}the end\n`;
  const text = out.end({ tail, bytes: 10_000_000 });
  expect(text.startsWith('word\n')).toBe(true);
  expect(text.endsWith('the end\n')).toBe(true);
  expect(Number(/\[\.\.\. (\d+) characters cut/.exec(text)?.[1])).toBeGreaterThan(9_900_000);
});
