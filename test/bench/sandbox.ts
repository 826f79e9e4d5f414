import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { containerProvider } from '../../src/adapters/sandbox/container/provider.ts';
import { withResidentShell } from '../../src/engine/workspace/resident-shell.ts';
import { supervise } from '../../src/engine/workspace/supervise.ts';
import type { Sandbox, SandboxProvider } from '../../src/ports/sandbox.ts';
import { benchContainerFleet } from './fleet.ts';
import { ratioRow, type Bench, type Row } from './row.ts';

const run = promisify(execFile);
const podman = (...args: readonly string[]): Promise<unknown> => run('podman', args);
const INIT = `trap 'exit 0' TERM; while :; do sleep 2147483647 & wait $!; done`;

const timed = async (task: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await task();
  return performance.now() - began;
};

interface Place {
  readonly provider: SandboxProvider;
  readonly root: string;
  readonly image: string;
}

const create = ({ provider, root }: Place, name: string): Promise<Sandbox> =>
  provider.create({ name, hostDir: join(root, name, 'box'), env: {}, labels: {} });

/** The same container as ours, by the command line: no network, the work folder, the limits this machine needs. */
const runDetached = ({ root, image }: Place, name: string): Promise<unknown> => {
  const dir = join(root, name);
  mkdirSync(dir, { recursive: true });
  const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=4096:4096', '--pids-limit', '4096'];
  const mount = ['-v', `${dir}:/workspace`, '--network', 'none'];
  return podman('run', '-d', '--name', name, ...limits, ...mount, image, 'sh', '-c', INIT);
};
const removeAll = (names: readonly string[]): Promise<unknown> => podman('rm', '-f', '-t', '0', ...names);

/** A command from outside, and one through the shell that stays in the sandbox, both against the command line. */
const execRows = async (place: Place, times: number): Promise<readonly Row[]> => {
  const box = await create(place, 'bench-exec');
  const newId = (): string => randomBytes(6).toString('hex');
  const resident = withResidentShell(supervise(box, newId), newId);
  const ours: number[] = [];
  const inShell: number[] = [];
  const floor: number[] = [];
  for (let i = 0; i < times + 2; i += 1) {
    const one = await timed(() => box.exec({ argv: ['true'] }));
    const small = await timed(() => resident.exec({ argv: ['true'], short: true }));
    const other = await timed(() => podman('exec', box.ref.id, 'true'));
    // The first two warm all up.
    if (i >= 2) {
      ours.push(one);
      inShell.push(small);
      floor.push(other);
    }
  }
  await resident.destroy();
  return [
    ratioRow({ what: 'a command in a container, against `podman exec`', floor, ours, most: 0.65 }),
    ratioRow({ what: 'through the resident shell, against `podman exec`', floor, ours: inShell, most: 0.05 }),
  ];
};

const createRow = async (place: Place, times: number): Promise<Row> => {
  const ours: number[] = [];
  const floor: number[] = [];
  for (let i = 0; i < times; i += 1) {
    let box: Sandbox | undefined;
    ours.push(await timed(async () => (box = await create(place, `bench-create-${i}`))));
    await box?.destroy();
    const name = `ralph-bench-${process.pid}-${i}`;
    floor.push(await timed(() => runDetached(place, name)));
    await removeAll([name]);
  }
  return ratioRow({ what: 'create and start, against `podman run -d`', floor, ours, most: 0.75 });
};

const manyRow = async (place: Place, count: number): Promise<Row> => {
  const numbers = Array.from({ length: count }, (_, i) => i);
  const boxes: Sandbox[] = [];
  const ours = await timed(() =>
    Promise.all(numbers.map(async (i) => boxes.push(await create(place, `bench-many-${i}`)))),
  );
  await Promise.all(boxes.map((box) => box.destroy()));
  const names = numbers.map((i) => `ralph-bench-${process.pid}-many-${i}`);
  const floor = await timed(() => Promise.all(names.map((name) => runDetached(place, name))));
  await removeAll(names);
  return ratioRow({
    what: `${count} containers at once, against as many \`podman run -d\``,
    floor: [floor],
    ours: [ours],
    most: 1,
  });
};

/** What the adapter costs against the engine's own command line, interleaved. */
export const benchSandbox: Bench = async ({ quick, say }) => {
  const script = fileURLToPath(new URL('../fixtures/container/build-image.sh', import.meta.url));
  const root = mkdtempSync(join(tmpdir(), 'ralph-bench-'));
  try {
    const image = execFileSync('sh', [script], { encoding: 'utf8' }).trim();
    const env = { ...process.env, XDG_RUNTIME_DIR: root };
    const options = { env, registryDir: join(root, 'registry'), image: () => Promise.resolve(image) };
    const place = { provider: containerProvider('podman', options), root, image };
    return [
      ...(await execRows(place, quick ? 10 : 50)),
      await createRow(place, quick ? 5 : 20),
      await manyRow(place, quick ? 10 : 50),
      ...(await benchContainerFleet({ quick, say }, image)),
    ];
  } catch (error) {
    if (process.env['RALPH_REQUIRE_BACKENDS']?.includes('podman')) throw error;
    say(`sandbox: skipped, no Podman that can make containers: ${(error as Error).message.split('\n')[0]}`);
    return [];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
};
