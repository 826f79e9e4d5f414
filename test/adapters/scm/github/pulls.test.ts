import { describe, expect, it } from 'vitest';
import type { FakePull } from '../../../fakes/github-operations.ts';
import { BRANCH, makeForge, type Forge } from './github-fixture.ts';

const LIST = 'GET /repos/{owner}/{repo}/pulls';
const CREATE = 'POST /repos/{owner}/{repo}/pulls';
const PATCH = 'PATCH /repos/{owner}/{repo}/pulls/{pull_number}';
const ISSUE = 'PATCH /repos/{owner}/{repo}/issues/{issue_number}';
const LABELS = 'POST /repos/{owner}/{repo}/issues/{issue_number}/labels';

const other = (number: number, changed: Partial<FakePull> = {}): FakePull => ({
  number,
  title: '',
  body: null,
  head: BRANCH,
  from: 'acme',
  base: 'main',
  draft: false,
  state: 'closed',
  merged: false,
  labels: [],
  comments: [],
  ...changed,
});
const callsOf = async (forge: Forge, task: () => Promise<unknown>): Promise<string[]> => {
  const before = forge.github.calls.length;
  await task();
  return forge.github.calls.slice(before);
};

describe.concurrent('a pull request on GitHub', () => {
  it('is opened as a draft with its labels, in three calls', async (test) => {
    const forge = await makeForge(test);
    const { github, sha } = forge;
    const scm = forge.scm();
    const calls = await callsOf(forge, async () => {
      expect(await scm.openPr(forge.content())).toEqual({
        number: 1,
        url: `${github.origin}/acme/widget/pull/1`,
        draft: true,
        state: 'open',
        headSha: sha,
        baseBranch: 'main',
      });
    });
    expect(calls).toEqual([LIST, CREATE, LABELS]);
    expect(github.pulls).toMatchObject([
      { title: 'Fix', body: 'Body', head: BRANCH, labels: ['ralph'], draft: true },
    ]);
  });

  it('is updated and made ready in three calls, and a second time in one', async (test) => {
    const forge = await makeForge(test);
    const { github } = forge;
    await forge.scm().openPr(forge.content());
    const scm = forge.scm();
    const done = forge.content({ title: 'Done', draft: false });
    const update = async (): Promise<void> => {
      const found = await scm.findPr(BRANCH);
      expect(await scm.updatePr(found!.number, done)).toMatchObject({
        number: 1,
        draft: false,
        state: 'open',
      });
    };
    expect(await callsOf(forge, update)).toEqual([LIST, PATCH, 'POST /graphql']);
    expect(github.pulls).toMatchObject([{ title: 'Done', draft: false }]);
    expect(await callsOf(forge, update)).toEqual([LIST]);
  });

  it('gets back a label that was lost, and keeps those of others, in the same call as its text', async (test) => {
    const forge = await makeForge(test);
    const { github } = forge;
    await forge.scm().openPr(forge.content({ labels: [] }));
    github.pulls[0]!.labels.push('Urgent');
    const scm = forge.scm();
    const calls = await callsOf(forge, async () => {
      await scm.findPr(BRANCH);
      await scm.updatePr(1, forge.content({ labels: ['ralph', 'urgent'], title: 'New', draft: false }));
    });
    expect(calls).toEqual([LIST, ISSUE, 'POST /graphql']);
    expect(github.pulls).toMatchObject([{ labels: ['Urgent', 'ralph'], title: 'New' }]);
  });

  it('keeps what a human wrote around the section of the runner', async (test) => {
    const forge = await makeForge(test);
    const { github } = forge;
    const section = (text: string): string => `<!-- ralph:begin -->${text}<!-- ralph:end -->`;
    await forge.scm().openPr(forge.content({ body: `T\n${section('old')}` }));
    github.pulls[0]!.body = `Human\n${section('old')}\nmore`;
    await forge.scm().updatePr(1, { body: `T\n${section('new')}` });
    expect(github.pulls[0]!.body).toBe(`Human\n${section('new')}\nmore`);
  });

  it('stays ready when a human said so', async (test) => {
    const forge = await makeForge(test);
    await forge.scm().openPr(forge.content());
    forge.github.pulls[0]!.draft = false;
    expect(await forge.scm().updatePr(1, forge.content())).toMatchObject({ draft: false });
    expect(forge.github.pulls[0]!.draft).toBe(false);
  });

  it('is not called ready when GitHub did not answer', async (test) => {
    const forge = await makeForge(test);
    await forge.scm().openPr(forge.content({ labels: [] }));
    forge.github.fault('POST /graphql', {});
    forge.github.fault('POST /graphql', { status: 502 });
    const ready = () => forge.scm().updatePr(1, forge.content({ labels: [], draft: false }));
    await expect(ready()).rejects.toMatchObject({ code: 'scm.failed' });
    await expect(ready()).rejects.toMatchObject({ code: 'scm.failed' });
    expect(await ready()).toMatchObject({ draft: false });
    expect(forge.github.calls.filter((call) => call === 'POST /graphql')).toHaveLength(3);
  });

  it('is found instead of made a second time', async (test) => {
    const forge = await makeForge(test);
    const made = await forge.scm().openPr(forge.content());
    expect(await forge.scm().openPr(forge.content({ title: 'Again' }))).toEqual(made);
    expect(forge.github.pulls).toMatchObject([{ title: 'Again' }]);
  });

  it('is not reopened, nor made anew, when a human closed it', async (test) => {
    const forge = await makeForge(test);
    await forge.scm().openPr(forge.content());
    forge.github.pulls[0]!.state = 'closed';
    const calls = await callsOf(forge, async () => {
      expect(await forge.scm().openPr(forge.content({ title: 'X' }))).toMatchObject({
        number: 1,
        state: 'closed',
      });
    });
    expect(calls).toEqual([LIST]);
    forge.github.pulls[0]!.merged = true;
    expect(await forge.scm().findPr(BRANCH)).toMatchObject({ state: 'merged' });
    expect(forge.github.pulls).toMatchObject([{ title: 'Fix' }]);
  });

  it('is not mistaken for one of a fork with the same branch name', async (test) => {
    const forge = await makeForge(test);
    forge.github.pulls.push(other(1, { from: 'mallory', state: 'open' }));
    forge.github.pulls.push(other(2, { elsewhere: true, state: 'open' }));
    expect(await forge.scm().findPr(BRANCH)).toBeUndefined();
    expect(await forge.scm().openPr(forge.content())).toMatchObject({ number: 3 });
  });

  it('is found behind more than a page of closed ones', async (test) => {
    const forge = await makeForge(test);
    forge.github.pulls.push(other(1, { state: 'open' }));
    for (let n = 2; n <= 120; n += 1) forge.github.pulls.push(other(n));
    const calls = await callsOf(forge, async () => {
      expect(await forge.scm().findPr(BRANCH)).toMatchObject({ number: 1, state: 'open' });
    });
    expect(calls).toEqual([LIST, LIST]);
  });

  it('may be no draft where the repository has none, and says so', async (test) => {
    const forge = await makeForge(test);
    forge.github.repository.drafts = false;
    const made = await forge.scm().openPr(forge.content());
    expect(made).toMatchObject({
      number: 1,
      draft: false,
      notes: ['it is no draft: this repository has none'],
    });
  });

  it('exists without its labels when those are forbidden, and says so', async (test) => {
    const forge = await makeForge(test);
    forge.github.fault(LABELS, { status: 403, message: 'Resource not accessible by personal access token' });
    const made = await forge.scm().openPr(forge.content());
    expect(made.notes).toEqual([
      expect.stringContaining('the labels are not set: the token in GITHUB_PAT may not'),
    ]);
  });

  it('gets comments, cut to what GitHub takes', async (test) => {
    const forge = await makeForge(test);
    await forge.scm().openPr(forge.content());
    await forge.scm().commentPr!(1, 'x'.repeat(70_000));
    expect(forge.github.pulls[0]!.comments.map((text) => text.length)).toEqual([65_536]);
  });
});

describe.concurrent('opening a pull request', () => {
  it.for([
    ['a 502 after it was made', { status: 502, done: true }],
    ['a cut connection after it was made', { done: true }],
  ] as const)('makes one and no more after %s', async ([_name, fault], test) => {
    const forge = await makeForge(test);
    forge.github.fault(CREATE, fault);
    const calls = await callsOf(forge, async () => {
      expect(await forge.scm().openPr(forge.content())).toMatchObject({ number: 1, state: 'open' });
    });
    expect(calls.filter((call) => call === CREATE)).toHaveLength(1);
    expect(forge.github.pulls).toMatchObject([{ labels: ['ralph'] }]);
  });

  it('is not repeated after a 502 before it was made: that is for the next publish', async (test) => {
    const forge = await makeForge(test);
    forge.github.fault(CREATE, { status: 502 });
    await expect(forge.scm().openPr(forge.content())).rejects.toMatchObject({ code: 'scm.failed' });
    expect(forge.github.pulls).toEqual([]);
    expect(forge.github.calls.filter((call) => call === CREATE)).toHaveLength(1);
    expect(await forge.scm().openPr(forge.content())).toMatchObject({ number: 1 });
  });

  it('finds the one that another runner made at the same time', async (test) => {
    const forge = await makeForge(test);
    const made = await Promise.all([
      forge.scm().openPr(forge.content()),
      forge.scm().openPr(forge.content()),
    ]);
    expect(made.map(({ number }) => number)).toEqual([1, 1]);
    expect(forge.github.pulls).toHaveLength(1);
  });

  it('reads again after a 502: that changes nothing', async (test) => {
    const forge = await makeForge(test);
    forge.github.fault(LIST, { status: 502 });
    expect(await forge.scm().findPr(BRANCH)).toBeUndefined();
    expect(forge.github.calls).toEqual([LIST, LIST]);
  });

  it('says why GitHub refuses', async (test) => {
    const forge = await makeForge(test);
    const refused = forge.scm().openPr(forge.content({ baseBranch: BRANCH }));
    await expect(refused).rejects.toMatchObject({
      code: 'scm.failed',
      message: expect.stringContaining(`No commits between ${BRANCH} and ${BRANCH}`),
      hint: expect.any(String),
    });
  });
});
