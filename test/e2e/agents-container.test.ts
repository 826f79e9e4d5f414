import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Entry } from '../../src/domain/event.ts';
import { isThere, modelOf, realAgents, skips, whySkipped, type RealAgent } from '../fakes/real-agents.ts';
import { gateEnv, startUpstream, type Upstream } from '../fakes/upstream/server.ts';
import type { Step } from '../fakes/upstream/script.ts';
import { makeWorld, taskFile, type World } from '../fakes/world.ts';
import { agentsImage, podmanMissing } from '../fixtures/container/engine.ts';

const missing = podmanMissing();
const TWENTY_MINUTES = 1_200_000;
const ONE_RUN = 300_000;
/** The credential that only the runner and the provider may see. */
const REAL = 'sk-real-7Hw2NcVe9KdUa53m';
/** What the agent leaves everywhere: whoever does not find this would not find the credential either. */
const PLANTED = 'planted-x81-marker';
const test = 'grep -q good file.txt';
const tick =
  "sed -i 's/- \\[ \\]/- [x]/' ralph_task.md && printf '# Progress\\n\\nfile.txt is there\\n' > .ralph/progress.md";
const plant = `echo ${PLANTED} | tee file2.txt > /tmp/marker && echo ${PLANTED}`;

let image = '';
let world: World;
let upstream: Upstream;
afterEach(async () => {
  const engine = await world.app.engine();
  for (const { id } of world.app.runs()) await engine.removeRun(id);
  world.destroy();
  await upstream.close();
});

const start = async (agent: RealAgent, steps: readonly Step[], forever?: Step): Promise<void> => {
  upstream = await startUpstream({ steps, ...(forever && { forever }) });
  world = await makeWorld({
    script: '',
    backend: 'podman',
    models: `profiles:\n  fake:\n    litellm_model: ${modelOf[agent]}\n    prices: { input_per_mtok: 1, output_per_mtok: 1 }\n`,
    env: gateEnv(upstream, REAL),
  });
};
const task = (agent: RealAgent, more = ''): string =>
  taskFile({ test, extra: `agent: ${agent}\nsandbox_image: ${image}\n${more}` });

const podman = (...args: readonly string[]): string =>
  execFileSync('podman', args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });

/** Arguments and environment of every process in a container, as this machine sees them. */
const processesOf = (container: string): string => {
  const first = podman('inspect', '--format', '{{.State.Pid}}', container).trim();
  const space = (pid: string): string => readlinkSync(`/proc/${pid}/ns/pid`);
  const own = space(first);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        if (space(pid) !== own) return '';
        return `${readFileSync(`/proc/${pid}/cmdline`, 'utf8')}\n${readFileSync(`/proc/${pid}/environ`, 'utf8')}\n`;
      } catch {
        // It has ended meanwhile.
        return '';
      }
    })
    .join('');
};

/** Processes of this whole machine that show a text: the runner's own helpers, and what the engine started for it. */
const showing = (text: string): readonly string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      const all = readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/environ`, 'utf8');
      return /^\d+$/.test(pid) && all.includes(text);
    } catch {
      // It has ended meanwhile, or is no process.
      return false;
    }
  });

/** Files that hold a text; it travels on standard input, where no search finds it. */
const grep = (text: string, argv: readonly [string, ...string[]]): readonly string[] => {
  const [program, ...args] = argv;
  const { stdout } = spawnSync(program, args, { input: text, encoding: 'utf8', timeout: 120_000 });
  return stdout.split('\n').filter((line) => line !== '');
};
const search = ['grep', '-rlaF', '-D', 'skip', '-f', '-'] as const;
const inContainer = (container: string, text: string): readonly string[] =>
  grep(text, [
    'podman',
    'exec',
    '-i',
    container,
    ...search,
    '/tmp',
    '/dev/shm',
    '/root',
    '/home',
    '/workspace',
    '/var',
    '/etc',
    '/run',
    '/opt',
    '/srv',
  ]);
const onDisk = (dir: string, text: string): readonly string[] => grep(text, [...search, dir]);
/** All objects of a repository, which lie compressed on the disk. */
const objectsOf = (dir: string): string =>
  execFileSync('git', ['-C', dir, 'cat-file', '--batch-all-objects', '--batch'], {
    encoding: 'latin1',
    maxBuffer: 256 * 1024 * 1024,
  });

interface Seen {
  readonly processes: string;
  readonly showing: readonly string[];
  readonly described: string;
  readonly planted: readonly string[];
  readonly real: readonly string[];
}
/** Looks around while the agent works: at its last tool, so that the marker lies there. */
const lookAround = (container: string): Seen => ({
  processes: processesOf(container),
  showing: showing(REAL),
  described:
    podman('inspect', container) + podman('image', 'inspect', image) + podman('history', '--no-trunc', image),
  planted: inContainer(container, PLANTED),
  real: inContainer(container, REAL),
});

const follow = () => {
  const at: { container: string; tools: number; seen: Seen | undefined } = {
    container: '',
    tools: 0,
    seen: undefined,
  };
  const onEntry = (entry: Entry): void => {
    if (entry.type === 'sandbox.ready') at.container = entry.id;
    if (entry.type !== 'agent.tool') return;
    at.tools += 1;
    if (at.tools === 3) at.seen = lookAround(at.container);
  };
  return { at, onEntry };
};

describe.skipIf(missing !== undefined)(
  `in a container without a network${missing ? ` (${missing})` : ''}`,
  () => {
    beforeAll(() => {
      if (realAgents.some(isThere)) image = agentsImage();
    }, TWENTY_MINUTES);

    for (const agent of realAgents) {
      describe.skipIf(skips(agent))(`the real ${agent}${whySkipped(agent)}`, () => {
        it(
          'completes a task through the gate, and its credential is nowhere but there',
          async () => {
            await start(agent, [
              { write: 'file.txt', content: 'good\n', say: 'First the file.' },
              { shell: plant, say: 'Then a marker.' },
              { shell: tick, say: 'Now the boxes.' },
              { say: 'The file holds what it should.' },
            ]);
            const { at, onEntry } = follow();
            const { state, entries } = await world.run(task(agent), { onEntry });
            expect([state.status, state.detail, state.committed]).toEqual([
              'succeeded',
              expect.any(String),
              1,
            ]);
            expect(world.git(world.remote, 'show', `${state.branch}:file.txt`)).toBe('good\n');
            expect(world.git(world.remote, 'rev-parse', state.branch).trim()).toBe(state.headSha);
            expect(Object.values(state.boxes).every((box) => box.checked)).toBe(true);
            expect(entries).toContainEqual(expect.objectContaining({ type: 'gate.called', status: 200 }));
            expect(state.spent).toMatchObject({ tokens: 4200 });
            expect(upstream.calls.length).toBe(4);
            expect(upstream.calls.every(({ headers }) => JSON.stringify(headers).includes(REAL))).toBe(true);

            const { seen } = at;
            expect(seen?.processes).toContain('RALPH_SESSION=');
            // The search sees what stands in the credential's place: it would see the credential.
            const phantoms = new Set(seen?.processes.match(/ralph_pass_[\w-]{43}/g));
            expect(phantoms.size).toBeGreaterThan(0);
            expect(seen?.processes).toMatch(/127\.0\.0\.1:\d+/);
            expect(seen?.described).toContain(image);
            expect(seen?.planted).toEqual(
              expect.arrayContaining(['/tmp/marker', '/workspace/repo/file2.txt']) as string[],
            );
            expect(seen?.real).toEqual([]);
            expect(seen?.processes).not.toContain(REAL);
            expect(seen?.showing).toEqual([]);
            expect(showing('PATH=')).toContain(String(process.pid));
            expect(seen?.described).not.toContain(REAL);

            expect(onDisk(world.dir, PLANTED).some((path) => path.endsWith('activity.log'))).toBe(true);
            expect(onDisk(world.dir, REAL)).toEqual([]);
            for (const repo of [world.remote, join(world.app.homes.dir, state.id, 'repo.git')]) {
              const all = objectsOf(repo);
              expect(all).toContain(PLANTED);
              expect(all).not.toContain(REAL);
              for (const phantom of phantoms) expect(all).not.toContain(phantom);
            }
          },
          ONE_RUN,
        );
      });
    }

    describe.skipIf(skips('claude'))(`the real claude${whySkipped('claude')}`, () => {
      it(
        'that is refused pauses its run: the token has expired',
        async () => {
          await start('claude', [], { status: 401, message: 'invalid x-api-key' });
          const { state } = await world.run(task('claude'));
          expect([state.status, state.reason, state.committed]).toEqual(['paused', 'token expired', 0]);
        },
        ONE_RUN,
      );
      it(
        'that meets a rate limit waits as long as it is told, and that does not count',
        async () => {
          await start('claude', [
            { status: 429, headers: { 'retry-after': '17' } },
            { write: 'file.txt', content: 'good\n' },
            { shell: tick },
            { say: 'The file holds what it should.' },
          ]);
          const { state, entries } = await world.run(task('claude'));
          expect([state.status, state.committed, state.iteration]).toEqual(['succeeded', 1, 1]);
          expect(entries).toContainEqual(expect.objectContaining({ type: 'gate.called', status: 429 }));
          expect(entries).toContainEqual(
            expect.objectContaining({ type: 'run.status', status: 'waiting', reason: 'model' }),
          );
          expect(entries.filter(({ type }) => type === 'iteration.started')).toHaveLength(1);
        },
        ONE_RUN,
      );
      it(
        'that loses its connection in mid-stream gets over it',
        async () => {
          await start('claude', [
            { cut: 'I shall now begin to' },
            { write: 'file.txt', content: 'good\n' },
            { shell: tick },
            { say: 'The file holds what it should.' },
          ]);
          const { state } = await world.run(task('claude'));
          expect([state.status, state.detail]).toEqual(['succeeded', expect.any(String)]);
        },
        ONE_RUN,
      );
      it(
        'that calls its tools without end is stopped by the budget, and its work is kept',
        async () => {
          await start('claude', [], { shell: 'echo x >> count.txt' });
          const { state } = await world.run(task('claude', 'max_tokens_total: 60000'));
          expect([state.status, state.reason]).toEqual(['failed', 'budget: tokens']);
          expect(world.git(world.remote, 'show', `${state.branch}:count.txt`)).toMatch(/^x\n/);
          expect(state.spent.tokens).toBeLessThanOrEqual(60_000);
        },
        ONE_RUN,
      );
    });
  },
);
