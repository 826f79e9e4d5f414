import { RalphError } from '../error.ts';

/** Which issue is meant. */
export interface IssueRef {
  /** `OWNER/REPO`, or the address of the repository; undefined for the one that one stands in. */
  readonly repo: string | undefined;
  readonly number: number;
}

const SHORT = /^(?:([A-Za-z0-9][A-Za-z0-9_-]{0,98}\/[A-Za-z0-9._-]{1,100}))?#?([1-9]\d{0,8})$/;
const ADDRESS =
  /^(https?:\/\/[A-Za-z0-9.:[\]-]{1,253}\/[A-Za-z0-9][A-Za-z0-9_-]{0,98}\/[A-Za-z0-9._-]{1,100})\/issues\/([1-9]\d{0,8})(?:[/?#].*)?$/;

const match = (text: string): IssueRef | undefined => {
  const given = text.trim();
  const [, address, at] = ADDRESS.exec(given) ?? [];
  if (address !== undefined) return { repo: address, number: Number(at) };
  const [, repo, number] = SHORT.exec(given) ?? [];
  if (number === undefined || (repo !== undefined && !given.includes('#'))) return undefined;
  return { repo, number: Number(number) };
};

/** `OWNER/REPO#42`, the address of its page, or `#42` where one stands in a clone. Throws `usage`. */
export const parseIssueRef = (text: string): IssueRef => {
  const found = match(text);
  if (found) return found;
  throw new RalphError('usage', `${JSON.stringify(text.slice(0, 100))} names no issue`, {
    hint: 'It is like acme/widget#42, https://github.com/acme/widget/issues/42, or #42 in a clone.',
  });
};

/** Whether a task file may name this as its issue: with its repository, wherever the file lies. */
export const isIssueName = (text: string): boolean => match(text)?.repo !== undefined;

/** For people and for closing words: `acme/widget#42`. Expects what `isIssueName` takes. */
export const issueLabel = (issue: string): string => {
  const { repo = '', number } = parseIssueRef(issue);
  return `${repo.split('/').slice(-2).join('/')}#${number}`;
};
