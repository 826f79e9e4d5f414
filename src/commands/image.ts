import { z } from 'zod';
import { RalphError } from '../domain/error.ts';
import { agentPackagesOf, containerBackends, DEFAULT_IMAGE, pickDefault } from '../domain/image.ts';
import type { ContainerBackend, ImageInfo } from '../domain/image.ts';
import { singleLine } from '../domain/terminal.ts';
import type { App } from './app.ts';
import { defineCommand } from './define.ts';
import { sized } from '../domain/sized.ts';

const backend = z
  .enum(containerBackends)
  .optional()
  .describe('engine that keeps the image; the setting `backend` where it is one, else podman');

const engineOf = (app: App, said: ContainerBackend | undefined): ContainerBackend =>
  said ?? containerBackends.find((one) => one === app.settings.get('backend')) ?? 'podman';

export const imageBuild = defineCommand({
  id: 'image.build',
  title: 'Build the image that container runs use when they name none',
  group: 'Set up',
  args: z.object({
    from: z
      .string()
      .optional()
      .describe('another base: Debian or Ubuntu with Node 22 or newer')
      .meta({ value: 'BASE' }),
    rootfs: z
      .boolean()
      .default(false)
      .describe(
        'where no registry can be reached: from Debian packages by mmdebstrap, with the Node of this machine',
      ),
    agents: z
      .string()
      .default('')
      .describe('agent CLIs to put in, as in claude,codex@0.169.0')
      .meta({ value: 'NAMES' }),
    rebuild: z.boolean().default(false).describe('also when an image of the same content is there'),
    backend,
  }),
  cliOnly: true,
  cli: { path: 'image build' },
  examples: ['image build', 'image build --rootfs --agents claude,codex'],
  run: async (context, { from, rootfs, agents, rebuild, backend: said }) => {
    const { app, out } = context;
    if (rootfs && from !== undefined)
      throw new RalphError('usage', '--rootfs makes its own base', { hint: 'leave out --from' });
    const packages = agentPackagesOf(agents);
    const store = await app.containerStore(engineOf(app, said));
    const { name, image, built } = await store.build({
      ...(from !== undefined && { from }),
      rootfs,
      rebuild,
      agents: packages,
      onLine: (line) => out.error(singleLine(line, 400)),
      signal: context.interrupted(),
    });
    if (out.asJson) out.json({ name, id: image.id, bytes: image.bytes, built });
    else
      out.print(
        `${name}  ${sized(image.bytes)}${built ? '' : '  was there already; --rebuild makes it anew'}`,
      );
    return 0;
  },
});

const rowOf = (image: ImageInfo, notes: readonly string[]): string => {
  const names = image.names.length > 0 ? image.names.join(' ') : image.id.slice(0, 19);
  return [
    image.createdAt.slice(0, 16).replace('T', ' '),
    sized(image.bytes).padStart(12),
    names,
    ...notes,
  ].join('  ');
};

export const imageList = defineCommand({
  id: 'image.list',
  title: 'List the images that ralph has built, newest first',
  group: 'Set up',
  looksOnly: true,
  args: z.object({ backend }),
  cli: { path: 'image list' },
  run: async ({ app, out }, { backend: said }) => {
    const engine = engineOf(app, said);
    const store = await app.containerStore(engine);
    const images = await store.images();
    const current = pickDefault(images)?.image;
    for (const image of images) {
      const isDefault = image === current;
      const outdated = store.isOutdated(image);
      if (out.asJson) out.json({ ...image, default: isDefault, outdated });
      else
        out.print(
          rowOf(image, [
            ...(isDefault ? ['default'] : []),
            ...(outdated ? ['outdated: this version would build another one'] : []),
          ]),
        );
    }
    if (images.length === 0 && !out.asJson) out.print(`${engine} has none; ralph image build makes one`);
    return 0;
  },
});

export const imageRemove = defineCommand({
  id: 'image.remove',
  title: 'Remove images that ralph has built',
  group: 'Set up',
  args: z.object({
    names: z
      .array(z.string())
      .default([])
      .describe('tags, ids or their first characters; the old ones are removed by prune')
      .meta({ value: 'IMAGE' }),
    backend,
  }),
  cli: { path: 'image remove', positional: ['names'], variadic: true },
  examples: ['image remove 0123456789ab'],
  confirm: (_context, { names }) => (names.length > 0 ? `Remove ${names.length} image(s)?` : undefined),
  run: async ({ app, out }, { names, backend: said }) => {
    if (names.length === 0)
      throw new RalphError('usage', 'which image?', { hint: 'ralph image list shows them' });
    const store = await app.containerStore(engineOf(app, said));
    const images = await store.images();
    let failed = 0;
    for (const name of names) {
      const image = images.find((one) => isCalled(one, name));
      if (!image)
        throw new RalphError('usage', `no image of ralph is called ${singleLine(name, 80)}`, {
          hint: 'ralph image list shows them; others are never touched',
        });
      const removed = await store.removeImage(image);
      if (!removed) failed += 1;
      if (out.asJson) out.json({ image: image.id, removed });
      else out.print(`${rowOf(image, [removed ? 'removed' : 'kept: something still uses it'])}`);
    }
    return failed > 0 ? 1 : 0;
  },
});

const SHORTEST_ID = 4;

const isCalled = ({ id, names, hash }: ImageInfo, name: string): boolean =>
  names.includes(name) ||
  names.includes(`${DEFAULT_IMAGE}:${name}`) ||
  hash === name ||
  (name.length >= SHORTEST_ID && id.replace(/^sha256:/, '').startsWith(name.replace(/^sha256:/, '')));
