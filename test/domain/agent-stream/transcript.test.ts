import { describe, expect, it } from 'vitest';
import { createLineSplitter } from '../../../src/domain/agent-stream/line-splitter.ts';
import { createTranscript } from '../../../src/domain/agent-stream/transcript.ts';
import type { AgentEvent } from '../../../src/domain/event.ts';

describe('a transcript', () => {
  it('keeps the beginning and the end of a long session and bounds what goes into the log', () => {
    const events: AgentEvent[] = [];
    const transcript = createTranscript(1, (event) => events.push(event));
    for (let i = 0; i < 5_000; i += 1) transcript.take({ kind: 'tool', tool: 'Bash', label: `echo ${i}` });
    const { lines, tools, uses } = transcript.report();
    expect([events.length, tools, lines.length, uses.length]).toEqual([1_000, 5_000, 401, 2_000]);
    expect([lines[0], lines[100], lines.at(-1)]).toEqual([
      '[Bash] echo 0',
      '[… 4600 lines left out]',
      '[Bash] echo 4999',
    ]);
  });

  it('a failed call is forgotten as soon as the agent gets on', () => {
    const transcript = createTranscript(1, () => {});
    transcript.take({ kind: 'trouble', status: 429, waitMs: undefined, detail: '' });
    expect(transcript.trouble()).toBeDefined();
    transcript.take({ kind: 'said', text: 'on', piece: true });
    expect(transcript.trouble()).toBeUndefined();
  });
});

describe('lines of a stream', () => {
  const split = (chunks: readonly string[]): string[] => {
    const lines: string[] = [];
    const splitter = createLineSplitter((line) => lines.push(line));
    chunks.forEach(splitter.push);
    splitter.end();
    return lines;
  };

  it('are put together from any pieces', () => {
    expect(split(['a', 'b\nc', '\r\n', '\n', 'd'])).toEqual(['ab', 'c', 'd']);
  });

  it('that are too long are dropped whole, and the next one is read', () => {
    const chunks = Array.from({ length: 40 }, () => 'z'.repeat(64 * 1024));
    expect(split([...chunks, '\nnext\n'])).toEqual(['next']);
  });
});
