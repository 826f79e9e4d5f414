import { readdirSync, rmSync, symlinkSync } from 'node:fs';
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
import { bytes, collected, openRunRepo } from '../../../fakes/run-repo.ts';

let root: string;
let repo: RunRepo;
const at = (...parts: string[]): string => join(root, ...parts);

beforeEach(async () => {
  ({ root, repo } = await openRunRepo());
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('packs', () => {
  let base: string;
  const limits = { maxBytes: 10_000_000, forbidden: ['ralph_task.md'] };

  beforeEach(async () => {
    base = makeRepository(at('src'), { 'a.txt': 'a\n'.repeat(500), 'dir/b.txt': 'b\n' });
    await repo.fetchBase({ url: at('src') });
  });
  const offer = (head: string, without = [base]) =>
    repo.importPack(bytes(packOf(at('src'), head, without)), { head, base, ...limits });

  it('makes a pack that an empty repository can take, and a smaller one without what is known', async () => {
    writeFiles(at('src'), { 'c.txt': 'c' });
    const head = commitAll(at('src'));
    await offer(head);
    const collect = async (without?: readonly string[]): Promise<Buffer> =>
      Buffer.concat(await collected(repo.pack(head, without)));
    git(root, ['init', '-q', '--bare', 'fresh.git']);
    const [whole, rest] = [await collect(), await collect([base])];
    git(at('fresh.git'), ['index-pack', '--stdin', '--strict'], whole);
    expect(git(at('fresh.git'), ['show', `${head}:c.txt`])).toBe('c');
    expect(rest.length).toBeLessThan(whole.length);
  });

  it('takes new commits and symbolic links, and the same pack twice', async () => {
    writeFiles(at('src'), { 'a.txt': 'a\n'.repeat(501) });
    symlinkSync('a.txt', at('src/link'));
    const head = commitAll(at('src'));
    expect(await offer(head)).toEqual({ kind: 'ok' });
    expect(await offer(head)).toEqual({ kind: 'ok' });
    expect(await repo.log(base, head)).toEqual([{ sha: head, subject: 'change' }]);
    expect((await repo.readTree(head)).has('a.txt')).toBe(true);
  });

  it('takes an empty pack when nothing was committed', async () => {
    expect(await offer(base)).toEqual({ kind: 'ok' });
  });

  it('takes a thin pack', async () => {
    writeFiles(at('src'), { 'a.txt': `${'a\n'.repeat(500)}more\n` });
    const head = commitAll(at('src'));
    const thin = gitBytes(
      at('src'),
      ['pack-objects', '--revs', '--thin', '--stdout', '-q'],
      `${head}\n^${base}\n`,
    );
    expect(await repo.importPack(bytes(thin), { head, base, ...limits })).toEqual({ kind: 'ok' });
  });

  it('takes a change of a forbidden path that the base already has', async () => {
    writeFiles(at('src'), { 'ralph_task.md': 'tracked', '.ralph/x': '1' });
    const tracked = commitAll(at('src'));
    await repo.fetchBase({ url: at('src') });
    writeFiles(at('src'), { 'ralph_task.md': 'changed', '.ralph/x': '2' });
    const head = commitAll(at('src'));
    const pack = bytes(packOf(at('src'), head, [tracked]));
    expect(await repo.importPack(pack, { head, base: tracked, ...limits })).toEqual({ kind: 'ok' });
  });

  it('passes on the failure of the source and leaves no quarantine', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield packOf(at('src'), base).subarray(0, 20);
      throw new Error('the sandbox is gone');
    }
    await expect(repo.importPack(broken(), { head: base, base, ...limits })).rejects.toThrow(
      'the sandbox is gone',
    );
    expect(readdirSync(at('repo.git')).filter((name) => name.startsWith('quarantine'))).toEqual([]);
  });

  it('joins small packs before they slow the look-ups down, and loses no object', async () => {
    let last = base;
    const heads: string[] = [];
    for (let n = 0; n < 62; n += 1) {
      const tree = git(at('src'), ['rev-parse', `${base}^{tree}`]);
      const head = git(at('src'), ['commit-tree', '-p', last, '-m', `c${n}`, tree]);
      await repo.importPack(bytes(packOf(at('src'), head, [last])), { head, base: last, ...limits });
      heads.push(head);
      last = head;
    }
    expect(
      readdirSync(at('repo.git/objects/pack')).filter((name) => name.endsWith('.pack')).length,
    ).toBeLessThan(20);
    expect((await repo.log(base, last)).map(({ sha }) => sha)).toEqual(heads.toReversed().slice(0, 50));
  });

  it('stops the pack when its reader stops', async () => {
    for await (const chunk of repo.pack(base)) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
  });

  it('throws for a pack of a commit that is not there', async () => {
    await expect(collected(repo.pack('3'.repeat(40)))).rejects.toMatchObject({ code: 'git.failed' });
  });
});
