import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunRepo } from '../../../../src/ports/run-repo.ts';
import {
  commitAll,
  git,
  gitBytes,
  makeRepository,
  packOf,
  writeFiles,
} from '../../../fakes/git-repository.ts';
import { bytes, openRunRepo } from '../../../fakes/run-repo.ts';

let root: string;
let repo: RunRepo;
const at = (...parts: string[]): string => join(root, ...parts);

beforeEach(async () => {
  ({ root, repo } = await openRunRepo());
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('taking a pack', () => {
  let base: string;
  const limits = { maxBytes: 10_000_000, forbidden: ['ralph_task.md'] };

  beforeEach(async () => {
    base = makeRepository(at('src'), { 'a.txt': 'a\n'.repeat(500), 'dir/b.txt': 'b\n' });
    await repo.fetchBase({ url: at('src') });
  });
  const offer = (head: string, without = [base]) =>
    repo.importPack(bytes(packOf(at('src'), head, without)), { head, base, ...limits });
  const refs = (): string => git(at('repo.git'), ['count-objects', '-v']);
  const refusals: readonly (readonly [string, () => Promise<unknown>, RegExp])[] = [
    [
      'a damaged pack',
      async () => {
        writeFiles(at('src'), { 'n.txt': 'n'.repeat(5000) });
        const head = commitAll(at('src'));
        const pack = packOf(at('src'), head, [base]);
        pack[40] = pack[40]! ^ 0xff;
        return repo.importPack(bytes(pack), { head, base, ...limits });
      },
      /damaged|inflate|pack/i,
    ],
    [
      'a cut pack',
      async () => {
        writeFiles(at('src'), { 'n.txt': 'n'.repeat(5000) });
        const head = commitAll(at('src'));
        const pack = packOf(at('src'), head, [base]);
        return repo.importPack(bytes(pack.subarray(0, pack.length - 30)), { head, base, ...limits });
      },
      /early EOF|damaged/i,
    ],
    [
      'something that is no pack',
      () => repo.importPack(bytes(Buffer.from('hello')), { head: base, base, ...limits }),
      /early EOF|pack/i,
    ],
    [
      'a pack that is too large',
      async () => {
        writeFiles(at('src'), {
          'big.bin': Buffer.from(Array.from({ length: 40_000 }, (_, i) => (i * i * 31 + (i >> 3)) & 255)),
        });
        const head = commitAll(at('src'));
        return repo.importPack(bytes(packOf(at('src'), head, [base])), {
          head,
          base,
          ...limits,
          maxBytes: 200,
        });
      },
      /larger than 200 bytes/,
    ],
    [
      'a history with a missing object',
      async () => {
        writeFiles(at('src'), { 'n.txt': 'n' });
        const middle = commitAll(at('src'));
        writeFiles(at('src'), { 'm.txt': 'm' });
        return offer(commitAll(at('src')), [middle]);
      },
      /history is not complete|damaged/i,
    ],
    [
      'a tree whose file is missing',
      async () => {
        const blob = '1'.repeat(40);
        const tree = git(at('src'), ['mktree', '--missing'], `100644 blob ${blob}\tx.txt\n`);
        const head = git(at('src'), ['commit-tree', '-p', base, '-m', 'x', tree]);
        return repo.importPack(
          bytes(gitBytes(at('src'), ['pack-objects', '--stdout', '-q'], `${head}\n${tree}\n`)),
          { head, base, ...limits },
        );
      },
      /history is not complete|damaged/i,
    ],
    [
      'a head that is not in the pack',
      () => repo.importPack(bytes(packOf(at('src'), base)), { head: '2'.repeat(40), base, ...limits }),
      /not complete/,
    ],
    [
      'a head of another history',
      async () => {
        git(at('src'), ['checkout', '-q', '--orphan', 'alone']);
        return offer(commitAll(at('src'), 'alone'), []);
      },
      /does not descend/,
    ],
    [
      'a head that is no id',
      () => repo.importPack(bytes(packOf(at('src'), base)), { head: '--all', base, ...limits }),
      /no object id/,
    ],
    [
      'a new gitlink',
      async () => {
        makeRepository(at('src/nested'));
        return offer(commitAll(at('src')));
      },
      /gitlink.*nested/,
    ],
    ...['.ralph/run.json', '.RALPH/x', '.ralph', 'ralph_task.md', 'Ralph_Task.md'].map(
      (path) =>
        [
          `the path ${path}`,
          () => {
            writeFiles(at('src'), { [path]: 'x' });
            return offer(commitAll(at('src')));
          },
          /does not belong/,
        ] as const,
    ),
    ...['.git', '..', '.', '.GIT', 'a/b', 'git~1'].map(
      (name) =>
        [
          `a tree entry called ${name}`,
          () => {
            const blob = git(at('src'), ['rev-parse', 'HEAD:a.txt']);
            const raw = Buffer.concat([Buffer.from(`100644 ${name}\0`), Buffer.from(blob, 'hex')]);
            const tree = git(at('src'), ['hash-object', '-t', 'tree', '-w', '--stdin', '--literally'], raw);
            const head = git(at('src'), ['commit-tree', '-p', base, '-m', 'x', tree]);
            return repo.importPack(
              bytes(gitBytes(at('src'), ['pack-objects', '--stdout', '-q'], `${head}\n${tree}\n`)),
              { head, base, ...limits },
            );
          },
          /damaged or forbidden/,
        ] as const,
    ),
  ];
  it.each(refusals)('refuses %s, and keeps nothing of it', async (_, tried, reason) => {
    const before = refs();
    expect(await tried()).toEqual({ kind: 'refused', reason: expect.stringMatching(reason) });
    expect(refs()).toBe(before);
    expect(readdirSync(at('repo.git')).filter((name) => name.startsWith('quarantine'))).toEqual([]);
  });
});
