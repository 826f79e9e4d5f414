import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createHost } from '../../src/adapters/host/host.ts';
import { openTrap } from '../../src/adapters/host/trap.ts';
import { createGates } from '../../src/adapters/proxy/create-gates.ts';
import { sandboxProvider } from '../../src/adapters/sandbox/registry.ts';
import type { SelftestReport } from '../../src/domain/selftest.ts';
import { selftest } from '../../src/engine/selftest/selftest.ts';
import type { SandboxProvider } from '../../src/ports/sandbox.ts';
import type { Step } from '../fakes/upstream/script.ts';
import { gateEnv, startUpstream } from '../fakes/upstream/server.ts';
import { makeWorld, type World } from '../fakes/world.ts';
import { isThere, pathWith, realAgents, skips, whySkipped } from '../fakes/real-agents.ts';
import { agentsImage, podmanMissing, testImage } from '../fixtures/container/engine.ts';

const missing = podmanMissing();
const why = missing === undefined ? '' : ` (${missing})`;
const TWENTY_MINUTES = 1_200_000;
const ONE_TEST = 300_000;

let world: World;
beforeAll(async () => {
  const models = 'profiles:\n  fake: { litellm_model: anthropic/claude-sonnet-4-5 }\n';
  world = await makeWorld({ script: '', models });
});
afterAll(() => world.destroy());

const podman = (...args: readonly string[]): string => execFileSync('podman', args, { encoding: 'utf8' });
const ralph = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  world.cli(['selftest', ...args], { env });
const reportOf = (stdout: string): SelftestReport => JSON.parse(stdout) as SelftestReport;
const outcomes = ({ checks }: SelftestReport) =>
  Object.fromEntries(checks.map(({ id, outcome }) => [id, outcome]));
const check = ({ checks }: SelftestReport, wanted: string) => checks.find(({ id }) => id === wanted);
/** The container of a report, as Podman lists it: '' when it is gone. */
const left = (report: SelftestReport): string => {
  const [name = ''] = (check(report, 'sandbox')?.detail ?? '').split(',');
  expect(name).toMatch(/^ralph-selftest-/);
  return podman('ps', '--all', '--format', '{{.Names}}', '--filter', `name=${name}`);
};

describe.skipIf(missing !== undefined)(`ralph selftest in a container${why}`, () => {
  let image = '';
  beforeAll(() => {
    if (realAgents.some(isThere)) image = agentsImage();
  }, TWENTY_MINUTES);

  it.skipIf(realAgents.every(skips)).each(realAgents.filter((agent) => !skips(agent)))(
    'passes all its checks with the real %s, without a network, and leaves nothing behind',
    async (agent) => {
      const args = ['--offline', '--backend', 'podman', '--agent', agent, '--image', image, '--json'];
      const { code, stdout, stderr } = await ralph(args);
      const report = reportOf(stdout);
      expect(report.checks.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
      expect([code, stderr, report.ok, report.checks.length]).toEqual([0, '', true, 9]);
      expect(check(report, 'agent')?.detail).toBe(`${agent}: ok, 11 tokens`);
      expect(check(report, 'isolation')?.detail).toContain('a foreign host refused by the gate');
      expect(left(report)).toBe('');
    },
    ONE_TEST,
  );

  it(
    'tells people what is wrong and what to do: no credential, no image, no agent in it; and still cleans up',
    async () => {
      const base = testImage();
      const none = await ralph(['--backend', 'podman', '--agent', 'claude', '--image', base]);
      expect([none.code, none.stdout]).toEqual([
        1,
        expect.stringContaining('no credential for the agent claude'),
      ]);
      expect(none.stdout).toContain('ralph token set --agent claude');
      expect(none.stdout).toContain('skip  the agent says ok: needs reach');
      expect(none.stdout).toContain('ok    nothing is left');

      const lost = await ralph(['--offline', '--image', 'localhost/ralph-none:1']);
      expect([lost.code, lost.stdout]).toEqual([
        1,
        expect.stringContaining('podman has no image localhost/ralph-none:1'),
      ]);
      expect(lost.stdout).toContain('ralph image build');

      const bare = await ralph(['--offline', '--agent', 'claude', '--image', base, '--json']);
      const report = reportOf(bare.stdout);
      expect([bare.code, report.ok]).toEqual([1, false]);
      expect(outcomes(report)).toMatchObject({ agent: 'failed', isolation: 'passed', 'clean-up': 'passed' });
      expect(check(report, 'agent')?.detail).toContain('claude cannot be started in the sandbox');
      expect(check(report, 'agent')?.hint).toContain('ralph image build --agents claude');
      expect(left(report)).toBe('');
    },
    ONE_TEST,
  );

  it(
    'takes its sandbox down when it is interrupted',
    async () => {
      const child = world.start(['selftest', '--offline', '--image', testImage()]);
      let said = '';
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        if (!said.includes('a test sandbox') && text.includes('a test sandbox')) child.kill('SIGINT');
        said += text;
      });
      const code = await new Promise((resolve) => child.once('close', resolve));
      const name = /a test sandbox: (ralph-selftest-[\w-]+)/.exec(said)?.[1] ?? 'none';
      expect([code, said]).toEqual([130, expect.stringContaining(': interrupted')]);
      expect(said).toContain('ok    nothing is left');
      expect(podman('ps', '--all', '--format', '{{.Names}}', '--filter', `name=${name}`)).toBe('');
    },
    ONE_TEST,
  );

  it(
    'finds out that a backend has given its sandbox a whole network',
    async () => {
      const dir = mkdtempSync(join(tmpdir(), 'ralph-open-'));
      const host = createHost({});
      const real = await sandboxProvider('podman', {
        env: world.env,
        registryDir: join(world.env['XDG_STATE_HOME'] ?? '', 'ralph', 'sandboxes'),
      });
      const open: SandboxProvider = {
        ...real,
        create: (spec, signal) => real.create({ ...spec, network: 'full' }, signal),
      };
      const found = { kind: 'api-key', value: 'key-of-nobody', from: 'the test' } as const;
      const image = testImage();
      const report = await selftest(
        {
          host,
          agentId: 'claude',
          agent: {
            session: () =>
              Promise.resolve({ kind: 'worked', summary: 'ok', raw: '', tools: [], finalText: 'ok' }),
          },
          profile: 'any',
          image: () => Promise.resolve(image),
          provider: () => Promise.resolve(open),
          gates: createGates({
            env: {},
            tokens: {
              find: () => Promise.resolve(found),
              set: () => Promise.resolve(''),
              remove: () => Promise.resolve([]),
            },
            prices: () => Promise.resolve(undefined),
            now: () => new Date(),
            allow: [],
            gitAuth: () => Promise.resolve(undefined),
          }),
          isHealthy: () => Promise.resolve(true),
          random: Math.random,
          trap: openTrap,
          workDir: dir,
          signal: new AbortController().signal,
        },
        { offline: true, onCheck: () => {} },
      );
      rmSync(dir, { recursive: true, force: true });
      const said = { ...report, backend: 'podman' };
      expect(outcomes(said)).toEqual({
        token: 'passed',
        proxy: 'passed',
        image: 'passed',
        sandbox: 'passed',
        network: 'failed',
        reach: 'passed',
        agent: 'passed',
        isolation: 'failed',
        'clean-up': 'passed',
      });
      expect(check(said, 'network')?.detail).toMatch(/^the sandbox has [a-z]+0/);
      expect(check(said, 'isolation')?.detail).toBe('the sandbox reached a listener on this machine');
      expect(report.ok).toBe(false);
      expect(left(said)).toBe('');
    },
    ONE_TEST,
  );
});

it('fails with a hint where the engine is not there, and goes on to clean up', async () => {
  const bin = join(world.dir, 'bin');
  mkdirSync(bin);
  for (const name of ['git', 'sh']) {
    const path = execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
    symlinkSync(path, join(bin, name));
  }
  const { code, stdout } = await ralph(['--offline', '--json'], { PATH: bin });
  const report = reportOf(stdout);
  expect([code, report.ok]).toEqual([1, false]);
  expect(outcomes(report)).toMatchObject({
    token: 'passed',
    image: 'failed',
    sandbox: 'skipped',
    agent: 'skipped',
    'clean-up': 'passed',
  });
  expect(check(report, 'image')?.hint).toMatch(/install|podman/i);
});

it.skipIf(skips('claude'))(
  `says on the local backend what it cannot prove there${whySkipped('claude')}`,
  async () => {
    const { code, stdout } = await ralph(['--offline', '--backend', 'local'], { PATH: pathWith('claude') });
    expect([code, stdout]).toEqual([0, expect.stringContaining('ok    the agent says ok: claude: ok')]);
    expect(stdout.match(/^skip {2}.*: this backend does not isolate$/gm)).toHaveLength(2);
    expect(stdout).toContain('claude on local, against a model of our own: 7 checks passed, 2 left out');
  },
);

describe.skipIf(skips('claude'))(`a provider that does not answer${whySkipped('claude')}`, () => {
  const failing = async (forever: Step): Promise<SelftestReport> => {
    const upstream = await startUpstream({ steps: [], forever });
    onTestFinished(() => upstream.close());
    const env = { PATH: pathWith('claude'), ...gateEnv(upstream, 'key-of-nobody') };
    const { code, stdout } = await ralph(['--agent', 'claude', '--backend', 'local', '--json'], env);
    const report = reportOf(stdout);
    const failed = report.checks.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id);
    expect([code, report.ok, failed]).toEqual([1, false, ['agent']]);
    return report;
  };

  it.each([
    [{ status: 401 }, /refused the credential \(401\)/, 'ralph token set'],
    [{ status: 429, headers: { 'retry-after': '900' } }, /rate limit \(429\)/, 'try again later'],
  ] as const)(
    'makes the one check fail that it breaks, with what to do: %j',
    async (...[step, why, what]) => {
      const found = check(await failing(step), 'agent');
      expect(found?.detail).toMatch(why);
      expect(found?.hint).toContain(what);
    },
  );
});
