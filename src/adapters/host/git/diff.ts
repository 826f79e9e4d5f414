import { RalphError } from '../../../domain/error.ts';
import type { Diff, FileChange } from '../../../ports/run-repo.ts';
import { objectId, succeeded, type LocalGit } from './command.ts';
import { gitFailure } from './failure.ts';

/** Room for the names and counts of some 100,000 changed files. */
const MAX_HEAD_BYTES = 32 * 1024 * 1024;
const NULL_ID = /^0+$/;

/** Names, counts and patch of one change by one git process; memory stays within `maxBytes` and the head. */
export const diffTrees = async (
  git: LocalGit,
  range: { readonly from: string; readonly to: string },
  maxBytes: number,
): Promise<Diff> => {
  const out = createCollector(maxBytes);
  const stop = new AbortController();
  const result = await git.run(
    ['diff-tree', '-r', '--raw', '--numstat', '-p', '-z', '--no-renames', '--no-abbrev', '--no-ext-diff']
      .concat(['--no-textconv', '--no-color', '--src-prefix=a/', '--dst-prefix=b/'])
      .concat([objectId(range.from), objectId(range.to), '--']),
    {
      signal: stop.signal,
      onStdout: (chunk) => {
        if (out.push(chunk)) stop.abort();
      },
    },
  );
  if (!out.full() && !succeeded(result)) throw gitFailure(result, 'git diff-tree');
  return parseDiff(out, maxBytes);
};

interface Collector {
  /** True when enough was seen. */
  push(chunk: Uint8Array): boolean;
  full(): boolean;
  /** Records, and the patch after them. */
  parts(): { readonly head: Buffer; readonly patch: Buffer };
}

const createCollector = (maxBytes: number): Collector => {
  const chunks: Buffer[] = [];
  let size = 0;
  /** Where the patch starts: after the empty record that ends the others. */
  let patchAt = -1;
  let lastByte = -1;
  const full = (): boolean => (patchAt < 0 ? size > MAX_HEAD_BYTES : size - patchAt > maxBytes);
  return {
    full,
    push: (chunk) => {
      if (full()) return true;
      const bytes = Buffer.from(chunk);
      if (patchAt < 0) {
        const at = lastByte === 0 && bytes[0] === 0 ? -1 : bytes.indexOf('\0\0');
        if (at >= 0 || (lastByte === 0 && bytes[0] === 0)) patchAt = size + at + 2;
        lastByte = bytes.at(-1) ?? lastByte;
      }
      chunks.push(bytes);
      size += bytes.length;
      return full();
    },
    parts: () => {
      const all = Buffer.concat(chunks);
      const at = patchAt < 0 ? all.length : patchAt;
      return { head: all.subarray(0, at), patch: all.subarray(at) };
    },
  };
};

const parseDiff = (out: Collector, maxBytes: number): Diff => {
  const { head, patch } = out.parts();
  if (head.length > MAX_HEAD_BYTES)
    throw new RalphError('git.failed', 'the change touches too many files to be shown', {
      hint: 'Look at it with git, and keep generated files out of the repository.',
    });
  const files = parseFiles(head.toString('utf8'));
  if (patch.length <= maxBytes) return { patch: patch.toString('utf8'), truncated: false, files };
  const end = patch.lastIndexOf(0x0a, maxBytes - 1) + 1;
  const note = `... the diff goes on, cut at ${maxBytes} bytes\n`;
  return { patch: patch.toString('utf8', 0, end) + note, truncated: true, files };
};

const parseFiles = (head: string): FileChange[] => {
  const fields = head.split('\0');
  const hashes = new Map<string, string | null>();
  let at = 0;
  for (; fields[at]?.startsWith(':'); at += 2) {
    const id = fields[at]!.split(' ')[3] ?? '';
    hashes.set(fields[at + 1] ?? '', NULL_ID.test(id) ? null : id);
  }
  return fields
    .slice(at)
    .filter((field) => field !== '')
    .map((field) => countedFile(field, hashes));
};

const countedFile = (record: string, hashes: ReadonlyMap<string, string | null>): FileChange => {
  const [added = '-', removed = '-', ...rest] = record.split('\t');
  const path = rest.join('\t');
  const binary = added === '-';
  return {
    path,
    added: binary ? 0 : Number(added),
    removed: binary ? 0 : Number(removed),
    binary,
    hash: hashes.get(path) ?? null,
  };
};
