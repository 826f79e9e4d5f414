import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { fakeGate, type FakeGateOptions } from '../../fakes/gate.ts';
import {
  modelOf,
  pathWith,
  pidsWith,
  realAgents,
  skips,
  whySkipped,
  type RealAgent,
} from '../../fakes/real-agents.ts';
import type { Step } from '../../fakes/upstream/script.ts';
import { startUpstream, type Upstream } from '../../fakes/upstream/server.ts';
import { removeFolders, runCliSession, type CliSession } from './cli-session.ts';

let upstream: Upstream | undefined;
afterEach(async () => {
  removeFolders();
  await upstream?.close();
  upstream = undefined;
});

type Asked = Partial<CliSession> & { readonly gateOptions?: FakeGateOptions };
const play = async (
  agent: RealAgent,
  { steps = [], forever }: { readonly steps?: readonly Step[]; readonly forever?: Step },
  { gateOptions, ...asked }: Asked = {},
) => {
  upstream = await startUpstream({ steps, ...(forever && { forever }) });
  const gate = fakeGate(upstream, gateOptions);
  const env = { PATH: pathWith(agent) };
  const end = await runCliSession({ agent, env, model: modelOf[agent], gate, ...asked });
  return { ...end, gate };
};

for (const agent of realAgents) {
  describe.skipIf(skips(agent))(`sessions of the real ${agent}${whySkipped(agent)}`, () => {
    it('a refused credential ends the session at once and asks for a human', async () => {
      const forever = { status: 401, message: 'no such key' };
      const { outcome, gate } = await play(agent, { forever });
      expect(outcome).toMatchObject({ kind: 'failed', fatal: false, pause: 'token expired' });
      expect(gate.left).toBe(0);
    });

    it('a rate limit comes back with its wait instead of being sat out inside of the agent', async () => {
      const forever = { status: 429, headers: { 'retry-after': '600' }, message: 'slow down' };
      const { outcome } = await play(agent, { forever });
      expect(outcome).toMatchObject({ kind: 'rate-limited', waitMs: 600_000 });
    });

    it('a loop of tool calls is stopped by the budget, and what it did is kept', async () => {
      const forever = { shell: 'echo x >> count.txt' };
      const { outcome, repoDir } = await play(agent, { forever }, { gateOptions: { maxCalls: 4 } });
      expect(outcome).toMatchObject({ kind: 'worked', finalText: '' });
      expect(readFileSync(join(repoDir, 'count.txt'), 'utf8')).toMatch(/^x/);
    });

    it('a loop of tool calls is stopped by the turn limit', async () => {
      const limits = { maxTurns: 3 };
      const { outcome } = await play(agent, { forever: { shell: 'echo x >> count.txt' } }, { limits });
      expect(outcome).toMatchObject({ kind: 'worked', finalText: '' });
      expect(outcome.kind === 'worked' && outcome.summary).toContain('turn limit');
      expect(upstream?.calls.length).toBeLessThan(12);
    });

    it('no shell of its tools outlives the session, and nothing is left beside the clone', async () => {
      const mark = `RALPH_TEST_MARK=${agent}-${process.pid}`;
      const shell = `${mark} setsid sleep 300 >/dev/null 2>&1 & ${mark} nohup sleep 300 >/dev/null 2>&1 & sleep 0.3; echo out`;
      const { outcome, beside } = await play(agent, { steps: [{ shell }, { say: 'Started.' }] });
      expect(outcome).toMatchObject({ kind: 'worked', finalText: 'Started.' });
      expect(pidsWith(mark)).toEqual([]);
      expect(beside).toEqual(['repo']);
    });

    it('half an answer is never the final one: the agent asks again, or the session may be tried again', async () => {
      const cut = 'A text that breaks off after <promise>DONE</promise> and so means nothing';
      const { outcome } = await play(agent, { steps: [{ cut }, { say: 'Whole.' }] });
      // Gemini gives up when a stream breaks in the middle.
      if (agent === 'gemini') expect(outcome).toMatchObject({ kind: 'failed', fatal: false });
      else expect(outcome).toMatchObject({ kind: 'worked', finalText: 'Whole.' });
    });
  });
}

describe.skipIf(skips('claude'))(`what only the stream of claude tells${whySkipped('claude')}`, () => {
  it('a refused credential is known from its own lines where the gate says nothing', async () => {
    const gateOptions = { blind: true } as const;
    const refused = await play('claude', { forever: { status: 401 } }, { gateOptions });
    expect(refused.outcome).toMatchObject({ kind: 'failed', pause: 'token expired' });
  });
});

const inShell = (command: string, more: Partial<CliSession> = {}) =>
  runCliSession({
    agent: 'command',
    env: { PATH: process.env['PATH'] ?? '' },
    model: 'custom/some-model',
    command,
    ...more,
  });

/** The programs of busybox alone, as in an image of Alpine; undefined where it is not on this machine. */
const busyboxPath = (): string | undefined => {
  const dir = mkdtempSync(join(tmpdir(), 'ralph-busybox-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const { status } = spawnSync('sh', ['-c', 'busybox --install -s "$0"', dir]);
  return status === 0 ? dir : undefined;
};
/** A machine may lack it. */
const needsBusybox = (process.env['RALPH_REQUIRE_BACKENDS'] ?? '').split(',').includes('busybox');

describe('a command of the task file', () => {
  it('leaves no process behind, also where nothing but busybox is there', async ({ skip }) => {
    const path = busyboxPath();
    if (path === undefined && !needsBusybox) return skip('busybox is not on this machine');
    const mark = `RALPH_TEST_MARK=busybox-${process.pid}`;
    const { outcome } = await inShell(`${mark} setsid sleep 300 >/dev/null 2>&1 & sleep 0.3; echo out`, {
      env: { PATH: path ?? '' },
    });
    expect(outcome).toMatchObject({ kind: 'worked', finalText: 'out' });
    expect(pidsWith(mark)).toEqual([]);
  });

  it('gets the prompt as a file and on its input, the values quoted, and works in the clone', async () => {
    const { outcome, repoDir, events } = await inShell(
      'cat {{prompt_file}} > got.txt; cat > stdin.txt; echo "{{model}} {{iteration}}" > values.txt; pwd; echo all done',
      { prompt: 'x'.repeat(400_000) },
    );
    expect(outcome).toMatchObject({ kind: 'worked', summary: 'all done', finalText: 'all done' });
    expect(readFileSync(join(repoDir, 'values.txt'), 'utf8')).toBe('some-model 1\n');
    expect(readFileSync(join(repoDir, 'got.txt'), 'utf8')).toHaveLength(
      400_000 + 'Do as you are told.\n\n---\n\n'.length,
    );
    expect(readFileSync(join(repoDir, 'stdin.txt'), 'utf8')).toBe(
      readFileSync(join(repoDir, 'got.txt'), 'utf8'),
    );
    expect(events).toContainEqual({ type: 'agent.said', n: 1, text: repoDir });
  });

  it('finds the way to the model under all the usual names', async () => {
    upstream = await startUpstream({ steps: [] });
    const { outcome, repoDir } = await inShell('env > env.txt; echo ok', { gate: fakeGate(upstream) });
    expect(outcome.kind).toBe('worked');
    const env = readFileSync(join(repoDir, 'env.txt'), 'utf8').split('\n');
    const { url } = upstream;
    for (const line of [
      `ANTHROPIC_BASE_URL=${url}`,
      'ANTHROPIC_API_KEY=phantom-for-one-session',
      `OPENAI_BASE_URL=${url}/v1`,
      'OPENAI_API_KEY=phantom-for-one-session',
      `GOOGLE_GEMINI_BASE_URL=${url}`,
      'GEMINI_API_KEY=phantom-for-one-session',
    ])
      expect(env).toContain(line);
  });

  it('is ended when it says nothing for too long, with the shells that it left', async () => {
    const mark = `RALPH_TEST_MARK=idle-${process.pid}`;
    const { outcome } = await inShell(`${mark} setsid sleep 300 & sleep 300`, { limits: { idleMs: 700 } });
    expect(outcome).toMatchObject({ kind: 'invalid' });
    expect(outcome.kind === 'invalid' && outcome.problem).toContain('no sign of life');
    expect(pidsWith(mark)).toEqual([]);
  });

  it('is never a success when it fails, is killed, or says nothing', async () => {
    const failed = await inShell('echo "<promise>DONE</promise>"; exit 3');
    expect(failed.outcome).toMatchObject({ kind: 'invalid' });
    const killed = await inShell('echo "<promise>DONE</promise>"; kill -9 $$');
    expect(killed.outcome).toMatchObject({ kind: 'invalid' });
    expect(killed.outcome.kind === 'invalid' && killed.outcome.problem).toContain('SIGKILL');
    expect((await inShell('true')).outcome).toMatchObject({ kind: 'invalid' });
  });

  it('that is not there is said so, and no session is tried again', async () => {
    const { outcome } = await inShell('no-such-agent --now');
    expect(outcome).toMatchObject({ kind: 'failed', fatal: true });
    expect(outcome.kind === 'failed' && outcome.detail).toContain('no-such-agent');
  });

  it('is cut off when the run is told to stop', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 500);
    const { outcome, beside } = await inShell('echo began; sleep 300', { signal: stop.signal });
    expect(outcome).toEqual({ kind: 'cancelled' });
    expect(beside).toEqual(['repo']);
  });

  it('is ended at the end of the wall time', async () => {
    const { outcome } = await inShell('sleep 300', { limits: { leftMs: 500 } });
    expect(outcome).toEqual({ kind: 'over-budget', budget: 'wall time' });
  });

  it('that floods its output costs neither memory nor log', async () => {
    const { outcome, events } = await inShell('yes a-line-of-noise | head -c 30000000; echo; echo last');
    expect(outcome).toMatchObject({ kind: 'worked', finalText: 'last' });
    expect(events.length).toBeLessThan(1_100);
    expect(outcome.kind === 'worked' && outcome.raw.length).toBeLessThan(400_000);
  });
});
