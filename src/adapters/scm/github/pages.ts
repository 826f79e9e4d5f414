import { z } from 'zod';
import { read } from './pulls.ts';

const PAGE = 100;
const MAX_PAGES = 10;

/** Null: the account is gone. */
export const user = z.object({ login: z.string().max(200) }).nullish();
export const loginOf = (found: z.output<typeof user>): string => found?.login ?? 'ghost';

const insiders = new Set(['OWNER', 'MEMBER', 'COLLABORATOR']);
/** By GitHub's own word on how an author stands to the repository. */
export const isInsider = (association: string | undefined): boolean => insiders.has(association ?? '');

/** All rows of a listing, at most ten pages of a hundred. Throws `scm.failed` for what is not as expected. */
export const paged = async <T>(
  row: z.ZodType<T>,
  ask: (page: { readonly per_page: number; readonly page: number }) => Promise<unknown>,
): Promise<readonly T[]> => {
  const all: T[] = [];
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const rows = read(z.array(row).max(PAGE), await ask({ per_page: PAGE, page }));
    all.push(...rows);
    if (rows.length < PAGE) break;
  }
  return all;
};
