import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { encodeLine } from '../../src/adapters/host/log-lines.ts';
import type { Entry, RunEvent } from '../../src/domain/event.ts';
import { foldRunEntries } from '../../src/domain/run-state.ts';
import { SCHEMA } from '../../src/domain/schema-mark.ts';
import { eventSamples } from './event-samples.ts';

/**
 * What a hostile run would like a terminal to do: set its title, fill the clipboard, answer a question on standard
 * input, ring, notify, clear, move, hide, switch the mouse on; with 7- and 8-bit introducers, and never ended ones.
 */
export const HOSTILE = [
  'evil👍🏽🇩🇪❤️क्षि',
  '\u001B]0;pwned\u0007',
  '\u001B]2;pwned\u001B\\',
  '\u001B]52;c;cHduZWQ=\u0007',
  '\u009D52;c;cHduZWQ=\u009C',
  '\u001B[c\u001B[6n\u001B[5n\u001B[>q\u009Bc\u001B[?1$p',
  '\u001BP$q"p\u001B\\\u0090+q544e\u009C\u0005',
  '\u001B]9;pwned\u0007\u001B]777;notify;a;b\u0007\u0007',
  '\u001B[2J\u001B[H\u001B[31m\u001B[?1000h\u001B[?25h\u001Bc\u000E\r\u0008\u0008',
  '\u202Eבא\u2066\u200B世界👩‍👩‍👧é̂',
  '\tend\u001B]0;never ended',
].join('');

const poisoned = new Set([
  'task',
  'title',
  'repo',
  'baseBranch',
  'branch',
  'agent',
  'profile',
  'reason',
  'detail',
  'text',
  'label',
  'summary',
  'problem',
  'failure',
  'by',
  'url',
  'model',
  'path',
  'command',
  'about',
  'evidence',
  'version',
  'finish',
  'budget',
]);

const poison = (value: unknown, name = ''): unknown => {
  if (typeof value === 'string') return poisoned.has(name) ? `${value}${HOSTILE}` : value;
  if (Array.isArray(value)) return value.map((one) => poison(one, name));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, poison(one, key)]));
};

const lines = `${HOSTILE}\n`.repeat(40);
const patch = `diff --git a/${HOSTILE.replaceAll('\n', '')} b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@ ${HOSTILE}\n-${HOSTILE}\n+${HOSTILE}!\n ${HOSTILE}\n`;
/** A name that a file system takes. */
const name = HOSTILE.replaceAll('/', '_').slice(0, 90);

const files: Readonly<Record<string, string>> = {
  'guardrails.md': lines,
  'notes.md': lines,
  'progress.md': lines,
  'diagnostics.md': lines,
  'iterations/1/prompt.md': lines,
  'iterations/1/response.json': JSON.stringify({ text: HOSTILE }),
  'iterations/1/actions.jsonl': `${JSON.stringify({ type: 'run', command: HOSTILE })}\n`,
  'iterations/1/git_diff.patch': patch,
  'iterations/1/test_output.txt': lines,
  'iterations/1/metrics.json': JSON.stringify({ model: HOSTILE, loop_score: 0.1 }),
  [`iterations/1/${name}`]: lines,
};

/** A run home that lies, in every string of every entry and file; `status` is its last. */
export const makeHostileHome = (runsDir: string, id: string, last: RunEvent): void => {
  const home = join(runsDir, id);
  const events = [...Object.values(eventSamples), last].map((event) => poison(event) as RunEvent);
  const entries = events.map((event, i): Entry => ({
    v: 1,
    seq: i + 1,
    at: '2026-01-01T12:00:00.000Z',
    up: i,
    run: id,
    ...event,
  }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(home, '.ralph', path)), { recursive: true });
    writeFileSync(join(home, '.ralph', path), text);
  }
  mkdirSync(join(home, '.ralph/control'), { recursive: true });
  writeFileSync(join(home, 'lock'), '');
  writeFileSync(join(home, 'ralph_task.md'), lines);
  writeFileSync(
    join(home, '.ralph/activity.log'),
    Buffer.concat(entries.map((entry) => encodeLine(JSON.stringify(entry)))),
  );
  const state = foldRunEntries(id, entries);
  writeFileSync(
    join(home, '.ralph/run.json'),
    `${JSON.stringify({ schema: SCHEMA, owner: 'supervisor', state })}\n`,
  );
};
