import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { anthropicAnswer, startProvider, streamed, type ProviderServer } from '../fakes/provider-server.ts';

const TOKEN = 'sk-ant-api03-thisIsTheRealOne0123456789';
const main = join(import.meta.dirname, '../../src/main.ts');
let home: string;
let up: ProviderServer;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'ralph-credentials-'));
  up = await startProvider(streamed(anthropicAnswer(3, 2)));
});
afterEach(async () => {
  await up.close();
  rmSync(home, { recursive: true, force: true });
});

const start = (args: readonly string[], input = '', more: Record<string, string> = {}) => {
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, ANTHROPIC_BASE_URL: up.url, ...more };
  const child = spawn(process.execPath, [main, ...args], { env, cwd: home });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const said = (what: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => void (stderr.includes(what) && resolve(stdout));
      child.stderr.on('data', look);
      void ended.then(() => reject(new Error(`it ended without saying ${what}: ${stderr}`)));
      look();
    });
  return { child, ended, said, out: async () => ({ code: await ended, stdout, stderr }) };
};
const ralph = (args: readonly string[], input?: string, more?: Record<string, string>) =>
  start(args, input, more).out();

it('keeps, checks, gives and forgets a token, and shows it to nobody on the way', async () => {
  const none = await ralph(['token', 'check']);
  expect(none).toMatchObject({ code: 2 });
  expect(none.stderr).toContain('ralph token set --agent claude');
  const set = await ralph(['token', 'set', '--expires', '2099-01-01'], `${TOKEN}\n`);
  expect(set.code).toBe(0);
  const file = join(home, '.config/ralph/tokens/anthropic');
  expect(set.stdout).toContain(file);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const check = await ralph(['token', 'check']);
  expect(check.stdout).toBe(`claude: api-key of ${file}, good until 2099-01-01T00:00:00.000Z\n`);
  const doctor = await ralph(['doctor']);
  expect(doctor.stdout).toContain(`agent claude: ${file} (api-key)`);
  expect(doctor.stdout).toContain('agent codex: no credential');
  expect(await ralph(['token', 'get'])).toMatchObject({ code: 0, stdout: `${TOKEN}\n` });
  expect(JSON.stringify([set, check, doctor])).not.toContain(TOKEN);
  expect((await ralph(['token', 'remove', '--yes'])).stdout).toContain(file);
  expect((await ralph(['token', 'check', '--json'])).code).toBe(2);
});

it('says when a token has ended, with exit 1', async () => {
  await ralph(['token', 'set', '--expires', '2020-01-01'], TOKEN);
  expect(await ralph(['token', 'check', '--json'])).toMatchObject({ code: 1 });
  const served = await ralph(['proxy', '--port', '1']);
  expect(served.stderr).toContain('expired on 2020-01-01');
});

it('stands alone on a port, is reused while it is healthy, and ends with the signal', async () => {
  const port = 21_000 + (process.pid % 9_000);
  const first = start(['proxy', '--port', String(port), '--token-stdin'], TOKEN);
  const printed = await first.said('Ctrl-C ends it');
  const health = await fetch(`http://127.0.0.1:${port}/_ralph/health`);
  expect(await health.json()).toMatchObject({ status: 'ok', agent: 'claude' });
  const second = await ralph(['proxy', '--port', String(port)]);
  expect(second).toMatchObject({ code: 0, stdout: printed });
  expect(second.stderr).toContain('already; it is used.');
  const third = await ralph(['proxy', '--port', String(port), '--token-stdin'], 'sk-ant-api03-another-token');
  expect(third).toMatchObject({ code: 0, stdout: printed });
  expect(third.stderr).toContain('already; it is used, with the token that it has.');
  const phantom = /ANTHROPIC_AUTH_TOKEN='([^']+)'/.exec(printed)?.[1] ?? '';
  const answer = await fetch(`http://127.0.0.1:${port}/v1/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${phantom}` },
    body: JSON.stringify({ model: 'm', messages: [], stream: true }),
  });
  expect(await answer.text()).toBe(anthropicAnswer(3, 2));
  expect(up.requests[0]?.headers['x-api-key']).toBe(TOKEN);
  const taken = await ralph(['proxy', '--agent', 'codex', '--port', String(port)], '', {
    OPENAI_API_KEY: 'sk-other-1234',
  });
  expect(taken).toMatchObject({ code: 2 });
  expect(taken.stderr).toContain('--port');
  const seen =
    readFileSync(`/proc/${first.child.pid}/cmdline`) +
    readFileSync(`/proc/${first.child.pid}/environ`, 'utf8');
  expect(seen).not.toContain(TOKEN);
  first.child.kill('SIGINT');
  const { code, stdout, stderr } = await first.out();
  expect(code).toBe(0);
  expect(stderr).toContain('POST /v1/messages 200');
  expect(stdout + stderr).not.toContain(TOKEN);
  await expect(fetch(`http://127.0.0.1:${port}/_ralph/health`)).rejects.toThrow('fetch failed');
});
