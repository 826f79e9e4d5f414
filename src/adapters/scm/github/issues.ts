import { z } from 'zod';
import type { Issue, IssueComment, IssueTracker } from '../../../ports/issues.ts';
import type { GithubClient } from './client.ts';
import { limitedUntil, statusOf } from './errors.ts';
import { guardedFetch } from './fetch.ts';
import { rootFiles } from './root-files.ts';
import { isInsider, loginOf, paged, user } from './pages.ts';
import { read } from './pulls.ts';

/** Characters that GitHub takes. */
const MAX_BODY = 65_536;
const LABEL = 400;

const body = z
  .string()
  .max(4 * MAX_BODY)
  .nullish()
  .transform((text) => text ?? '');

const issue = z.object({
  number: z.number().int().positive(),
  state: z.string().max(100),
  title: z.string().max(4096),
  body,
  user,
  author_association: z.string().max(100).optional(),
  labels: z
    .array(z.union([z.string().max(LABEL), z.object({ name: z.string().max(LABEL).nullish() })]))
    .max(1000),
  assignees: z
    .array(z.object({ login: z.string().max(200) }))
    .max(100)
    .nullish(),
  pull_request: z.unknown().optional(),
});
const comment = z.object({
  id: z.number().int().positive(),
  body,
  user,
  author_association: z.string().max(100).optional(),
  created_at: z.string().max(100),
});
const account = z.object({ login: z.string().min(1).max(200) });

const asIssue = ({ place }: GithubClient, found: z.output<typeof issue>): Issue => ({
  number: found.number,
  url: `${place.web}/${place.owner}/${place.name}/issues/${found.number}`,
  title: found.title,
  body: found.body,
  isOpen: found.state === 'open',
  labels: found.labels.flatMap((label) => (typeof label === 'string' ? label : (label.name ?? []))),
  assignees: (found.assignees ?? []).map(({ login }) => login),
  author: loginOf(found.user),
  isInsider: isInsider(found.author_association),
});
const asComment = (found: z.output<typeof comment>): IssueComment => ({
  id: String(found.id),
  body: found.body,
  author: loginOf(found.user),
  createdAt: found.created_at,
  isInsider: isInsider(found.author_association),
});

/** Undefined where it is not there, or is there no more. */
const present = async <T>(task: Promise<T>): Promise<T | undefined> => {
  try {
    return await task;
  } catch (error) {
    const status = statusOf(error);
    if (status === 404 || status === 410) return undefined;
    throw error;
  }
};

/** An App has no account that could be assigned, and may not ask. */
const whoAmI = (client: GithubClient): Promise<string | undefined> =>
  client.explained('ask who it is', async ({ rest }) => {
    try {
      const { data } = await rest.users.getAuthenticated();
      return read(account, data).login;
    } catch (error) {
      const status = statusOf(error);
      if ((status === 403 || status === 404) && limitedUntil(error, Date.now()) === undefined)
        return undefined;
      throw error;
    }
  });

const reading = (client: GithubClient): Pick<IssueTracker, 'get' | 'list' | 'comments' | 'whoAmI'> => {
  const { owner, name: repo } = client.place;
  let me: Promise<string | undefined> | undefined;
  return {
    whoAmI: () => {
      me ??= whoAmI(client);
      me.catch(() => (me = undefined));
      return me;
    },
    get: (number) =>
      client.explained(`read issue #${number}`, async ({ rest }) => {
        const found = await present(rest.issues.get({ owner, repo, issue_number: number }));
        if (!found) return undefined;
        const seen = read(issue, found.data);
        return seen.pull_request ? undefined : asIssue(client, seen);
      }),
    list: (label) =>
      client.explained('list the issues', async ({ rest }) => {
        const all = await paged(issue, async (page) => {
          const at = { owner, repo, labels: label, state: 'open' } as const;
          return (await rest.issues.listForRepo({ ...at, sort: 'created', direction: 'asc', ...page })).data;
        });
        return all.filter(({ pull_request: pull }) => !pull).map((found) => asIssue(client, found));
      }),
    comments: (number, since) =>
      client.explained(`read the comments of issue #${number}`, async ({ rest }) => {
        const at = { owner, repo, issue_number: number, since };
        const all = await paged(
          comment,
          async (page) => (await rest.issues.listComments({ ...at, ...page })).data,
        );
        return all.map(asComment);
      }),
  };
};

const commenting = (
  client: GithubClient,
): Pick<IssueTracker, 'addComment' | 'editComment' | 'deleteComment'> => {
  const { owner, name: repo } = client.place;
  return {
    addComment: (number, body) =>
      client.explained(`comment on issue #${number}`, async ({ rest }) => {
        const text = body.slice(0, MAX_BODY);
        const { data } = await rest.issues.createComment({ owner, repo, issue_number: number, body: text });
        return asComment(read(comment, data));
      }),
    editComment: (id, body) =>
      client.explained('edit the comment', async ({ rest }) => {
        const at = { owner, repo, comment_id: Number(id), body: body.slice(0, MAX_BODY) };
        return (await present(rest.issues.updateComment(at))) !== undefined;
      }),
    deleteComment: (id) =>
      client.explained('delete the comment', async ({ rest }) => {
        await present(rest.issues.deleteComment({ owner, repo, comment_id: Number(id) }));
      }),
  };
};

/**
 * Writes are paced, so that seconds may pass between a look and the write after it: this one looks again when it is its
 * turn, on the way out.
 */
const setBody = (
  client: GithubClient,
  number: number,
  { expected, body }: { readonly expected: string; readonly body: string },
): Promise<boolean> =>
  client.explained(`edit issue #${number}`, async ({ rest }) => {
    const { owner, name: repo, api } = client.place;
    const send = guardedFetch(api);
    let isOther = false;
    const comparing: typeof send = async (url, init) => {
      const seen = await send(url, { ...init, method: 'GET', body: null });
      const now = seen.ok ? issue.safeParse(await seen.json()).data : undefined;
      if (now?.body === expected) return send(url, init);
      isOther = true;
      return new Response('{"message":"it is another text by now"}', {
        status: seen.ok ? 409 : seen.status,
        headers: { 'content-type': 'application/json' },
      });
    };
    try {
      await rest.issues.update({ owner, repo, issue_number: number, body, request: { fetch: comparing } });
      return true;
    } catch (error) {
      if (isOther && statusOf(error) === 409) return false;
      throw error;
    }
  });

const writing = (
  client: GithubClient,
): Pick<IssueTracker, 'setBody' | 'addLabel' | 'removeLabel' | 'assign' | 'unassign'> => {
  const { owner, name: repo } = client.place;
  const at = (number: number) => ({ owner, repo, issue_number: number });
  return {
    setBody: (number, { expected, body }) => setBody(client, number, { expected, body }),
    addLabel: (number, label) =>
      client.explained(`label issue #${number}`, async ({ rest }) => {
        await rest.issues.addLabels({ ...at(number), labels: [label] });
      }),
    removeLabel: (number, label) =>
      client.explained(`take a label off issue #${number}`, async ({ rest }) => {
        await present(rest.issues.removeLabel({ ...at(number), name: label }));
      }),
    assign: (number, login) =>
      client.explained(`assign issue #${number}`, async ({ rest }) => {
        await rest.issues.addAssignees({ ...at(number), assignees: [login] });
      }),
    unassign: (number, login) =>
      client.explained(`unassign issue #${number}`, async ({ rest }) => {
        await rest.issues.removeAssignees({ ...at(number), assignees: [login] });
      }),
  };
};

/** Issues of GitHub. */
export const createIssueTracker = (client: GithubClient): IssueTracker => {
  const { web, owner, name } = client.place;
  return {
    name: `${owner}/${name}`,
    remote: `${web}/${owner}/${name}.git`,
    ...reading(client),
    ...commenting(client),
    ...writing(client),
    rootFiles: (names) => rootFiles(client, names),
  };
};
