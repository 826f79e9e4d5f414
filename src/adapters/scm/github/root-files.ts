import { z } from 'zod';
import type { GithubClient } from './client.ts';
import { statusOf } from './errors.ts';
import { read } from './pulls.ts';

/** Manifests are small; of what is larger, that it is there is all that counts. */
const MAX_TEXT = 256 * 1024;
const MAX_ENTRIES = 100_000;
/** Only of these is the text looked at; of the others, whether they are there. */
const TEXTS = /^(?:package\.json|pyproject\.toml)$/;

const tree = z.object({
  tree: z
    .array(
      z.object({
        path: z.string().max(4096),
        type: z.string().max(100),
        sha: z.string().regex(/^[0-9a-f]{40,64}$/),
        size: z.number().optional(),
      }),
    )
    .max(MAX_ENTRIES),
});
const blob = z.object({ content: z.string().max(2 * MAX_TEXT), encoding: z.string().max(40) });

/** Files in the root folder of the default branch: one call, and one for each text. None in an empty repository. */
export const rootFiles = (
  client: GithubClient,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> =>
  client.explained('look at the files', async ({ rest }) => {
    const { owner, name: repo } = client.place;
    const files = new Map<string, string>();
    const found = await rest.git.getTree({ owner, repo, tree_sha: 'HEAD' }).catch((error: unknown) => {
      if (statusOf(error) === 404 || statusOf(error) === 409) return undefined;
      throw error;
    });
    for (const { path, type, sha, size = 0 } of found ? read(tree, found.data).tree : []) {
      if (type !== 'blob' || !names.includes(path)) continue;
      if (!TEXTS.test(path) || size > MAX_TEXT) files.set(path, '');
      else {
        const { data } = await rest.git.getBlob({ owner, repo, file_sha: sha });
        const { content, encoding } = read(blob, data);
        files.set(path, encoding === 'base64' ? Buffer.from(content, 'base64').toString('utf8') : content);
      }
    }
    return files;
  });
