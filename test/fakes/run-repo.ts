import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRunRepo } from '../../src/adapters/host/run-repo.ts';
import type { RunRepo } from '../../src/ports/run-repo.ts';

/** An environment with nobody's git configuration in it. */
export const bareEnv: Readonly<Record<string, string>> = {
  PATH: process.env.PATH ?? '',
  HOME: '/nonexistent',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
};

/** A real, empty run repository in a new temporary folder `root`. */
export const openRunRepo = async (): Promise<{ readonly root: string; readonly repo: RunRepo }> => {
  const root = mkdtempSync(join(tmpdir(), 'run-repo-'));
  const repo = createRunRepo({ dir: join(root, 'repo.git'), env: bareEnv });
  await repo.init();
  return { root, repo };
};

export async function* bytes(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

export const collected = async (chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> => {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
};
