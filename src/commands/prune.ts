import { z } from 'zod';
import { RalphError } from '../domain/error.ts';
import { containerBackends, oldImages } from '../domain/image.ts';
import { isEnded } from '../domain/run-status.ts';
import { selectRuns } from '../domain/select.ts';
import { singleLine } from '../domain/terminal.ts';
import type { ContainerStore, StoredContainer } from '../ports/container-store.ts';
import type { App, RunInfo } from './app.ts';
import { defineCommand, selector } from './define.ts';
import { selectable } from './selectable.ts';
import { sized } from '../domain/sized.ts';

type Kind = 'run' | 'container' | 'image';
interface Leftover {
  readonly kind: Kind;
  readonly id: string;
  readonly bytes: number;
  readonly text: string;
  /** False when somebody still needs it. */
  remove(): Promise<boolean>;
}
interface Stored {
  readonly store: ContainerStore;
  readonly containers: readonly StoredContainer[];
}
type Selection = z.output<typeof selector>;

const words: Readonly<Record<Kind, string>> = {
  run: 'ended run(s)',
  container: 'container(s) without a run',
  image: 'old image(s)',
};

/** Engines that are there; of the others nothing can be left over that we could reach. */
const storesOf = async (app: App): Promise<readonly Stored[]> => {
  const found: Stored[] = [];
  for (const backend of containerBackends) {
    try {
      const store = await app.containerStore(backend);
      found.push({ store, containers: await store.containers(app.homes.dir) });
    } catch (error) {
      if (!(error instanceof RalphError && error.code === 'sandbox.unavailable')) throw error;
    }
  }
  return found;
};

const removeRun = async (app: App, run: RunInfo): Promise<boolean> => {
  try {
    await (await app.engine()).removeRun(run.id);
    return true;
  } catch (error) {
    if (error instanceof RalphError && error.code === 'run.locked') return false;
    throw error;
  }
};

const isOf = (app: App, { labels }: StoredContainer): boolean => labels['ralph.fleet'] === app.homes.dir;

const runsOf = (app: App, runs: readonly RunInfo[], stored: readonly Stored[]): readonly Leftover[] =>
  runs.map((run) => {
    const boxes = stored
      .flatMap(({ containers }) => containers)
      .filter((box) => isOf(app, box) && box.labels['ralph.run'] === run.id);
    return {
      kind: 'run',
      id: run.id,
      bytes: app.homes.diskBytes(run.id) + boxes.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
      text: `${run.state.status}  ${singleLine(run.state.task, 80)}`,
      remove: () => removeRun(app, run),
    };
  });

const orphansOf = (app: App, { store, containers }: Stored): readonly Leftover[] => {
  // Asked after the containers were: a run has its home before it has a container.
  const known = new Set(app.homes.list());
  return containers
    .filter((box) => isOf(app, box) && !known.has(box.labels['ralph.run'] ?? ''))
    .map((box) => ({
      kind: 'container',
      id: box.id.slice(0, 12),
      bytes: box.bytes ?? 0,
      text: `${store.backend}  ${singleLine(box.name, 80)}`,
      remove: async () => {
        await store.removeContainer(box.id);
        return true;
      },
    }));
};

const imagesOf = async ({ store }: Stored): Promise<readonly Leftover[]> =>
  oldImages(await store.images()).map((image) => ({
    kind: 'image',
    id: image.id.replace(/^sha256:/, '').slice(0, 12),
    bytes: image.bytes,
    text: `${store.backend}  ${image.names.join(' ')}`,
    remove: () => store.removeImage(image),
  }));

/** Without named runs also what no run is left of. Nothing without a label of ours, nothing of another state folder. */
const leftoversOf = async (app: App, args: Selection): Promise<readonly Leftover[]> => {
  const isWhole = args.runs.length === 0 && args.filter === '';
  const stored = await storesOf(app);
  const ended = selectRuns(selectable(app.runs()), args, { whenEmpty: 'all' })
    .map((s) => s.info)
    .filter((run) => isEnded(run.state.status));
  const found = [...runsOf(app, ended, stored)];
  if (!isWhole) return found;
  for (const one of stored) found.push(...orphansOf(app, one), ...(await imagesOf(one)));
  return found;
};

const sum = (items: readonly Leftover[]): number => items.reduce((all, { bytes }) => all + bytes, 0);

const summary = (items: readonly Leftover[]): string =>
  (['run', 'container', 'image'] as const)
    .map((kind) => ({ kind, of: items.filter((item) => item.kind === kind) }))
    .filter(({ of }) => of.length > 0)
    .map(({ kind, of }) => `${of.length} ${words[kind]} (${sized(sum(of))})`)
    .join(', ');

export const prune = defineCommand({
  id: 'fleet.prune',
  title: 'Remove ended runs with their sandboxes, containers without a run, and old images; shows the sizes',
  group: 'Fleet',
  args: selector.extend({ dryRun: z.boolean().default(false).describe('only show') }),
  emptyMeansAll: true,
  cli: { path: 'prune', positional: ['runs'], variadic: true },
  examples: ['prune --dry-run', 'prune --filter status=succeeded --yes'],
  confirm: async ({ app }, { dryRun, ...args }) => {
    const items = dryRun ? [] : await leftoversOf(app, args);
    return items.length === 0 ? undefined : `Remove ${summary(items)} with all their files?`;
  },
  run: async ({ app, out }, { dryRun, ...args }) => {
    let freed = 0;
    // Now: a run that was named is unknown once it is removed.
    const kept = selectRuns(selectable(app.runs()), args, { whenEmpty: 'all' }).filter(
      ({ info }) => !isEnded(info.state.status),
    ).length;
    for (const item of await leftoversOf(app, args)) {
      const { kind, id, bytes, text } = item;
      const removed = !dryRun && (await item.remove());
      if (dryRun || removed) freed += bytes;
      if (out.asJson) out.json({ kind, [kind]: id, bytes, removed });
      else {
        const outcome = removed ? '  removed' : '  kept: something still uses it';
        out.print(
          `${kind.padEnd(9)}  ${id.padEnd(12)}  ${sized(bytes).padStart(12)}  ${text}${dryRun ? '' : outcome}`,
        );
      }
    }
    if (!out.asJson)
      out.print(
        `${sized(freed)} ${dryRun ? 'could be freed' : 'freed'}; ${kept} run(s) that have not ended are kept`,
      );
    return 0;
  },
});
