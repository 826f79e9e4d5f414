import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Entry } from '../../src/domain/event.ts';
import type { RunState } from '../../src/domain/run-state.ts';
import {
  done,
  finish,
  good,
  piece,
  startModelServer,
  usage,
  type ModelServer,
  type Reply,
} from '../fakes/model-server.ts';
import { makeWorld, taskFile, type World } from '../fakes/world.ts';

let world: World;
let server: ModelServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
  world.destroy();
});

const test = 'grep -q good file.txt';
const key = 'sk-test-Jx8Kq2Wm5Zr9';
const json = (actions: readonly unknown[], claims: readonly string[] = []) =>
  JSON.stringify({
    summary: 'work',
    actions,
    claims: { checkboxes_checked: claims, milestones_completed: [] },
  });
const write = (path: string, content: string) => ({ type: 'write', path, content });
const whole = good(json([write('file.txt', 'good\n')], ['M1.1', 'M1.2']));
const html = {
  status: 200,
  headers: { 'content-type': 'text/html' },
  body: '<html><title>Sign in</title></html>',
};
const error = (status: number, headers: Record<string, string> = {}): Reply => ({
  status,
  headers,
  body: JSON.stringify({ error: { message: `told by the server: ${status}`, type: 'x' } }),
});

const profile = (baseUrl: string, more = ''): string =>
  `{ base_url: ${JSON.stringify(baseUrl)}, model: m, api_key_env: FAKE_KEY, structured: object, max_output_tokens: 1000${more} }`;
const priced = ', prices: { input_per_mtok: 1, output_per_mtok: 1 }';

interface Seen {
  readonly state: RunState;
  readonly entries: readonly Entry[];
  readonly asked: number;
}
/** A whole run against a real HTTP server that answers so. */
const runWith = async (
  replies: readonly Reply[],
  how: {
    readonly extra?: string;
    readonly more?: string;
    /** Short only where the server stalls: a busy machine may be slow with an honest answer. */
    readonly idleS?: number;
    readonly onEntry?: (entry: Entry, stop: AbortController) => void;
  } = {},
): Promise<Seen> => {
  server = await startModelServer(replies);
  const models = `profiles:\n  fake: ${profile(server.baseUrl, `${how.more ?? priced}, idle_timeout_s: ${how.idleS ?? 60}`)}\n`;
  world = await makeWorld({ script: '', models, env: { FAKE_KEY: key } });
  const stop = new AbortController();
  const { state, entries } = await world.run(taskFile({ test, extra: how.extra ?? '' }), {
    signal: stop.signal,
    onEntry: (entry) => how.onEntry?.(entry, stop),
  });
  return { state, entries, asked: server.requests.length };
};
const failures = (entries: readonly Entry[]): readonly string[] =>
  entries.flatMap((e) => (e.type === 'model.failed' ? [e.failure] : []));

describe('a model endpoint that fails for a while: the run goes on, and it costs no iteration', () => {
  const broken: readonly (readonly [name: string, reply: Reply, failure: string])[] = [
    ['429 with a short wait', error(429, { 'retry-after': '1' }), 'rate-limited'],
    ['500', error(500), 'server'],
    ['503', error(503), 'server'],
    ['no answer at all', { hang: true }, 'stalled'],
    [
      'a stream that stalls',
      { steps: [piece('{"summary"'), { stall: true }, { waitMs: 60_000 }] },
      'stalled',
    ],
    ['a stream that is cut', { steps: [piece('{"summary"'), { destroy: true }] }, 'cut'],
    [
      'a stream that ends without a finish_reason',
      { steps: [piece(json([write('half.txt', 'x')])), done] },
      'cut',
    ],
  ];
  it.each(broken)('%s', async (_, reply, failure) => {
    const { state, entries, asked } = await runWith([reply, whole], {
      idleS: failure === 'stalled' ? 3 : 60,
    });
    expect([state.status, state.committed, asked]).toEqual(['succeeded', 1, 2]);
    expect(failures(entries)).toEqual([failure]);
    expect(existsSync(join(world.app.homes.dir, state.id, 'sandbox/repo/half.txt'))).toBe(false);
    const waited = entries.some(
      (e) => e.type === 'run.status' && e.status === 'waiting' && e.until !== undefined,
    );
    expect(waited).toBe(failure === 'rate-limited');
  });

  it('429 for a long time goes to the fallback profile, where one is named', async () => {
    server = await startModelServer([error(429, { 'retry-after': '3600' })]);
    const second = await startModelServer([whole]);
    try {
      const models = `profiles:\n  fake: ${profile(server.baseUrl, `${priced}, fallback: other`)}\n  other: ${profile(second.baseUrl, priced)}\n`;
      world = await makeWorld({ script: '', models, env: { FAKE_KEY: key } });
      const { state, entries } = await world.run(taskFile({ test }));
      expect([state.status, state.committed, state.profile]).toEqual(['succeeded', 1, 'other']);
      expect(entries).toContainEqual(expect.objectContaining({ type: 'model.changed', profile: 'other' }));
      expect(server.requests).toHaveLength(1);
    } finally {
      await second.close();
    }
  });

  it('429 for a long time without one: the run shows until when it waits, and can be told to let go', async () => {
    const { state, entries } = await runWith([error(429, { 'retry-after': '3600' })], {
      onEntry: (entry, stop) => {
        if (entry.type === 'run.status' && entry.status === 'waiting') setTimeout(() => stop.abort(), 200);
      },
    });
    expect([state.status, state.committed]).toEqual(['paused', 0]);
    const waiting = entries.find((e) => e.type === 'run.status' && e.status === 'waiting');
    const until = waiting?.type === 'run.status' ? Date.parse(waiting.until ?? '') : 0;
    expect(until - Date.parse(waiting?.at ?? '')).toBeGreaterThan(3_000_000);
    expect(state.spent.runningMs).toBeLessThan(60_000);
  });
});

describe('a model endpoint that is none: the run pauses with the reason, and nothing is lost', () => {
  it.each<readonly [name: string, reply: Reply, reason: string, detail: RegExp]>([
    ['401', error(401), 'token expired', /401|key|told by the server/i],
    ['400', error(400), 'blocked', /400|told by the server/],
    ['HTML with 200', html, 'blocked', /base_url|HTML|not/i],
    [
      'JSON with 200 that is no stream',
      { status: 200, body: '{"error":{"message":"quota"}}' },
      'blocked',
      /./,
    ],
  ])('%s', async (...[, reply, reason, detail]) => {
    const { state } = await runWith([reply]);
    expect([state.status, state.reason, state.committed]).toEqual(['paused', reason, 0]);
    expect(state.detail).toMatch(detail);
    expect(state.detail).not.toContain(key);
  });
});

describe('answers that are not what was asked for', () => {
  const bad: readonly (readonly [name: string, reply: Reply, problem: RegExp])[] = [
    ['no actions', good(json([])), /no actions/],
    ['10,000 actions', good(json(Array.from({ length: 10_000 }, () => write('many.txt', 'x')))), /too many/],
    ['an unknown action', good(json([{ type: 'sudo', command: 'rm' }])), /unknown action/],
    [
      'broken JSON',
      good(`{"summary": "work", "actions": [{"type": "write", "path": "many.txt", "content": "a"b"}]`),
      /not valid JSON/,
    ],
    ['no JSON', good('I would be glad to help!'), /no JSON object/],
    [
      'an answer cut at the limit',
      good(json([write('many.txt', 'x')]), 'length'),
      /cut off at the output limit/,
    ],
    [
      'two answers',
      good(`${json([write('many.txt', 'a')])}\n${json([write('many.txt', 'b')])}`),
      /more than one/,
    ],
  ];
  it.each(bad)('%s: nothing of it runs, one repair call tells why', async (_, reply, problem) => {
    const { state, entries, asked } = await runWith([reply, whole]);
    expect([state.status, state.committed, asked]).toEqual(['succeeded', 1, 2]);
    const purposes = entries.flatMap((e) => (e.type === 'model.requested' ? [e.purpose] : []));
    expect(purposes).toEqual(['iteration', 'repair']);
    expect(JSON.stringify(server?.requests[1]?.body['messages'])).toMatch(problem);
    expect(existsSync(join(world.app.homes.dir, state.id, 'sandbox/repo/many.txt'))).toBe(false);
  });

  it('twice: the iteration is recorded as failed, the next one is asked anew', async () => {
    const nonsense = good('still no JSON');
    const { state, entries, asked } = await runWith([nonsense, nonsense, whole]);
    expect([state.status, state.committed, asked]).toEqual(['succeeded', 2, 3]);
    expect(entries.filter((e) => e.type === 'answer.invalid')).toHaveLength(1);
    const errors = readFileSync(join(world.app.homes.dir, state.id, '.ralph/errors.log'), 'utf8');
    expect(errors).toMatch(/\[iteration 1\].*could not be used/);
  });

  it('without usage: the tokens are estimated and counted', async () => {
    const text = json([write('file.txt', 'good\n')], ['M1.1', 'M1.2']);
    const { state, entries } = await runWith([{ steps: [piece(text), finish('stop'), done] }]);
    expect(state.status).toBe('succeeded');
    const answered = entries.find((e) => e.type === 'model.answered');
    expect(answered).toMatchObject({ usage: { estimated: true } });
    expect(state.spent.tokens).toBeGreaterThan(500);
    expect(state.spent.costUsd).toBeGreaterThan(0);
  });
});

describe('budgets against a real endpoint', () => {
  it.each([
    ['USD', 'max_cost_usd_estimate: 5', 'max_cost_usd_estimate: 0.012', 'budget: cost'],
    [
      'tokens',
      'max_cost_usd_estimate: 5',
      'max_cost_usd_estimate: 5\nmax_tokens_total: 12000',
      'budget: tokens',
    ],
  ])('%s: the call that could pass it does not go out', async (...[, from, to, reason]) => {
    const step = good(json([{ type: 'run', command: 'date +%s%N > n.txt' }]));
    const dear: Reply = { steps: [...(step.steps ?? []).slice(0, 2), usage(4000, 900), done] };
    server = await startModelServer([dear]);
    const models = `profiles:\n  fake: ${profile(server.baseUrl, priced)}\n`;
    world = await makeWorld({ script: '', models, env: { FAKE_KEY: key } });
    const { state } = await world.run(taskFile({ test }).replace(from, to));
    expect([state.status, state.reason]).toEqual(['failed', reason]);
    expect(server.requests.length).toBe(state.committed);
    expect(state.committed).toBeGreaterThan(0);
    expect(state.spent.costUsd).toBeLessThanOrEqual(0.012 + (reason === 'budget: cost' ? 0 : 5));
    expect(state.spent.tokens).toBeLessThanOrEqual(12_000);
    expect(Object.keys(state.reserved)).toEqual([]);
  });

  it.each([
    ['0', ', prices: { input_per_mtok: 0, output_per_mtok: 0 }'],
    ['unknown', ''],
  ])('a price of %s is refused at the start: the USD budget could not stop the run', async (_, more) => {
    server = await startModelServer([whole]);
    const models = `profiles:\n  fake: ${profile(server.baseUrl, more)}\n`;
    world = await makeWorld({ script: '', models, env: { FAKE_KEY: key } });
    await expect(world.create(taskFile({ test }))).rejects.toThrow(/price.*not known/);
    expect(world.app.homes.list()).toEqual([]);
    expect(server.requests).toHaveLength(0);
    const { status } = (await world.run(taskFile({ test, extra: 'max_tokens_total: 100000' }))).state;
    expect(status).toBe('succeeded');
  });
});
