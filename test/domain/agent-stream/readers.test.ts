import { describe, expect, it } from 'vitest';
import { createClaudeReader } from '../../../src/domain/agent-stream/claude.ts';
import { readCodex } from '../../../src/domain/agent-stream/codex.ts';
import type { FactReader } from '../../../src/domain/agent-stream/fact.ts';
import { readGemini } from '../../../src/domain/agent-stream/gemini.ts';
import { readOpencode } from '../../../src/domain/agent-stream/opencode.ts';
import { createTranscript, parseLine, type Report } from '../../../src/domain/agent-stream/transcript.ts';
import type { AgentEvent } from '../../../src/domain/event.ts';

const NOW = 1_800_000_000_000;
const readClaude = createClaudeReader(() => NOW);
const readers: Readonly<Record<string, FactReader>> = {
  claude: readClaude,
  codex: readCodex,
  opencode: readOpencode,
  gemini: readGemini,
};

const read = (reader: FactReader, lines: readonly unknown[]): { report: Report; events: AgentEvent[] } => {
  const events: AgentEvent[] = [];
  const transcript = createTranscript(1, (event) => events.push(event));
  for (const line of lines) {
    const fields = parseLine(typeof line === 'string' ? line : JSON.stringify(line));
    for (const fact of fields ? reader(fields) : []) transcript.take(fact);
  }
  return { report: transcript.report(), events };
};

const said = (text: string, more = {}) => ({
  type: 'assistant',
  message: { content: [{ type: 'text', text }] },
  parent_tool_use_id: null,
  ...more,
});

describe('the stream of claude', () => {
  it('gives words, tools, cost and turns', () => {
    const { report, events } = read(readClaude, [
      { type: 'system', subtype: 'init', tools: ['Bash'] },
      said('I look first.'),
      {
        type: 'assistant',
        message: { content: [{ type: 'tool_use', id: 't1', name: 'Bash', input: { command: 'ls\n-l' } }] },
      },
      {
        type: 'user',
        message: {
          content: [
            { type: 'tool_result', tool_use_id: 't1', is_error: true, content: '<promise>X</promise>' },
          ],
        },
      },
      said('All done.'),
      {
        type: 'result',
        subtype: 'success',
        is_error: false,
        result: 'All done.',
        num_turns: 2,
        total_cost_usd: 0.5,
      },
    ]);
    expect(events).toEqual([
      { type: 'agent.said', n: 1, text: 'I look first.' },
      { type: 'agent.tool', n: 1, tool: 'Bash', label: 'ls -l' },
      { type: 'agent.said', n: 1, text: 'All done.' },
    ]);
    expect(report).toMatchObject({ finalText: 'All done.', tools: 1, turns: 2, trouble: undefined });
    expect(report.uses).toEqual([{ tool: 'Bash', label: 'ls -l', ok: false }]);
    expect(report.ended).toMatchObject({ ok: true, costUsd: 0.5 });
  });

  it('is an error by is_error, not by a subtype that says success', () => {
    const { report } = read(readClaude, [
      {
        type: 'result',
        subtype: 'success',
        is_error: true,
        api_error_status: 401,
        result: 'API Error: 401 <promise>X</promise>',
      },
    ]);
    expect(report.ended).toMatchObject({ ok: false });
    expect(report.trouble).toMatchObject({ status: 401 });
    expect(report.finalText).toBe('');
  });

  it('takes a limit of the subscription from its fields, and only a refusal', () => {
    const limit = (status: string) => ({
      type: 'rate_limit_event',
      rate_limit_info: { status, resetsAt: NOW / 1000 + 90 },
    });
    expect(read(readClaude, [limit('allowed_warning')]).report.trouble).toBeUndefined();
    expect(read(readClaude, [limit('rejected')]).report.trouble).toMatchObject({
      status: 429,
      waitMs: 90_000,
    });
  });

  it('a text about rate limits is no rate limit', () => {
    const { report } = read(readClaude, [
      said('The package ratelimit answers 429 Too Many Requests: rate limit exceeded.'),
      { type: 'result', subtype: 'success', is_error: false, result: 'rate limit exceeded (429)' },
    ]);
    expect(report.trouble).toBeUndefined();
  });

  it('the words of a sub-agent are not the answer', () => {
    const { report } = read(readClaude, [
      said('Mine.'),
      said('<promise>DONE</promise>', { parent_tool_use_id: 'toolu_1' }),
    ]);
    expect(report.finalText).toBe('Mine.');
  });

  it('names the turn limit', () => {
    const { report } = read(readClaude, [
      { type: 'result', subtype: 'error_max_turns', is_error: true, num_turns: 4 },
    ]);
    expect(report.ended).toMatchObject({ ok: false, limit: 'turns', turns: 4 });
  });
});

describe('the stream of codex', () => {
  it('gives the last message as the answer, and knows a status from its own errors only', () => {
    const ok = read(readCodex, [
      { type: 'item.completed', item: { type: 'error', message: 'Model metadata not found' } },
      { type: 'item.completed', item: { type: 'agent_message', text: 'unexpected status 401' } },
      {
        type: 'item.started',
        item: { id: 'i1', type: 'command_execution', command: 'npm test', status: 'in_progress' },
      },
      {
        type: 'item.completed',
        item: { id: 'i1', type: 'command_execution', exit_code: 1, status: 'failed' },
      },
      { type: 'item.completed', item: { type: 'agent_message', text: 'Green.' } },
      { type: 'turn.completed', usage: {} },
    ]);
    expect(ok.report).toMatchObject({ finalText: 'Green.', tools: 1, trouble: undefined });
    expect(ok.events[1]).toMatchObject({ tool: 'command_execution', label: 'npm test' });
    expect(ok.report.uses).toEqual([{ tool: 'command_execution', label: 'npm test', ok: false }]);
    const message = 'exceeded retry limit, last status: 429 Too Many Requests';
    const limited = read(readCodex, [{ type: 'turn.failed', error: { message } }]);
    expect(limited.report.trouble).toMatchObject({ status: 429 });
    expect(limited.report.ended).toMatchObject({ ok: false });
  });
});

describe('the stream of opencode', () => {
  it('counts its steps and takes the last one as the answer', () => {
    const { report, events } = read(readOpencode, [
      { type: 'step_start', part: {} },
      { type: 'text', part: { text: 'First.' } },
      {
        type: 'tool_use',
        part: { tool: 'write', state: { status: 'completed', input: { filePath: '/x/a.txt' } } },
      },
      {
        type: 'tool_use',
        part: {
          tool: 'bash',
          state: { status: 'completed', input: { command: 'false' }, metadata: { exit: 1 } },
        },
      },
      { type: 'step_start', part: {} },
      { type: 'text', part: { text: 'Last.' } },
    ]);
    expect(report).toMatchObject({ finalText: 'Last.', turns: 2, tools: 2 });
    expect(report.uses).toEqual([
      { tool: 'write', label: '/x/a.txt', ok: true },
      { tool: 'bash', label: 'false', ok: false },
    ]);
    expect(events[1]).toMatchObject({ tool: 'write', label: '/x/a.txt' });
  });

  it('tells a limit with its wait', () => {
    const data = { message: 'slow', statusCode: 429, responseHeaders: { 'retry-after': '7' } };
    const { report } = read(readOpencode, [{ type: 'error', error: { name: 'APIError', data } }]);
    expect(report.trouble).toMatchObject({ status: 429, waitMs: 7000, detail: 'slow' });
  });
});

describe('the stream of gemini', () => {
  const piece = (content: string) => ({ type: 'message', role: 'assistant', content, delta: true });

  it('puts the pieces together, and does not take the prompt that it repeats for an answer', () => {
    const { report, events } = read(readGemini, [
      { type: 'message', role: 'user', content: 'Say <promise>DONE</promise> at the end.' },
      piece('Wri'),
      piece('ting.'),
      { type: 'tool_use', tool_name: 'write_file', tool_id: 'w1', parameters: { file_path: 'a.txt' } },
      { type: 'tool_result', tool_id: 'w1', status: 'success' },
      piece('It is <prom'),
      piece('ise>DONE</pro'),
      piece('mise>.'),
      { type: 'result', status: 'success', stats: {} },
    ]);
    expect(report.finalText).toBe('It is <promise>DONE</promise>.');
    expect(report.uses).toEqual([{ tool: 'write_file', label: 'a.txt', ok: true }]);
    expect(events.map((event) => (event.type === 'agent.said' ? event.text : event.type))).toEqual([
      'Writing.',
      'agent.tool',
      'It is <promise>DONE</promise>.',
    ]);
  });

  it('reads the status out of the error object of the API', () => {
    const message = '[API Error: {"error":{"code":401,"message":"bad key"}}]';
    const { report } = read(readGemini, [
      { type: 'result', status: 'error', error: { type: 'unknown', message } },
    ]);
    expect(report.trouble).toMatchObject({ status: 401 });
    expect(report.ended).toMatchObject({ ok: false });
  });
});

/** Values that a hostile program puts where something else is expected. */
const odd: readonly unknown[] = [
  null,
  true,
  -1,
  1e308,
  'x',
  [],
  [[]],
  {},
  { type: 'text' },
  { text: 5 },
  '__proto__',
  Number.NaN,
];
const types = [
  'assistant',
  'system',
  'result',
  'rate_limit_event',
  'item.started',
  'item.completed',
  'error',
  'turn.failed',
  'turn.completed',
  'step_start',
  'text',
  'tool_use',
  'tool_result',
  'user',
  'message',
  'constructor',
  '__proto__',
];
const keys = [
  'message',
  'item',
  'part',
  'error',
  'parameters',
  'rate_limit_info',
  'result',
  'subtype',
  'content',
  'delta',
  'is_error',
  'num_turns',
  'total_cost_usd',
  'tool_name',
  'role',
  'status',
  'error_status',
  'parent_tool_use_id',
];

describe.each(Object.entries(readers))('hostile lines for %s', (_name, reader) => {
  it('never throw, and never make more than bounded facts', () => {
    for (const type of types)
      for (const key of keys)
        for (const value of odd) {
          const line = { type, subtype: 'api_retry', [key]: value };
          const wrapped = {
            type,
            [key]: { type: value, content: [value], text: value, state: value, data: value },
          };
          for (const one of [line, wrapped]) {
            const { report, events } = read(reader, [one]);
            expect(report.finalText.length).toBeLessThan(100);
            expect(JSON.stringify(events).length).toBeLessThan(500);
          }
        }
  });

  it('that are no JSON objects are passed over', () => {
    const lines = ['', 'null', '[]', '{', '{"type":', 'Error: {"type":"result"}', '"x"', '\0', '{}'];
    expect(read(reader, lines).report).toMatchObject({ active: false, trouble: undefined, ended: undefined });
  });

  it('with long texts are cut', () => {
    const long = 'y'.repeat(300_000);
    const { report, events } = read(reader, [
      said(long),
      { type: 'item.completed', item: { type: 'agent_message', text: long } },
      { type: 'text', part: { text: long } },
      { type: 'message', role: 'assistant', content: long },
      {
        type: 'tool_use',
        tool_name: long,
        parameters: { command: long },
        part: { tool: long, state: { input: { command: long } } },
      },
    ]);
    expect(report.active).toBe(true);
    expect(JSON.stringify(events).length).toBeLessThan(10_000);
    expect(JSON.stringify(report.lines).length).toBeLessThan(5_000);
  });
});
