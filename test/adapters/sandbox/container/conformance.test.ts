import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createEngine } from '../../../../src/adapters/sandbox/container/connection.ts';
import { engines } from '../../../../src/adapters/sandbox/container/engines.ts';
import { readMachine } from '../../../../src/adapters/sandbox/container/machine.ts';
import { containerProvider } from '../../../../src/adapters/sandbox/container/provider.ts';
import { sandboxConformance } from '../../../conformance/sandbox.ts';
import { podmanMissing, realDocker, testImage } from '../../../fixtures/container/engine.ts';

const missing = podmanMissing();

describe.skipIf(missing !== undefined)(
  `containers${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  async () => {
    if (missing !== undefined) return;
    const root = mkdtempSync(join(tmpdir(), 'ralph-containers-'));
    const env = { ...process.env, XDG_RUNTIME_DIR: root };
    const options = { env, registryDir: join(root, 'registry'), image: () => Promise.resolve(image) };
    const image = testImage();
    const adapter = new URL('../../../../src/adapters/sandbox/container/provider.ts', import.meta.url).href;
    const attachProgram = join(root, 'attach.ts');
    writeFileSync(
      attachProgram,
      `import { containerProvider } from ${JSON.stringify(adapter)};
const provider = containerProvider('podman', { env: ${JSON.stringify(env)}, registryDir: ${JSON.stringify(options.registryDir)} });
const box = await provider.attach(JSON.parse(process.argv[2]!));
process.stdout.write((await box!.exec({ argv: ['cat', 'note'] })).stdout);`,
    );
    const engine = createEngine({
      traits: engines.podman,
      machine: readMachine(),
      env,
      runDir: join(root, 'ralph'),
    });
    const { socket } = await engine.connect();
    afterAll(() => rmSync(root, { recursive: true, force: true }));

    const podman = containerProvider('podman', options);
    sandboxConformance({ provider: podman, attachProgram });
    sandboxConformance({ provider: podman, stripped: true });
    // Where there is no real one, Podman's own Docker-compatible socket stands for it.
    const real = realDocker();
    const dockerEnv = typeof real === 'string' ? { DOCKER_HOST: `unix://${socket}` } : real.env;
    const docker = containerProvider('docker', { ...options, env: { ...env, ...dockerEnv } });
    const title = typeof real === 'string' ? `docker, over Podman's socket (${real})` : 'docker, a real one';
    sandboxConformance({ provider: docker, title });

    it('finds what it needs on this machine, and starts the service by itself', async () => {
      const findings = await podman.check();
      expect(findings.filter(({ level }) => level === 'fail')).toEqual([]);
      expect(findings[0]?.what).toMatch(/^Podman \d+\.\d+/);
    });
  },
);
