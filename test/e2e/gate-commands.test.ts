import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Entry } from '../../src/domain/event.ts';
import { startGitHttpServer } from '../fakes/git-http-server.ts';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';
import { podmanMissing, testImage } from '../fixtures/container/engine.ts';

const missing = podmanMissing();
const TWENTY_MINUTES = 1_200_000;
const TOKEN = 'git-token-3pVn81sKw6';
const authorization = `Basic ${Buffer.from(`x-access-token:${TOKEN}`).toString('base64')}`;

let world: World;
afterEach(async () => {
  const engine = await world.app.engine();
  for (const { id } of world.app.runs()) await engine.removeRun(id);
  world.destroy();
});

const outputs = (entries: readonly Entry[]): string =>
  entries.map((entry) => (entry.type === 'command.output' ? entry.text : '')).join('');

describe.skipIf(missing !== undefined)(
  `commands of a run whose sandbox has no network but the gate${missing ? ` (${missing})` : ''}`,
  () => {
    it(
      'find it by their environment: it refuses foreign hosts in sight of the log, and lets git read the repository of the run',
      async () => {
        const image = testImage();
        const env: Record<string, string> = { RALPH_GIT_TOKEN: TOKEN };
        const finish = answer([{ type: 'write', path: 'file.txt', content: 'good\n' }], ['M1.1', 'M1.2']);
        const reach = (url: string): string =>
          `GIT_TERMINAL_PROMPT=0 git ls-remote ${url} 2>&1 || echo "exit $?"`;
        const script = answers(
          answer([{ type: 'run', command: 'echo "an action has $HTTPS_PROXY"' }]),
          finish,
        );

        world = await makeWorld({ script, env });
        const server = await startGitHttpServer({ root: world.dir, authorization });
        const repo = `${server.url}/remote.git`;
        world.git(world.remote, 'config', 'http.receivepack', 'true');
        try {
          const setup = [
            'echo "setup has $HTTPS_PROXY"',
            'pass=${HTTPS_PROXY#*ralph:}; echo "the pass is ${pass%@*}"',
            reach('https://registry.evil.invalid/left-pad'),
            reach(repo),
            `git push --dry-run ${repo} HEAD:refs/heads/stolen 2>&1 || echo "push exit $?"`,
          ];
          const text = taskFile({
            test: 'grep -q good file.txt && echo "test has $https_proxy"',
            boxes: [
              { id: 'M1.1', verify: 'grep -q good file.txt' },
              { id: 'M1.2', verify: 'grep -q good file.txt' },
            ],
            extra: `sandbox_image: ${image}\nsandbox_network: proxy\nsetup_commands: ${JSON.stringify(setup)}`,
          }).replace(/^---\n/, `---\nrepo_url: ${repo}\n`);
          const file = join(world.dir, 'task.md');
          writeFileSync(file, text);
          const { code, stderr } = await world.cli(['run', file, '--backend', 'podman'], {
            env: { RALPH_GIT_ORIGIN: server.url },
          });
          expect([code, stderr]).toEqual([0, expect.any(String)]);
          const id = world.app.homes.list()[0]!;
          const entries = world.app.homes.entries(id);
          const said = outputs(entries);
          expect(said).toMatch(/setup has http:\/\/\S+@127\.0\.0\.1:\d+/);
          expect(said).toContain('the pass is [redacted:gate-pass]');
          expect(readFileSync(join(world.app.homes.dir, id, '.ralph/activity.log'), 'utf8')).not.toContain(
            'ralph_pass_',
          );
          expect(said).toMatch(/an action has http:\/\/\S+@127\.0\.0\.1:\d+/);
          expect(said).toMatch(/test has http:\/\/\S+@127\.0\.0\.1:\d+/);
          expect(said).toMatch(/CONNECT tunnel failed, response 403/);
          expect(entries).toContainEqual(
            expect.objectContaining({
              type: 'gate.called',
              method: 'CONNECT',
              host: 'registry.evil.invalid:443',
              status: 403,
              refused: expect.any(String) as string,
            }),
          );
          const head = world.git(world.remote, 'rev-parse', 'main').trim();
          expect(said).toContain(`${head}\trefs/heads/main`);
          expect(said).toMatch(/403[\s\S]*push exit 128/);
          expect(entries).toContainEqual(
            expect.objectContaining({
              type: 'gate.called',
              status: 403,
              refused: expect.stringContaining('pushed') as string,
            }),
          );
          expect(said).not.toContain(TOKEN);
          expect(world.git(world.remote, 'branch', '--list', 'stolen')).toBe('');
        } finally {
          await server.close();
        }
      },
      TWENTY_MINUTES,
    );
  },
);
